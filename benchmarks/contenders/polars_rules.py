# pyright: reportUnknownMemberType=false
# the annotations of Polars name types of NumPy, which is not installed
"""The rules as Polars expressions, by hand: what a schema library on top of Polars can at best be."""

from pathlib import Path

import polars as pl

from benchmarks.contenders import _polars
from benchmarks.contenders._report import Flag, Found, run
from benchmarks.contenders._rules import Phones


def judge(path: Path, phones: Phones) -> Found:
    """Every flag of every row."""
    frame = _polars.read(path, phones)
    rules = {
        f"{field}:{code}": expr.fill_null(value=False) for (field, code), expr in _polars.broken().items()
    }
    told = frame.lazy().select(_polars.ROW, **rules).filter(pl.any_horizontal(*rules)).collect()
    flags: list[Flag] = []
    for name in rules:
        field, _, code = name.partition(":")
        flags += [(row, field, code) for row in told.filter(pl.col(name))[_polars.ROW]]
    return Found(frame.height, flags)


if __name__ == "__main__":
    run(judge)
