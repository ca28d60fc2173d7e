"""Writers that pace themselves against a table that takes so much and no more.

    .venv/bin/python -m benchmarks.ceiling

A simulation with a clock of its own: `foreman_core.pacing.Pace` is the real one, the table is a token bucket
of a second's worth of rows, and every writer sends a batch when it has the answer to the one before.
"""

import heapq
import random
from collections.abc import Iterator
from typing import Final

from attrs import define, field, frozen

from foreman_core.pacing import Pace
from foreman_core.records import WRITE_BATCH

SECONDS: Final = 120
LATENCY_S: Final = 0.008
"""Seconds that a batch takes to be answered, on average; it varies by three in ten."""

RETRY_S: Final = 0.025
"""The longest first wait after a throttled batch, as in `foreman_core.records`."""

CASES: Final = ((4_000, 1), (4_000, 4), (4_000, 10), (40_000, 16), (40_000, 40))
"""Units a second that the table takes, and writers. One writer alone is bound by the time of an answer."""


@frozen
class Result:
    """The share of the ceiling that was written, and that of the rows sent which were throttled."""

    ceiling: int
    writers: int
    of_ceiling: float
    throttled: float


@define
class TokenBucket:
    """A table that takes `rate` rows a second, and a second's worth at once."""

    rate: int
    tokens: float = field(init=False)
    _filled_at: float = 0.0

    def __attrs_post_init__(self) -> None:
        """It is full at first."""
        self.tokens = self.rate

    def take(self, rows: int, now: float) -> int:
        """How many of the rows are written."""
        self.tokens = min(self.rate, self.tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now
        taken = min(rows, int(self.tokens))
        self.tokens -= taken
        return taken


def run(ceiling: int, writers: int, *, seconds: float = SECONDS, seed: int = 1) -> Result:
    """Have writers send for so long. What the bucket held at first counts as a second more."""
    rng = random.Random(seed)  # noqa: S311 - no secret: made to be repeated
    table, paces = TokenBucket(ceiling), [Pace() for _ in range(writers)]
    turns = [(rng.random() / 10, writer, WRITE_BATCH) for writer in range(writers)]
    heapq.heapify(turns)
    written = sent = 0
    while turns:
        now, writer, rows = heapq.heappop(turns)
        if now >= seconds:
            continue
        taken = table.take(rows, now)
        written, sent = written + taken, sent + rows
        answered = now + LATENCY_S * rng.uniform(0.7, 1.3)
        left = rows - taken
        if left:
            paces[writer].throttled(answered)
            answered += rng.uniform(0, RETRY_S)
        rows = left or WRITE_BATCH
        heapq.heappush(turns, (answered + paces[writer].wait(rows, answered), writer, rows))
    return Result(ceiling, writers, written / (ceiling * (seconds + 1)), (sent - written) / sent)


def rows() -> Iterator[str]:
    """The table of results, as Markdown."""
    yield "| rows/s that the table takes | writers | of that written | throttled |"
    yield "| ---: | ---: | ---: | ---: |"
    for ceiling, writers in CASES:
        found = run(ceiling, writers)
        yield f"| {ceiling:,} | {writers} | {found.of_ceiling:.1%} | {found.throttled:.2%} |"


if __name__ == "__main__":
    print("\n".join(rows()))  # noqa: T201 - this is a command
