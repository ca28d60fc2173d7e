# pyright: reportUnknownMemberType=false
# the annotations of Polars name types of NumPy, which is not installed
"""How long it takes to know who holds a key, and how much memory: the store alone, on made-up keys.

    python -m benchmarks.keys 1000000 10000000 100000000

Two rows in a thousand repeat a key of the rows before. Each size has a process of its own.
"""

import argparse
import resource
import subprocess
import sys
from collections.abc import Iterator
from time import perf_counter, process_time
from typing import Final

import polars as pl

from foreman_core.validation.fast.keys import Seen

BLOCK: Final = 30_000
"""Rows of a block, about 4 MiB of a customer file."""
_REPEATED: Final = 500
"""One row in so many repeats a key."""


def blocks(rows: int) -> Iterator[pl.DataFrame]:
    """What `Seen.add` takes, block by block."""
    for start in range(1, rows + 1, BLOCK):
        number = pl.int_range(start, min(start + BLOCK, rows + 1), dtype=pl.UInt64, eager=True)
        is_repeated = number.hash(1) % _REPEATED == 0
        source = number.hash(2) % start
        key = pl.select(pl.when(is_repeated).then(source).otherwise(number)).to_series()
        yield pl.DataFrame(
            {
                "high": key.hash(3),
                "low": (key.hash(4) % (1 << 32)).cast(pl.UInt32),
                "row": number.cast(pl.UInt32),
                "line": number.cast(pl.UInt32),
                "print": number.hash(5),
            }
        )


def measure(rows: int) -> str:
    """What the store takes for so many rows."""
    before, wall, processor, found = _peak(), 0.0, 0.0, 0
    seen = Seen()
    for block in blocks(rows):
        wall -= perf_counter()
        processor -= process_time()
        found += seen.carried(block["high"]).height
        seen.add(block)
        wall += perf_counter()
        processor += process_time()
    return (
        f"{rows:,} rows: {wall / rows * 1e6:.2f} µs a row, {processor / rows * 1e6:.2f} µs of processor, "
        f"{_peak()} MB at most, {before} of them before the first key; {found:,} keys found again"
    )


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keys", description=__doc__)
    parser.add_argument("rows", type=int, nargs="+")
    sizes: list[int] = parser.parse_args().rows
    if len(sizes) == 1:
        sys.stdout.write(f"{measure(sizes[0])}\n")
        return
    for size in sizes:
        command = [sys.executable, "-m", "benchmarks.keys", str(size)]
        subprocess.run(command, check=True)  # noqa: S603 - this module


if __name__ == "__main__":
    main()
