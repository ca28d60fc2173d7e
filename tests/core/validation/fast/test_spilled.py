"""Numbers come back from the disk as they went there."""

import polars as pl
import pytest

from foreman_core.validation.fast.spilled import Number, Spilled, arrays


@pytest.mark.parametrize("dtype", [pl.UInt32, pl.UInt64])
def test_more_numbers_than_are_written_at_once_come_back(dtype: Number) -> None:
    numbers = pl.int_range(700_001, dtype=pl.UInt64, eager=True).hash(1) % (1 << 32)
    column = Spilled(dtype)
    column.append(numbers.slice(0, 5))
    column.append(numbers.slice(5))
    assert len(column) == 700_001
    assert column.between(0, 700_001).equals(numbers.cast(dtype))
    assert column.between(3, 7).equals(numbers.cast(dtype).slice(3, 4))


def test_what_is_not_there_is_zero() -> None:
    column = Spilled(pl.UInt32)
    column.append(pl.Series([1, 2, (1 << 32) - 1], dtype=pl.UInt32))
    groups = arrays([column.bytes_of(2, 0), column.bytes_of(2, 2)], pl.UInt32, 2)
    assert groups.to_list() == [[1, 2], [(1 << 32) - 1, 0]]
