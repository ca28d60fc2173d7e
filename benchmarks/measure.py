"""What a whole process takes: time, processor, memory."""

import os
import tempfile
import time
from statistics import median
from typing import Final

from attrs import frozen

FEW: Final = 5
"""Pairs that are measured when they are quick; a median of these survives two disturbed ones."""

BUDGET: Final = 60.0
"""Seconds after which no further pair of a slow contender is begun."""

_KIB: Final = 1024
# a process that found faults has done its work: Foreman answers 1 when rows are rejected
_WORKED: Final = (0, 1)


class FailedError(Exception):
    """A contender ended as it should not; the message has the end of what it wrote."""


@frozen
class Usage:
    """Seconds on the wall, seconds of processor (user and system), peak resident MiB; and what it printed."""

    wall: float
    cpu: float
    memory: float
    printed: str


@frozen
class Pairs:
    """Measurements of a contender, each next to one of the base."""

    own: tuple[Usage, ...]
    base: tuple[Usage, ...]

    @property
    def ratio(self) -> float:
        """How many times as long as the base, on the wall: the median over the pairs."""
        return median(own.wall / base.wall for own, base in zip(self.own, self.base, strict=True))

    @property
    def cpu_ratio(self) -> float:
        """The same for processor time, which other work on the machine disturbs less."""
        return median(own.cpu / base.cpu for own, base in zip(self.own, self.base, strict=True))


def measure(command: list[str]) -> Usage:
    """Run a command to its end. FailedError when that is no good one.

    The peak of a child counts from before its program is loaded (getrusage(2)), so the caller has to be
    small.
    """
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as told:
        redirected = [(os.POSIX_SPAWN_DUP2, printed.fileno(), 1), (os.POSIX_SPAWN_DUP2, told.fileno(), 2)]
        began = time.perf_counter()
        process = os.posix_spawn(command[0], command, os.environ, file_actions=redirected)
        _, status, used = os.wait4(process, 0)
        wall = time.perf_counter() - began
        texts = [_text(printed.fileno()), _text(told.fileno())]
    if os.waitstatus_to_exitcode(status) not in _WORKED or not texts[0]:
        raise FailedError(f"{' '.join(command)}: {texts[1][-2000:]}")
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / _KIB, texts[0])


def measure_pairs(own: list[str], base: list[str], *, at_most: int = FEW) -> Pairs:
    """Pairs in turn, own and base first by turns, until there are enough or the budget is spent."""
    owns: list[Usage] = []
    bases: list[Usage] = []
    began = time.perf_counter()
    while len(owns) < at_most and (not owns or time.perf_counter() - began < BUDGET):
        if len(owns) % 2:
            bases.append(measure(base))
        owns.append(measure(own))
        if len(bases) < len(owns):
            bases.append(measure(base))
    return Pairs(tuple(owns), tuple(bases))


def _text(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, 1 << 24).decode(errors="replace")
