"""Whether a contender flags the rows that are bad, and says why."""

import csv
from pathlib import Path
from typing import Final

from attrs import frozen

SPOKEN_OF: Final = 5
"""Rows that a difference is shown with."""

Flags = frozenset[tuple[int, str]]
"""Rows with the codes that they have."""


@frozen
class Agreement:
    """`expected` and `found` count rows; `missed` and `wrong` are the flags that are not there, or should
    not be.
    """

    expected: int
    found: int
    missed: Flags
    wrong: Flags

    @property
    def verdict(self) -> str:
        """For people."""
        if not (self.missed or self.wrong):
            return "the same"
        parts = [("misses", self.missed), ("adds", self.wrong)]
        return "; ".join(f"{word} {_by_code(flags)}" for word, flags in parts if flags)


def expected_of(path: Path) -> Path:
    """Where the expected fates of a file stand."""
    return path.with_name(f"{path.name}.expected.csv")


def expected_flags(path: Path, *, with_duplicates: bool) -> Flags:
    """What the generator put into a file, as it says beside. A row that repeats another is `unique` to those
    who know no duplicates.
    """
    flags: set[tuple[int, str]] = set()
    for each in _rows(expected_of(path)):
        if each["fate"] == "duplicate":
            if with_duplicates:
                flags.add((int(each["row"]), "unique"))
            continue
        flags |= {(int(each["row"]), issue.partition(":")[2]) for issue in each["codes"].split(";")}
    return frozenset(flags)


def found_flags(path: Path) -> Flags:
    """What a contender wrote: any CSV file with `row` and `code`."""
    return frozenset((int(each["row"]), each["code"]) for each in _rows(path))


def compare(expected: Flags, found: Flags) -> Agreement:
    """Row by row, code by code."""
    return Agreement(
        expected=len({row for row, _ in expected}),
        found=len({row for row, _ in found}),
        missed=expected - found,
        wrong=found - expected,
    )


def _by_code(flags: Flags) -> str:
    codes = sorted({code for _, code in flags})
    shown = ", ".join(f"{sum(1 for _, each in flags if each == code)} {code}" for code in codes)
    rows = ", ".join(str(row) for row, _ in sorted(flags)[:SPOKEN_OF])
    return f"{shown} (rows {rows}{', …' if len(flags) > SPOKEN_OF else ''})"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
