"""Keys that may occur once in a file: who holds each, at about 160 bytes a key whatever its length."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from foreman_core.models import SourceRow, Value
from foreman_core.schema import Field, RecordSchema

_KEY_BYTES: Final = 16
_FINGERPRINT_MASK: Final = (1 << 64) - 1
_NUMBER_BITS: Final = 40
_NUMBER_MASK: Final = (1 << _NUMBER_BITS) - 1


class Taken(NamedTuple):
    """A key that another row holds: which key, and where that row is."""

    key: int
    row: int
    line: int


class Keys:
    """The keys of a schema and their holders. Key 0 is the primary one.

    "The first row that carries a key holds it, also when that row is rejected for another fault."
    """

    def __init__(self, schema: RecordSchema) -> None:
        slots = {field.name: slot for slot, field in enumerate(schema.fields)}
        keys = ((schema.primary_key,), *schema.unique_keys)
        self.fields: tuple[tuple[Field, ...], ...] = tuple(
            tuple(schema.field(name) for name in key) for key in keys
        )
        self.slots: tuple[tuple[int, ...], ...] = tuple(tuple(slots[name] for name in key) for key in keys)
        self._holders: dict[bytes, int] = {}
        self._primary = b""

    def claim(self, row: SourceRow, values: Sequence[Value]) -> list[Taken] | None:
        """Make the row hold its keys; those that another row holds come back. Blank parts make no key.

        None when an accepted row has the same cells: the holder of its primary key, since no other row with
        that key can be accepted.
        """
        taken: list[Taken] = []
        place = row.line << _NUMBER_BITS | row.row
        for key, slots in enumerate(self.slots):
            digest = _digest(key, values, slots)
            if digest is None:
                continue
            if key == 0:
                self._primary = digest
            holder = self._holders.setdefault(digest, place)
            if holder == place:
                continue
            if key == 0 and holder >> 2 * _NUMBER_BITS == _fingerprint(row):
                return None
            taken.append(Taken(key, holder & _NUMBER_MASK, holder >> _NUMBER_BITS & _NUMBER_MASK))
        return taken

    def accept(self, row: SourceRow) -> None:
        """Remember that the row which claimed last was accepted: an equal one is a repeat from now on."""
        self._holders[self._primary] |= _fingerprint(row) << 2 * _NUMBER_BITS


def _digest(key: int, values: Sequence[Value], slots: tuple[int, ...]) -> bytes | None:
    text = str(key)
    for slot in slots:
        value = values[slot]
        if value is None:
            return None
        text = f"{text}\0{value}"
    return blake2b(text.encode(), digest_size=_KEY_BYTES).digest()


def _fingerprint(row: SourceRow) -> int:
    """64 bits of the cells, never 0: good for this process, which is where it is compared."""
    return hash(row.cells) & _FINGERPRINT_MASK | 1
