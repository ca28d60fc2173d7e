"""One run from a seed: what happened, and which invariants it broke."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen

from simulation.invariants import broken
from simulation.stage import Stage, staged
from simulation.workload import Workload
from simulation.world import World

KEYS: Final = ("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8")
ROUNDS: Final = 3
SWEEP_EVERY_S: Final = 300.0
"""As `components/_sweeper.py` has it; a test compares."""

FIND_EVERY_S: Final = 900.0
"""As `components/_finder.py` has it; the same test compares."""

SWEEPS: Final = 6
"""Calls of the sweeper until every job has come to its end: two restarts and giving up, also of its undo."""


@frozen(kw_only=True)
class Run:
    """What came of a seed. `trace` is every call in order, `hash` its fingerprint."""

    seed: int
    faults: Mapping[str, int]
    jobs: Mapping[str, str]
    calls: int
    broken: tuple[str, ...]
    trace: tuple[str, ...]
    hash: str


@frozen(kw_only=True)
class Sweep:
    """What came of many seeds. `hash` is over the hashes of all; the runs that broke something are kept."""

    seeds: int
    calls: int
    jobs: Counter[str]
    faults: Counter[str]
    hash: str
    broken: tuple[Run, ...]


def sweep(seeds: Iterable[int]) -> Sweep:
    """Run seeds one after another."""
    jobs, faults = Counter[str](), Counter[str]()
    digest, count, calls = hashlib.sha256(), 0, 0
    broken_runs: list[Run] = []
    with staged() as stage:
        for seed in seeds:
            done = run(stage, seed)
            count, calls = count + 1, calls + done.calls
            jobs.update(done.jobs.values())
            faults.update(done.faults)
            digest.update(done.hash.encode())
            if done.broken:
                broken_runs.append(done)
    return Sweep(
        seeds=count,
        calls=calls,
        jobs=jobs,
        faults=faults,
        hash=digest.hexdigest()[:16],
        broken=tuple(broken_runs),
    )


def run(stage: Stage, seed: int) -> Run:
    """Run one seed to its rest: the same seed gives the same Run."""
    world = World(seed)
    stage.begin(world)
    work = Workload(world, KEYS[: world.random.choice((2, 3, 5, 8))])
    work.begin()
    try:
        _to_rest(world, work)
    except Exception as error:  # noqa: BLE001 - whatever breaks is what the seed has found
        found = [f"the run broke: {type(error).__name__}: {error}"]
    else:
        found = broken(world, work)
    return Run(
        seed=seed,
        faults=dict(world.faults.counted),
        jobs={name: job["state"] for name, job in world.jobs().items()},
        calls=len(world.trace.lines),
        broken=tuple(found),
        trace=tuple(world.trace.lines),
        hash=world.trace.hash,
    )


def _to_rest(world: World, work: Workload) -> None:
    """Let everything happen; then, without faults, let what was lost be found, and ask again what was not
    answered.
    """
    for number in range(1, SWEEPS):
        world.kernel.spawn("schedule", world.sweep, after=number * SWEEP_EVERY_S)
    world.kernel.spawn("schedule", world.find_lost, after=FIND_EVERY_S)
    world.kernel.run()
    world.faults.until = 0
    for _ in range(ROUNDS):
        world.kernel.spawn("schedule", world.find_lost, after=FIND_EVERY_S)
        world.queue.redrive()
        work.ask_again()
        world.kernel.run()
    for _ in range(SWEEPS):
        world.kernel.spawn("schedule", world.sweep, after=SWEEP_EVERY_S)
        world.kernel.run()
