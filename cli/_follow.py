"""Following a job: poll the ledger until the job rests, and show how it moves."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cli._api import Api
from cli._job import JobView
from cli._screen import err
from cli._text import note, on_terminal, plural
from foreman_core.errors import Unavailable
from foreman_core.models import Counts, Job, JobState

FIRST_WAIT: Final = 0.2
LONGEST_WAIT: Final = 2.0
GROWTH: Final = 1.3
PATIENCE: Final = 5
"""Answers in a row that may fail before following gives up."""

_DOING: Final = {
    JobState.RECEIVED: "waiting for the first step",
    JobState.VALIDATING: "reading, checking, comparing with what is stored",
    JobState.LOADING: "writing records",
    JobState.UNDOING: "putting records back",
}


class Watcher(Protocol):
    """Someone who is told of every answer about a job."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def see(self, seen: JobView | None) -> None:
        """Called after every poll; None while the job is not in the ledger yet."""
        ...


def follow(
    api: Api,
    job_id: str,
    *,
    timeout: float,
    appear: float,
    watcher: Watcher | None = None,
) -> JobView:
    """Poll until the job rests, and give back its last state.

    `appear` is how many seconds the job may take to be in the ledger at all, `timeout` how many it may run.
    Raises Unavailable when either passes; the job itself goes on.
    """
    began = time.monotonic()
    wait, failures, last = FIRST_WAIT, 0, ""
    with watcher or watcher_for_here(job_id) as watching:
        while True:
            try:
                seen, failures = api.job(job_id), 0
            except Unavailable:
                failures += 1
                if failures >= PATIENCE:
                    raise
                seen = None
            else:
                watching.see(seen)
                if seen is not None and seen.rests:
                    return seen
                state = "" if seen is None else seen.job.state
                wait, last = (FIRST_WAIT if state != last else min(wait * GROWTH, LONGEST_WAIT)), state
            _give_up(job_id, time.monotonic() - began, limit=timeout if last else appear, known=bool(last))
            time.sleep(wait)


def _give_up(job_id: str, elapsed: float, *, limit: float, known: bool) -> None:
    if elapsed < limit:
        return
    if known:
        raise Unavailable(
            "timeout", f"{job_id} is not done after {elapsed:.0f} s; it goes on. Look: ./foreman job {job_id}"
        )
    raise Unavailable(
        "no-job",
        f"{job_id} did not appear in the ledger within {elapsed:.0f} s. The object is in the bucket; "
        "see what the intake function says: ./foreman logs",
    )


def watcher_for_here(job_id: str) -> Watcher:
    """A live line on a terminal, plain lines elsewhere."""
    return LiveLine(job_id) if on_terminal() else PlainLines(job_id)


class PlainLines:
    """One line on stderr for every state the job has been in."""

    def __init__(self, job_id: str) -> None:
        self._job_id = job_id
        self._told = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def see(self, seen: JobView | None) -> None:
        """Tell the moments that are new since the last answer."""
        if seen is None:
            return
        for moment in seen.job.timeline[self._told :]:
            note(f"{self._job_id}: {moment.state} ({moment.at})")
        self._told = len(seen.job.timeline)


class LiveLine:
    """A spinner with state, elapsed time and counts; it goes away when the job rests."""

    def __init__(self, job_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._job_id = job_id
        self._seen: JobView | None = None
        self._spinner = Spinner("dots")
        self._live = Live(get_renderable=self.picture, console=err(), refresh_per_second=10, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def see(self, seen: JobView | None) -> None:
        """Draw the new answer at the next frame."""
        self._seen = seen or self._seen

    def picture(self) -> Table:
        """What is drawn now."""
        grid = Table.grid(padding=(0, 1, 0, 0))
        state, doing, counted = describe(None if self._seen is None else self._seen.job)
        line = Text.assemble(
            (state, "bold"), "  ", doing, "  ", (f"{self._clock() - self._began:.1f} s", "dim")
        )
        grid.add_row(self._spinner, line)
        grid.add_row("", Text(f"{self._job_id}  {counted}", style="dim", no_wrap=True, overflow="ellipsis"))
        return grid


def describe(job: Job | None) -> tuple[str, str, str]:
    """State, what is being done, and the counts so far, for the live line."""
    if job is None:
        return "dropped", "waiting for the bucket's event", ""
    return job.state, _DOING.get(job.state, ""), _counts(job.counts)


def _counts(counts: Counts) -> str:
    if not counts.read:
        return ""
    parts = [plural(counts.read, "row") + " read"]
    for name in ("rejected", "created", "updated", "deleted", "unchanged", "kept", "conflict"):
        number: int = getattr(counts, name)
        if number:
            parts.append(f"{number:,} {name}")
    return " · ".join(parts)
