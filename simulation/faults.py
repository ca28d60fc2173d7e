"""What goes wrong, when and how often: drawn from the seed, and over at a moment that the seed decides."""

from collections import Counter
from random import Random
from typing import Final, Literal

from attrs import define, field

Fault = Literal[
    "throttled",  # refused before it took effect; the SDK tries again
    "broken",  # a 5xx before it took effect; the SDK tries again
    "dropped",  # never arrived; the SDK tries again
    "lost-answer",  # took effect, and nobody heard; the SDK tries again
    "late",  # takes effect after its sender has given it up
    "expired",  # the credentials are no longer good; the SDK does not try again
    "killed-before",  # the process dies before the call
    "killed-after",  # the process dies after the call took effect
]
CALL_FAULTS: Final[tuple[Fault, ...]] = (
    "throttled",
    "broken",
    "dropped",
    "lost-answer",
    "late",
    "expired",
    "killed-before",
    "killed-after",
)

Happening = Literal[
    "partial-batch",  # some keys or statements of a batch are left undone
    "cut-body",  # an object's body ends before its length is reached
    "twice",  # an event or a message is delivered again
    "late-event",  # an event arrives long after the others
    "lost-event",  # an event never arrives
    "abandoned",  # an invocation's answer is lost, and the function goes on meanwhile
    "refused",  # too many functions run already
    "slow",  # a call takes seconds
    "aborted",  # an execution is stopped; what its functions do goes on
    "out-of-time",  # an execution's time is over; the same
]
HAPPENINGS: Final[tuple[Happening, ...]] = (
    "partial-batch",
    "cut-body",
    "twice",
    "late-event",
    "lost-event",
    "abandoned",
    "refused",
    "slow",
    "aborted",
    "out-of-time",
)

SHARE: Final = 0.5
"""How many of the kinds a run knows, on average."""
RATES: Final = (0.0, 0.02, 0.05, 0.1, 0.2)
UNTIL: Final = (5.0, 30.0, 120.0, 600.0)
READS_LEFT_ALONE: Final[frozenset[Fault]] = frozenset({"late", "lost-answer"})
"""To a read these are the same as `dropped`."""
DEADLY: Final[frozenset[Fault]] = frozenset({"killed-before", "killed-after"})


@define
class Faults:
    """The faults of one run. A run knows only some kinds, so that each also comes without the others."""

    random: Random
    rate: float
    until: float
    kinds: tuple[Fault, ...]
    happenings: frozenset[Happening]
    counted: Counter[str] = field(factory=Counter[str])

    @classmethod
    def drawn(cls, random: Random) -> "Faults":
        """Choose how a run is plagued."""
        kinds: list[Fault] = [kind for kind in CALL_FAULTS if random.random() < SHARE]
        happenings: list[Happening] = [each for each in HAPPENINGS if random.random() < SHARE]
        return cls(random, random.choice(RATES), random.choice(UNTIL), tuple(kinds), frozenset(happenings))

    def of_call(self, now: float, *, writes: bool, mortal: bool) -> Fault | None:
        """What happens to a call at this time, if anything. Only a mortal caller, a function, is killed."""
        if not self.kinds or now >= self.until or self.random.random() >= self.rate:
            return None
        kind = self.random.choice(self.kinds)
        if not writes and kind in READS_LEFT_ALONE:
            kind = "dropped"
        if not mortal and kind in DEADLY:
            return None
        self.counted[kind] += 1
        return kind

    def happens(self, what: Happening, now: float, weight: float = 1.0) -> bool:
        """Whether this happens now; `weight` makes it more frequent than faults of calls are."""
        if what not in self.happenings or now >= self.until or self.random.random() >= self.rate * weight:
            return False
        self.counted[what] += 1
        return True
