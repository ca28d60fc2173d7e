"""Numbers in a file instead of in memory."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final

import polars as pl

from foreman_core.validation.scratch import Scratch

Number = type[pl.UInt32] | type[pl.UInt64]
_WIDTHS: Final[Mapping[Number, int]] = {pl.UInt32: 4, pl.UInt64: 8}

_AT_ONCE: Final = 1 << 16
"""Numbers that are written at once: Polars makes one record batch of them, but two of half a million."""
_ENDING: Final = 72
"""Bytes that may follow the numbers of the last record batch: padding, and the mark of the end."""


class Spilled:
    """A column of numbers without nulls that only grows, on disk."""

    def __init__(self, dtype: Number) -> None:
        self._dtype = dtype
        self._width = _WIDTHS[dtype]
        self._file = Scratch()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, numbers: pl.Series) -> None:
        """Write these at the end."""
        for start in range(0, len(numbers), _AT_ONCE):
            self._file.append(_raw(numbers.slice(start, _AT_ONCE).cast(self._dtype), self._width))
        self._length += len(numbers)

    def between(self, start: int, end: int) -> pl.Series:
        """The numbers from one place to before another."""
        return arrays([self.bytes_of(end - start, start)], self._dtype, end - start).explode()

    def bytes_of(self, count: int, start: int) -> bytes:
        """So many numbers from a place on, for `arrays`; what there is not is 0."""
        return self._file.read(count * self._width, start * self._width).ljust(count * self._width, b"\0")


def arrays(numbers: Sequence[bytes], dtype: Number, count: int) -> pl.Series:
    """Numbers that were read, `count` of them in each array."""
    return pl.Series(numbers, dtype=pl.Binary).bin.reinterpret(dtype=pl.Array(dtype, count))


def _raw(numbers: pl.Series, width: int) -> memoryview:
    """The bytes of numbers without nulls, little end first: the body of the one record batch in an Arrow
    stream (https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format).
    """
    stream = BytesIO()
    numbers.rechunk().to_frame().write_ipc_stream(stream, compression="uncompressed")
    data = stream.getbuffer()
    start = 0
    for _ in ("schema", "record batch"):
        start += 8 + int.from_bytes(data[start + 4 : start + 8], "little")
    end = start + len(numbers) * width
    if len(data) - end > _ENDING:
        raise RuntimeError(f"{len(numbers)} numbers are several record batches")
    return data[start:end]
