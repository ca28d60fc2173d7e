"""One virtual clock and many processes, of which exactly one runs at a time: the order is the seed's.

Each process is a thread that holds a baton while it runs, and hands it on where it waits. The clock decides
whose turn is next, never the operating system: a run can be repeated to the last step.
"""

import heapq
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from attrs import define, field

STEPS: Final = 50_000
"""Steps after which a run counts as one that never ends; an ordinary one takes some hundreds."""


class Killed(BaseException):
    """The process is gone: nobody may catch it on the way out, and nothing is cleaned up by calls to AWS."""


class TimedOut(Killed):
    """The process was stopped for the time it took."""


class Stopped(BaseException):
    """The run is over, and the process with it."""


@define(eq=False)
class Frame:
    """A function that runs in a process: until when it may, and what it is called in the trace."""

    name: str
    deadline: float
    started: float


@define(eq=False)
class Process:
    """A strand of work: an execution, a queue's poller, a client, a function that nobody waits for.

    `cause` is what it is done for; what it starts is done for the same.
    """

    name: str
    number: int
    work: Callable[[], object]
    cause: str
    baton: threading.Lock = field(factory=threading.Lock)
    frames: list[Frame] = field(factory=list[Frame])
    joined: "list[Process]" = field(factory=list["Process"])
    begun: bool = False
    done: bool = False
    stopped: bool = False


class Kernel:
    """The clock and whose turn it is."""

    def __init__(self) -> None:
        self.now = 0.0
        self.steps = 0
        self.failure: BaseException | None = None
        self._turns: list[tuple[float, int, Process]] = []
        self._made = 0
        self._live: set[Process] = set()
        self._current: Process | None = None
        self._rest = threading.Lock()
        self._rest.acquire()

    @property
    def current(self) -> Process:
        """The process that runs."""
        if self._current is None:
            raise RuntimeError("no process runs: this belongs into one")
        return self._current

    @property
    def frame(self) -> Frame | None:
        """The innermost function that the running process is in."""
        frames = self.current.frames
        return frames[-1] if frames else None

    def spawn(self, name: str, work: Callable[[], object], after: float = 0.0) -> Process:
        """Start a process, `after` seconds from now."""
        self._made += 1
        process = Process(name, self._made, work, self._current.cause if self._current else name)
        process.baton.acquire()
        self._live.add(process)
        self._later(process, after)
        return process

    def sleep(self, seconds: float) -> None:
        """Let time pass for the running process. TimedOut at the deadline of a function that it is in."""
        process = self.current
        until = self.now + seconds
        deadline = min((frame.deadline for frame in process.frames), default=until)
        self._later(process, min(until, deadline) - self.now)
        self._switch()
        if self.now >= deadline and until > deadline:
            raise TimedOut

    def join(self, process: Process) -> None:
        """Wait until a process has ended."""
        if not process.done:
            process.joined.append(self.current)
            self._switch()

    @contextmanager
    def inside(self, name: str, limit: float) -> Generator[Frame]:
        """Run what follows as a function with a time limit in seconds."""
        frame = Frame(name, self.now + limit, self.now)
        frames = self.current.frames
        frames.append(frame)
        try:
            yield frame
        finally:
            frames.pop()

    def run(self) -> None:
        """Let everything happen until nothing is left to do; what is broken in a process is raised here."""
        self._drain()
        self._turns.clear()
        for process in sorted(self._live, key=lambda process: process.number):
            process.stopped = True
            self._later(process, 0)
        self._drain()
        if self.failure is not None:
            raise self.failure

    def finish(self, process: Process) -> Process | None:
        """Do the work of a process whose turn it is for the first time, and say whose turn it is then."""
        try:
            if not process.stopped:
                process.work()
        except (Killed, Stopped):
            pass
        except BaseException as error:  # noqa: BLE001 - a fault of the simulator, or one that it has found
            self.failure = self.failure or error
        process.done = True
        self._live.discard(process)
        for waiting in process.joined:
            if not waiting.stopped:  # then its turn is arranged already
                self._later(waiting, 0)
        return self._next()

    def _drain(self) -> None:
        following = self._next()
        if following is not None:
            self.hand_on(following)
            self._rest.acquire()

    def hand_on(self, process: Process | None) -> None:
        """Give the baton to a process, or back to `run` when there is none."""
        if process is None:
            self._current = None
            self._rest.release()
        elif process.begun:
            process.baton.release()
        else:
            process.begun = True
            _worker().take(self, process)

    def _later(self, process: Process, seconds: float) -> None:
        self._made += 1
        heapq.heappush(self._turns, (self.now + max(seconds, 0.0), self._made, process))

    def _next(self) -> Process | None:
        self.steps += 1
        if self.steps > STEPS and self.failure is None:
            self.failure = RuntimeError(f"no end after {STEPS} steps")
        waiting = next(iter(self._turns), None)
        if waiting is None or (self.failure is not None and not waiting[2].stopped):
            return None
        self.now, _, self._current = heapq.heappop(self._turns)
        return self._current

    def _switch(self) -> None:
        """Give the baton to whoever is next, and wait for one's own turn."""
        mine = self.current
        following = self._next()
        if following is not mine:
            self.hand_on(following)
            mine.baton.acquire()
        if mine.stopped:
            raise Stopped


class Worker(threading.Thread):
    """A thread that runs one process after another: making a thread takes longer than a step."""

    def __init__(self) -> None:
        super().__init__(name="simulated", daemon=True)
        self._called = threading.Lock()
        self._called.acquire()
        self._task: tuple[Kernel, Process] | None = None

    def take(self, kernel: Kernel, process: Process) -> None:
        """Run this process now."""
        self._task = (kernel, process)
        self._called.release()

    def run(self) -> None:
        """Wait to be called, run a process to its end, and hand the baton on; for ever."""
        while True:
            self._called.acquire()
            if self._task is None:
                continue
            kernel, process = self._task
            following = kernel.finish(process)
            _IDLE.append(self)
            kernel.hand_on(following)


_IDLE: Final[list[Worker]] = []


def _worker() -> Worker:
    if _IDLE:
        return _IDLE.pop()
    worker = Worker()
    worker.start()
    return worker
