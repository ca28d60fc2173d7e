"""Keys that may occur once in a file, and who holds each."""

from collections.abc import Hashable, Iterable, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from foreman_core.models import SourceRow, Value
from foreman_core.schema import Field, RecordSchema
from foreman_core.validation.holders import Holders

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

    def __init__(self, schema: RecordSchema, holders: Holders | None = None) -> None:
        slots = {field.name: slot for slot, field in enumerate(schema.fields)}
        keys = ((schema.primary_key,), *schema.unique_keys)
        self.fields: tuple[tuple[Field, ...], ...] = tuple(
            tuple(schema.field(name) for name in key) for key in keys
        )
        self.slots: tuple[tuple[int, ...], ...] = tuple(tuple(slots[name] for name in key) for key in keys)
        self._holders = holders or Holders()
        self._primary: Hashable = None
        self._print = 0

    def claim(self, row: SourceRow, values: Sequence[Value]) -> list[Taken] | None:
        """Make the row hold its keys; those that another row holds come back. Blank parts make no key.

        None when an accepted row has the same cells: the holder of its primary key, since no other row with
        that key can be accepted.
        """
        self._holders.settle()
        digests = (_digest(key, values, slots) for key, slots in enumerate(self.slots))
        return self.claim_as(digests, row.row, row.line, hash(row.cells))

    def claim_as(
        self, identities: Iterable[Hashable], row: int, line: int, fingerprint: int
    ) -> list[Taken] | None:
        """The same for a row whose keys are known by an identity of their own, None for no key; and whose
        cells are known by 64 bits, good for this process, which is where they are compared.
        """
        taken: list[Taken] = []
        self._primary = None
        place = line << _NUMBER_BITS | row
        self._print = fingerprint & _FINGERPRINT_MASK | 1  # never 0: that is a row which was not accepted
        for key, identity in enumerate(identities):
            if identity is None:
                continue
            if key == 0:
                self._primary = identity
            holder = self._holders.first(identity, place)
            if holder == place:
                continue
            if key == 0 and holder >> 2 * _NUMBER_BITS == self._print:
                return None
            taken.append(Taken(key, holder & _NUMBER_MASK, holder >> _NUMBER_BITS & _NUMBER_MASK))
        return taken

    def accept(self) -> None:
        """Remember that the row which claimed last was accepted: an equal one is a repeat from now on."""
        if self._primary is not None:
            self._holders.mark(self._primary, self._print << 2 * _NUMBER_BITS)

    def hold(self, identity: Hashable, row: int, line: int, fingerprint: int | None) -> None:
        """A row that is not here holds this key, unless an earlier one does; `fingerprint` when it was
        accepted.
        """
        accepted = 0 if fingerprint is None else fingerprint & _FINGERPRINT_MASK | 1
        self._holders.first(identity, accepted << 2 * _NUMBER_BITS | line << _NUMBER_BITS | row)

    def forget(self) -> None:
        """Start anew."""
        self._holders.forget()


def _digest(key: int, values: Sequence[Value], slots: tuple[int, ...]) -> bytes | None:
    text = str(key)
    for slot in slots:
        value = values[slot]
        if value is None:
            return None
        text = f"{text}\0{value}"
    return blake2b(text.encode(), digest_size=_KEY_BYTES).digest()
