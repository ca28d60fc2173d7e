"""Sets of rows that are small however many rows there are."""

from attrs import define, field


@define
class RowSet:
    """A set of row numbers: a bit each, so that a hundred million of them take 13 MB."""

    _bits: bytearray = field(factory=bytearray)

    def __contains__(self, row: int) -> bool:
        return row >= 0 and row >> 3 < len(self._bits) and bool(self._bits[row >> 3] >> (row & 7) & 1)

    def add(self, row: int) -> None:
        """Take a row in."""
        if row >> 3 >= len(self._bits):
            self._bits.extend(bytes((row >> 3) + 1 - len(self._bits)))
        self._bits[row >> 3] |= 1 << (row & 7)

    def discard(self, row: int) -> None:
        """Take a row out, if it is in."""
        if row in self:
            self._bits[row >> 3] &= ~(1 << (row & 7))
