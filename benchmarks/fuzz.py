"""Both engines on hostile files, for as long as you like: they must say the same of every row.

    .venv/bin/python -m benchmarks.fuzz 600 --seed 1

Files are hostile by construction (`tests/_hostile.py`), customers with a few faults, or either of them with
random bytes changed; blocks are small, so that their borders fall everywhere. It ends at a difference,
with the seed and the file that shows it.
"""

import argparse
import io
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from attrs import define, evolve, field

from benchmarks.customers import VARIANTS, write
from foreman_core.errors import Refused
from foreman_core.models import Issue, SourceRow
from foreman_core.pipeline import judging
from foreman_core.pipeline.check import check
from foreman_core.reading import text
from foreman_core.schema import find_schema
from tests._accepted import Accepted
from tests._hostile import hostile_file

CUSTOMER: Final = find_schema("customer")
BLOCKS: Final = (300, 2_000, 20_000, 1 << 20)
CHANGES: Final = (0, 0, 1, 3, 20)
NEVER: Final = 1 << 60


@define
class Outcome:
    """All that a check gives."""

    report: Any = None
    accepted: list[Any] = field(factory=list[Any])
    issues: list[Issue] = field(factory=list[Issue])
    rejected: list[tuple[SourceRow, tuple[Issue, ...]]] = field(
        factory=list[tuple[SourceRow, tuple[Issue, ...]]]
    )


def judged(content: bytes, *, fast: bool, block: int) -> Outcome:
    """What one engine makes of a file; the report is a refusal's words when it cannot be used."""
    judging.FAST_FROM = 1 if fast else NEVER
    text.BLOCK = block
    outcome, accepted = Outcome(), Accepted()
    try:
        report = check(
            io.BytesIO(content),
            name="file",
            schema=CUSTOMER,
            delimiter=",",
            on_accepted=accepted,
            on_issue=outcome.issues.append,
            on_rejected=lambda row, issues: outcome.rejected.append((row, issues)),
        )
    except Refused as refused:
        return Outcome(report=(refused.code, refused.message))
    return evolve(outcome, report=evolve(report, mapping=None), accepted=accepted.rows)


def made(rng: random.Random, folder: Path) -> bytes:
    """A file."""
    if rng.random() < 0.7:  # noqa: PLR2004 - most
        content = bytearray(hostile_file(rng))
    else:
        path = folder / "customers.csv"
        write(path, 200, variant=rng.choice(list(VARIANTS)), seed=rng.randrange(1 << 30), bad_share=0.05)
        content = bytearray(path.read_bytes())
    for _ in range(rng.choice(CHANGES)):
        place = rng.randrange(len(content))
        content[place : place + rng.randrange(3)] = rng.choice(
            [
                b'"',
                b",",
                b"\n",
                b"\r",
                b"\r\n",
                b"\0",
                b"\xff",
                b"\xc3",
                b'""',
                b"\\",
                b" ",
                b"",
                b"\xe2\x80\xa8",
            ]
        )
    return bytes(content)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0, or 1 at a difference."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    text.FIRST_BLOCK, judging._PIECE = 300, 200  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    began, seed, rows, refused = time.monotonic(), given.seed, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() - began < given.seconds:
            rng = random.Random(seed)  # noqa: S311 - no secret: made to be repeated
            content = made(rng, Path(folder))
            exact = judged(content, fast=False, block=1 << 20)
            if judged(content, fast=True, block=rng.choice(BLOCKS)) != exact:
                Path("fuzz-difference.csv").write_bytes(content)
                print(f"seed {seed}: the engines differ on fuzz-difference.csv")  # noqa: T201 - a command
                return 1
            seed += 1
            refused += isinstance(exact.report, tuple)
            rows += 0 if isinstance(exact.report, tuple) else exact.report.counts.read
    print(f"{seed - given.seed} files, {rows:,} rows, {refused} files refused: no difference")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
