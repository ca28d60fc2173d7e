"""Files that keep coming, loaded by writers that pace themselves, into a table that takes so much.

    .venv/bin/python -m benchmarks.arrivals

A simulation with a clock of its own, on the table and the real pace of `benchmarks.ceiling`. Files come at
random; each is cut into chunks, of which some are loaded at once; a chunk takes a writer that is idle, the
last one first, as Lambda does, or a new one while the account has room. A batch whose rest is throttled too
often breaks its chunk, which begins again later: rows that are written already stay written.
"""

import heapq
import random
from collections import deque
from collections.abc import Iterator
from itertools import count
from statistics import quantiles
from typing import Final

from attrs import define, field, frozen

from benchmarks.ceiling import LATENCY_S, RETRY_S, TokenBucket
from foreman_core.pacing import Pace
from foreman_core.records import ROUNDS, WRITE_BATCH

AROUND_S: Final = 0.6
"""Seconds that a chunk takes beside its batches: two functions, the API, the ledger. An assumption."""

AGAIN_S: Final = 2.0
"""The longest first wait of the state machine before a chunk begins again."""

SLICES: Final = 12
"""Parts of the time, to see whether the backlog grows."""


@frozen(kw_only=True)
class Arrivals:
    """So many files an hour of so many rows, for so many hours; `at_once` chunks of a file side by side."""

    files_per_hour: float
    rows: int
    hours: float = 1.0
    ceiling: int = 40_000
    chunk_rows: int = 500
    at_once: int = 4
    writers: int = 1_000


@frozen(kw_only=True)
class Course:
    """What came of it. `backlog` has the most rows that waited, or were under way, in each part of the time;
    `seconds` are those from a file's arrival to its last row: the median, and 95 of 100.
    """

    came: int
    written: int
    broken: int
    throttled: float
    backlog: tuple[int, ...]
    seconds: tuple[float, float]
    last: float


@define
class _File:
    came_at: float
    waiting: int
    left: int


@define
class _Chunk:
    file: _File
    left: int
    pace: Pace
    rounds: int = 0
    wanted: int = 0


@define
class _Stack:
    """The account: its table, its writers, and what waits for one."""

    by: Arrivals
    rng: random.Random
    table: TokenBucket
    idle: list[Pace] = field(factory=list[Pace])
    busy: int = 0
    queue: deque[tuple[_File, int]] = field(factory=deque[tuple[_File, int]])
    open_rows: int = 0
    written: int = 0
    sent: int = 0
    broken: int = 0
    took: list[float] = field(factory=list[float])

    def arrive(self, now: float) -> _File:
        self.open_rows += self.by.rows
        return _File(now, self.by.rows, self.by.rows)

    def begin(self) -> Iterator[_Chunk]:
        """The chunks that find a writer now."""
        while self.queue and self.busy < self.by.writers:
            file, rows = self.queue.popleft()
            self.busy += 1
            yield _Chunk(file, rows, self.idle.pop() if self.idle else Pace())

    def next_chunk(self, file: _File) -> None:
        """The next chunk of a file waits for a writer."""
        rows = min(self.by.chunk_rows, file.waiting)
        if rows:
            file.waiting -= rows
            self.queue.append((file, rows))

    def send(self, chunk: _Chunk, now: float) -> float | None:
        """Send what is left of a chunk's batch. When the next one may be sent; None at its end."""
        batch = chunk.wanted or min(WRITE_BATCH, chunk.left)
        taken = self.table.take(batch, now)
        self.sent += batch
        self.written += taken
        self.open_rows -= taken
        chunk.left -= taken
        chunk.file.left -= taken
        chunk.wanted = batch - taken
        answered = now + LATENCY_S * self.rng.uniform(0.7, 1.3)
        if chunk.wanted:
            chunk.pace.throttled(answered)
            chunk.rounds += 1
            answered += self.rng.uniform(0, RETRY_S * 2 ** (chunk.rounds - 1))
            if chunk.rounds == ROUNDS:
                self.broken, chunk.rounds = self.broken + 1, 0
                answered += self.rng.uniform(0, AGAIN_S)
        else:
            chunk.rounds = 0
        if not chunk.left:
            return None
        return answered + chunk.pace.wait(chunk.wanted or min(WRITE_BATCH, chunk.left), answered)

    def end(self, chunk: _Chunk, now: float) -> None:
        """The writer is idle again, and the file goes on."""
        self.busy -= 1
        self.idle.append(chunk.pace)
        if not chunk.file.left:
            self.took.append(now - chunk.file.came_at)
        self.next_chunk(chunk.file)


def run(by: Arrivals, *, seed: int = 1) -> Course:
    """Let files come for so many hours, and load them to the last row."""
    rng, number = random.Random(seed), count()  # noqa: S311 - no secret: made to be repeated
    stack = _Stack(by, rng, TokenBucket(by.ceiling))
    until = by.hours * 3600
    slices = [0] * SLICES
    turns: list[tuple[float, int, _Chunk | str]] = []
    came, now = 0, 0.0
    heapq.heappush(turns, (0.0, next(number), "file"))
    while turns:
        now, _, what = heapq.heappop(turns)
        if isinstance(what, str):
            came += 1
            file = stack.arrive(now)
            for _ in range(by.at_once):
                stack.next_chunk(file)
            following = now + rng.expovariate(by.files_per_hour / 3600)
            if following < until:
                heapq.heappush(turns, (following, next(number), "file"))
        else:
            again = stack.send(what, now)
            if again is None:
                stack.end(what, now)
            else:
                heapq.heappush(turns, (again, next(number), what))
        for chunk in stack.begin():
            heapq.heappush(turns, (now + AROUND_S * rng.uniform(0.5, 1.5), next(number), chunk))
        part = min(int(now / until * SLICES), SLICES - 1)
        slices[part] = max(slices[part], stack.open_rows)
    centiles = quantiles(stack.took, n=20, method="inclusive") if len(stack.took) > 1 else [*stack.took] * 19
    return Course(
        came=came * by.rows,
        written=stack.written,
        broken=stack.broken,
        throttled=(stack.sent - stack.written) / stack.sent,
        backlog=tuple(slices),
        seconds=(centiles[9], centiles[18]),
        last=now,
    )


_ALONE: Final = 0.001
"""Hours in which no second file comes."""

CASES: Final = (
    Arrivals(files_per_hour=10_000, rows=1_000),
    Arrivals(files_per_hour=10_000, rows=1_000, ceiling=4_000),
    Arrivals(files_per_hour=10_000, rows=5_000, hours=0.25, at_once=4),
    Arrivals(files_per_hour=10_000, rows=13_000, hours=0.25, at_once=4),
    Arrivals(files_per_hour=1, rows=2_000_000, hours=_ALONE, at_once=10),
    Arrivals(files_per_hour=1, rows=2_000_000, hours=_ALONE, at_once=100),
    Arrivals(files_per_hour=1, rows=2_000_000, hours=_ALONE, at_once=100, ceiling=4_000),
)
"""The file of 100 million rows is scaled to two: after the first minute it is the same over and over."""


def lines() -> Iterator[str]:
    """The table of results, as Markdown."""
    yield "| files | rows of each | the table takes | chunks of a file at once | rows/s | throttled | seconds of a file, p50 | p95 | most rows open, first and last twelfth | lost |"  # noqa: E501
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for by in CASES:
        found = run(by)
        files = "one" if by.hours == _ALONE else f"{found.came // by.rows:,} in {by.hours:g} h"
        backlog = "" if by.hours == _ALONE else f"{found.backlog[0]:,} / {found.backlog[-1]:,}"
        yield (
            f"| {files} | {by.rows:,} | {by.ceiling:,} | {by.at_once} | {found.written / found.last:,.0f} "
            f"| {found.throttled:.2%} | {found.seconds[0]:,.1f} | {found.seconds[1]:,.1f} "
            f"| {backlog} | {found.came - found.written:,} |"
        )


if __name__ == "__main__":
    print("\n".join(lines()))  # noqa: T201 - this is a command
