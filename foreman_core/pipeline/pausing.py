"""Work that stops where it is asked to, and is gone on with by another process."""

from collections.abc import Callable

GoOn = Callable[[], bool]
"""Asked before each chunk, and after each block of a file: False when the process is to stop."""


class Paused(Exception):  # noqa: N818 - nothing has failed
    """The process has stopped between two chunks or blocks; another one goes on with the rest."""
