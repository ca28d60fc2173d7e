"""Files for what does not stay in memory: nobody else sees them, and they are gone with their owner."""

import os
from errno import ENOSPC
from pathlib import Path
from tempfile import gettempdir, mkstemp
from weakref import finalize

from foreman_core.errors import Unavailable


class Scratch:
    """Bytes that are written once, at the end, and read anywhere. They do not count as memory."""

    def __init__(self) -> None:
        self._file, path = new_file()
        path.unlink()
        finalize(self, os.close, self._file)
        self._size = 0

    def append(self, data: bytes | memoryview) -> None:
        """Write all of this. Unavailable, as `disk-full`, when there is no room for it."""
        rest = memoryview(data)
        while rest:
            try:
                written = os.pwrite(self._file, rest, self._size)
            except OSError as error:
                raise _told(error) from error
            self._size += written
            rest = rest[written:]

    def read(self, size: int, start: int) -> bytes:
        """So many bytes from here on; fewer at the end."""
        return os.pread(self._file, size, start)


def new_file() -> tuple[int, Path]:
    """A file in the folder for temporary ones, open, and where it is. Unavailable when the disk is full."""
    try:
        descriptor, path = mkstemp(prefix="foreman-")
    except OSError as error:
        raise _told(error) from error
    return descriptor, Path(path)


def disk_full() -> Unavailable:
    """The error for a disk without room."""
    return Unavailable(
        "disk-full",
        f"there is no room left in {gettempdir()}, where the keys of large files are kept, some 50 bytes a "
        "row and key: make room, or name another folder in TMPDIR",
    )


def _told(error: OSError) -> Exception:
    return disk_full() if error.errno == ENOSPC else error
