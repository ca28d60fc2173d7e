"""The memory of a stack's processes while a scenario runs."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil

from local import processes
from local.home import home_at
from local.stack import LocalStack

EVERY_S: Final = 0.5
EMULATOR: Final = "the emulator"
_MIB: Final = 1 << 20
_FUNCTION: Final = "AWS_LAMBDA_FUNCTION_NAME"


class Watch:
    """A thread that looks at the emulator, at all that it has started, and at the containers, twice a second.

    `peaks` is MiB (resident) by process kind, of its largest process: a function by its name, a container by
    its module. `most_functions` is how many processes functions had at once; `timeline` is (seconds, MiB of
    the emulator, MiB of all others).
    """

    def __init__(self, stack: LocalStack, home: Path) -> None:
        self._emulator = psutil.Process(stack.pid)
        self._home = home_at(home)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="memory", daemon=True)
        self._names: dict[int, str] = {}
        self._began = time.monotonic()
        self.peaks: dict[str, float] = defaultdict(float)
        self.most_functions = 0
        self.timeline: list[tuple[float, float, float]] = []

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.is_set():
            own = self._emulator.memory_info().rss / _MIB
            self._note(EMULATOR, own)
            functions = [self._size(process) for process in self._emulator.children(recursive=True)]
            containers = [self._size(process) for process in self._containers()]
            self.most_functions = max(self.most_functions, sum(size > 0 for size in functions))
            others = round(sum(functions) + sum(containers))
            self.timeline.append((round(time.monotonic() - self._began, 1), round(own), others))
            self._over.wait(EVERY_S)

    def _containers(self) -> Iterator[psutil.Process]:
        """The processes of the stack that the emulator has not started."""
        for pid in processes.belonging(self._home):
            with suppress(psutil.Error):  # gone by now
                process = psutil.Process(pid)
                if self._emulator not in (process, *process.parents()):
                    yield process

    def _size(self, process: psutil.Process) -> float:
        try:
            size = process.memory_info().rss / _MIB
            if process.pid not in self._names:
                self._names[process.pid] = process.environ().get(_FUNCTION) or _module(process)
        except psutil.Error:  # gone by now
            return 0.0
        self._note(self._names[process.pid], size)
        return size

    def _note(self, name: str, size: float) -> None:
        self.peaks[name] = max(self.peaks[name], round(size, 1))


def _module(process: psutil.Process) -> str:
    """The module that a Python process runs; otherwise the name of its program."""
    arguments = process.cmdline()
    return next((module for flag, module in pairwise(arguments) if flag == "-m"), process.name())
