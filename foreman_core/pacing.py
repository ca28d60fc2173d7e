"""How fast one of many writers sends, so that together they stay just below what a table takes.

Additive increase, multiplicative decrease (Chiu and Jain, 1989, https://doi.org/10.1016/0169-7552(89)90019-6)
of a rate: a throttled batch takes a part of the rate away, and every second adds a little. Writers know
nothing of each other.
"""

from typing import Final

from attrs import define

DECREASE: Final = 0.7
"""What is left of the rate after a throttled batch: of many writers only some are throttled at a time, so the
table stays busy all the same."""

INCREASE: Final = 0.01
"""What each second adds, as a part of the rate at which the writer was throttled last: it takes half a minute
to be there again, so that throttled batches are few. Both numbers are measured in `benchmarks/ceiling.py`."""

DOUBLING_S: Final = 1.0
"""Seconds in which the rate doubles until the first throttling: the ceiling is not known yet."""

PATIENCE_S: Final = 0.25
"""Throttlings within so many seconds of a decrease are of the same excess, and count once."""

FIRST_RATE: Final = 250.0
"""Rows a second that a writer begins with: a quarter of the write units that one partition takes.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"""


@define
class Pace:
    """The rate of one writer, in rows a second. Times are seconds of a clock that only goes on."""

    rate: float = FIRST_RATE
    _limit: float | None = None
    _since: float | None = None
    _next: float = 0.0
    _decreased_at: float = float("-inf")

    def wait(self, rows: int, now: float) -> float:
        """Seconds to wait before a batch of so many rows is sent."""
        self._grow(now)
        start = max(self._next, now)
        self._next = start + rows / self.rate
        return start - now

    def throttled(self, now: float) -> None:
        """A batch was throttled, or a part of it."""
        if now - self._decreased_at < PATIENCE_S:
            return
        self._grow(now)
        self._limit = self.rate
        self.rate = max(self.rate * DECREASE, 1.0)
        self._decreased_at = now

    def _grow(self, now: float) -> None:
        passed = 0.0 if self._since is None else now - self._since
        self._since = now
        if self._limit is None:
            self.rate *= 2 ** (min(passed, DOUBLING_S) / DOUBLING_S)
        else:
            self.rate += self._limit * INCREASE * min(passed, 1.0)
