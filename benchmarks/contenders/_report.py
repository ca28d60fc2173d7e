"""What every contender is called with, and what it prints."""

import argparse
import csv
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.contenders._rules import Phones

Flag = tuple[int, str, str]
"""Row (data records from 1), field, code."""


class Found(NamedTuple):
    """How many rows a file has, and what is wrong with them."""

    rows: int
    flags: Sequence[Flag]


def run(judge: Callable[[Path, Phones], Found]) -> None:
    """Judge the file that the command names; counts go to stdout as JSON, with `--flags` every flag to a CSV
    file.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--phones", choices=("library", "shape"), default="library")
    parser.add_argument("--flags", type=Path)
    given = parser.parse_args()
    found = judge(given.file, given.phones)
    counts = {
        "rows": found.rows,
        "bad_rows": len({row for row, _, _ in found.flags}),
        "by_code": Counter(code for _, _, code in found.flags),
    }
    print(json.dumps(counts))  # noqa: T201 - what the runner reads
    if given.flags is not None:
        with given.flags.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([("row", "field", "code"), *found.flags])
