"""Files that no stack wants, each with how its job must end by docs/reading.md and docs/mapping.md."""

import io
import random
import zipfile
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from benchmarks.customers import COLUMNS
from foreman_core.models import JobState

_HEADER: Final = ",".join(COLUMNS)
_ROWS: Final = 500
_BLOCK: Final = 1 << 20
_BOMB_BLOCKS: Final = 64
"""MiB that come out of the bomb: many times what is looked at before the ratio is judged."""
_HUGE: Final = 20_000_000


@frozen
class Poison:
    """A file, the state that its job must end in, and the reason's code."""

    name: str
    body: bytes
    state: JobState
    code: str


def files() -> Iterator[Poison]:
    """One of each kind."""
    rng = random.Random(1)  # noqa: S311 - no secret: made to be repeated
    yield Poison("binary.csv", rng.randbytes(200_000), JobState.NEEDS_REVIEW, "unreadable-encoding")
    yield Poison("picture.csv", _PICTURE + bytes(50_000), JobState.FAILED, "not-a-table")
    yield Poison("bomb.csv.zip", _bomb(), JobState.FAILED, "too-large")
    ragged = "\n".join("x," * (len(COLUMNS) - 4 + row % 7) for row in range(_ROWS))
    yield Poison("ragged.csv", f"{_HEADER}\n{ragged}\n".encode(), JobState.FAILED, "no-rows-accepted")
    bad = "\n".join(f"bad-{row},A,B,no mail,,Atlantis,,,,gold,," for row in range(_ROWS))
    yield Poison("all-bad.csv", f"{_HEADER}\n{bad}\n".encode(), JobState.FAILED, "no-rows-accepted")
    columns = "sku,item,warehouse\n" + "1,hammer,Leipzig\n" * _ROWS
    yield Poison("columns.csv", columns.encode(), JobState.FAILED, "unmapped-required-field")
    huge = f"{_HEADER}\nX1,{'a' * _HUGE},b,c@example.com\n"
    yield Poison("huge-line.csv", huge.encode(), JobState.FAILED, "too-large")
    yield Poison("empty.csv", b"", JobState.FAILED, "empty-file")


_PICTURE: Final = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def _bomb() -> bytes:
    """Lines that look like a table, packed a thousand to one."""
    packed = io.BytesIO()
    line = b"a,b,c,d,e,f,g,h,i,j,k,l\n"
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("customers.csv", "w") as out,
    ):
        out.write(f"{_HEADER}\n".encode())
        for _ in range(_BOMB_BLOCKS):
            out.write(line * (_BLOCK // len(line)))
    return packed.getvalue()
