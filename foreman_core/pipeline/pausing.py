"""Work that stops where it is asked to, and is gone on with by another process."""

from collections.abc import Callable

from attrs import frozen

from foreman_core.reading.table import Readable

GoOn = Callable[[], bool]
"""Asked before each chunk, and each block of a file: False when the process is to stop."""


class Paused(Exception):  # noqa: N818 - nothing has failed
    """The process has stopped between two chunks or blocks; another one goes on with the rest."""


@frozen
class Pausing:
    """A file that is read as long as its reader is to go on; then Paused."""

    _stream: Readable
    _go_on: GoOn

    def read(self, size: int) -> bytes:
        """The next bytes, at most so many; none at the end."""
        if not self._go_on():
            raise Paused("the file is not read to its end")
        return self._stream.read(size)
