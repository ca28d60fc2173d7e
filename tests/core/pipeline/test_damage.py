"""Damage stays local: one damaged row costs that row, wherever it stands and whatever its damage."""

import gzip
import io
import random
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from attrs import evolve

from foreman_core.errors import Refused
from foreman_core.models import Issue
from foreman_core.pipeline.check import check
from foreman_core.schema import find_schema
from tests._accepted import Accepted
from tests._damage import COLUMNS, DIALECTS, KINDS, PLACES, Damaged, damaged, row

SEEDS: Final = 20
CUSTOMER: Final = find_schema("customer")
REPAIRED: Final = {"other_line_end"}
NO_ROW: Final = {"blank"}


def judged(file: Damaged) -> tuple[list[dict[str, Any]], list[Issue]]:
    accepted, issues = Accepted(), list[Issue]()
    report = check(
        io.BytesIO(file.content), name="a.csv", schema=CUSTOMER, on_accepted=accepted, on_issue=issues.append
    )
    counts = report.counts
    assert counts.read == counts.accepted + counts.rejected + counts.duplicate + counts.blank
    return accepted.rows, issues


def as_meant(row: Mapping[str, Any]) -> dict[str, str]:
    """An accepted row as the file was meant to say it."""
    values = {name: value for name, value in row.items() if not name.startswith("_")}
    if "tags" in values:
        values["tags"] = ";".join(values["tags"])
    return {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in values.items()}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_one_damaged_row_costs_that_row_only(kind: str, place: str) -> None:
    for seed in range(SEEDS):
        file = damaged(kind, place, seed)
        rows, issues = judged(file)
        told = f"{kind} {place} {seed}: {file.content!r}"
        meant = [{name: value for name, value in row.items() if value} for row in file.rows]
        others = [row for index, row in enumerate(meant) if index != file.place]
        found = [as_meant(row) for row in rows]
        assert [row for row in found if row != meant[file.place]] == others, told
        first, last = file.lines
        assert all(first <= issue.line <= last for issue in issues), told
        is_whole = meant[file.place] in found
        assert is_whole or issues or kind in NO_ROW, told
        assert is_whole or kind not in REPAIRED, told


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("customers.csv", content)
    return out.getvalue()


def in_utf_16(content: bytes) -> bytes:
    return content.decode().encode("utf-16")


NO_TEXT: Final = {"other_encoding", "bad_byte"}
"""Kinds whose files are no UTF-8, which cannot be written in UTF-16."""


@pytest.mark.parametrize("written", [gzip.compress, zipped, in_utf_16])
@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_the_same_however_the_file_is_packed_and_encoded(
    kind: str, written: Callable[[bytes], bytes]
) -> None:
    if written is in_utf_16 and kind in NO_TEXT:
        return
    for place in PLACES:
        file = damaged(kind, place, 0)
        rows, issues = judged(file)
        again, told = judged(evolve(file, content=written(file.content)))
        assert again == rows
        assert [(issue.row, issue.line, issue.code) for issue in told] == [
            (issue.row, issue.line, issue.code) for issue in issues
        ]


HARMLESS: Final = {"other_line_end", "header_again"}
"""What is no damage to a header."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_header_refuses_the_file_or_every_row(kind: str) -> None:
    refusals = list[str]()
    for seed, dialect in enumerate(DIALECTS):
        rng = random.Random(f"{kind} {seed}")  # noqa: S311 - no secret: made to be repeated
        rows = [list(row(rng, number, tall=False).values()) for number in range(1, 20)]
        head = KINDS[kind](rng, list(COLUMNS), dialect)
        file = Damaged(head + "".join(map(dialect.line, rows)).encode(), (), 0, (1, 1))
        try:
            accepted, _ = judged(file)
        except Refused as refused:
            refusals.append(refused.code)
        else:
            assert bool(accepted) == (kind in HARMLESS), file.content
    assert {*refusals} <= {"no-header", "not-a-table", "unreadable-encoding", "unmapped-required-field"}
    assert (not refusals) if kind in HARMLESS else 2 * len(refusals) > len(DIALECTS)
