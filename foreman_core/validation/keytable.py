"""Keys and places in a table on disk."""

import os
import sqlite3
from collections.abc import Generator, Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from weakref import finalize

from foreman_core.validation.scratch import disk_full, new_file

_FILTER_BYTES: Final = 1 << 24
_PLACE_BYTES: Final = 18
_SETTINGS: Final = (
    "locking_mode = EXCLUSIVE",
    "journal_mode = OFF",
    "synchronous = OFF",
    "cache_size = -8192",
)
"""Nobody else reads the table, and nobody reads it after a crash. `cache_size`: 8 MiB."""


class Table:
    """Some 50 bytes a key in a file that nobody else sees. A filter in memory (Bloom, 1970) spares most keys
    that are not there the search.
    """

    def __init__(self) -> None:
        descriptor, path = new_file()
        os.close(descriptor)
        self._rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        finalize(self, self._rows.close)
        for setting in _SETTINGS:
            self._rows.execute(f"PRAGMA {setting}")
        with _room():
            self._rows.execute("CREATE TABLE holders (key BLOB PRIMARY KEY, place BLOB) WITHOUT ROWID")
        path.unlink()
        self._filter = bytearray(_FILTER_BYTES)

    def add(self, holders: Mapping[bytes, int]) -> None:
        """Take these, none of which is there."""
        for key in holders:
            for byte, bit in _bits(key):
                self._filter[byte] |= bit
        rows = ((key, holders[key].to_bytes(_PLACE_BYTES, "big")) for key in sorted(holders))
        with _room():
            self._rows.execute("BEGIN")
            self._rows.executemany("INSERT INTO holders VALUES (?, ?)", rows)
            self._rows.execute("COMMIT")

    def get(self, key: Hashable) -> int | None:
        """The place of a key; None when it is not there."""
        if not isinstance(key, bytes) or not all(self._filter[byte] & bit for byte, bit in _bits(key)):
            return None
        found = self._rows.execute("SELECT place FROM holders WHERE key = ?", (key,)).fetchone()
        return None if found is None else int.from_bytes(found[0], "big")


def _bits(key: bytes) -> Iterator[tuple[int, int]]:
    """Three bits that are drawn by a key: which byte, and its value there."""
    word = int.from_bytes(key, "big")
    for _ in range(3):
        yield word % _FILTER_BYTES, 1 << (word // _FILTER_BYTES & 7)
        word >>= 32


@contextmanager
def _room() -> Generator[None]:
    """Where a full disk is told as such."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
        raise disk_full() from error
