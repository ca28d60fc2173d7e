"""The memory of the stack's processes while a scenario runs."""

import threading
import time
from collections import defaultdict
from types import TracebackType
from typing import Final, Self

import psutil

EVERY_S: Final = 0.5
EMULATOR: Final = "the emulator"
_MIB: Final = 1 << 20
_FUNCTION: Final = "AWS_LAMBDA_FUNCTION_NAME"


class Watch:
    """A thread that looks at the emulator and at all that it has started, twice a second.

    `peaks` is MiB (resident) by process kind, for a function that of its largest process; `most_workers` how
    many processes functions had at once; `timeline` is (seconds, MiB of the emulator, MiB of all functions).
    """

    def __init__(self, emulator: int) -> None:
        self._emulator = psutil.Process(emulator)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="memory", daemon=True)
        self._names: dict[int, str] = {}
        self._began = time.monotonic()
        self.peaks: dict[str, float] = defaultdict(float)
        self.most_workers = 0
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
            sizes = [
                size for process in self._emulator.children(recursive=True) if (size := self._size(process))
            ]
            self.most_workers = max(self.most_workers, len(sizes))
            self.timeline.append((round(time.monotonic() - self._began, 1), round(own), round(sum(sizes))))
            self._over.wait(EVERY_S)

    def _size(self, process: psutil.Process) -> float:
        try:
            size = process.memory_info().rss / _MIB
            if process.pid not in self._names:
                self._names[process.pid] = process.environ().get(_FUNCTION) or process.name()
        except psutil.Error:  # gone by now
            return 0.0
        self._note(self._names[process.pid], size)
        return size

    def _note(self, name: str, size: float) -> None:
        self.peaks[name] = max(self.peaks[name], round(size, 1))
