"""Who holds which key, when rows come one by one: the latest in memory, the others in a table on disk."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from foreman_core.validation.keytable import Table

_IN_MEMORY: Final = 100_000
"""Keys that stay in memory, at about 145 bytes each."""


class Holders:
    """Keys, each with a place, which is a number of up to 144 bits."""

    def __init__(self, in_memory: int = _IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._recent: dict[Hashable, int] = {}
        self._older: Table | None = None

    def first(self, key: Hashable, place: int) -> int:
        """The place that the key has; this one from now on if it has none."""
        if self._older is not None and key not in self._recent:
            held = self._older.get(key)
            if held is not None:
                return held
        return self._recent.setdefault(key, place)

    def mark(self, key: Hashable, bits: int) -> None:
        """Set bits in the place that a key has got last."""
        self._recent[key] |= bits

    def settle(self) -> None:
        """Move the keys to disk when there are too many of them in memory. They are hashes of 16 bytes."""
        if len(self._recent) > self._in_memory:
            from foreman_core.validation.keytable import Table  # noqa: PLC0415 - small files do without SQLite

            self._older = self._older or Table()
            self._older.add({key: place for key, place in self._recent.items() if isinstance(key, bytes)})
            self._recent.clear()

    def forget(self) -> None:
        """Start anew."""
        self._recent.clear()
        self._older = None
