"""`simulate`: the real steps on simulated services, with seeded faults; what breaks can be repeated."""

import importlib.util
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cli._command import command, json_option
from cli._screen import facts, say, show
from cli._text import emit, plural
from foreman_core.errors import Refused

if TYPE_CHECKING:
    from simulation.run import Run, Sweep

SHOWN = 3
"""Broken seeds that are told in full."""

BROKEN = 3


@command(
    "simulate",
    examples=[
        "./foreman simulate",
        "./foreman simulate --seeds 10000",
        "./foreman simulate --seed 299",
        "./foreman simulate --seeds 100 --json",
    ],
)
@click.option(
    "--seeds", type=click.IntRange(1), metavar="N", help="How many seeds. Default: 1000, or 1 with --seed."
)
@click.option("--seed", type=click.IntRange(0), metavar="S", help="The first seed. Default: 0.")
@json_option
def simulate(*, seeds: int | None, seed: int | None, as_json: bool) -> int:
    """Run the steps of a load under crashes, lost answers and races that a seed decides; judge the outcome.

    No stack, no network. The same seed gives the same run. Exit code 3 when an invariant is broken; then the
    seed, every call with its fault, and what is wrong are printed.
    """
    if importlib.util.find_spec("aws_lambda_powertools") is None:
        raise Refused(
            "no-test-tools",
            "What the functions run with is not installed here. Start it as ./foreman simulate.",
        )
    from simulation.run import sweep  # noqa: PLC0415 - only once it is known that it can be imported

    count = seeds or (1000 if seed is None else 1)
    began = time.perf_counter()
    swept = sweep(range(seed or 0, (seed or 0) + count))
    seconds = time.perf_counter() - began
    if as_json:
        emit(_document(swept, seconds))
    else:
        _tell(swept, seconds)
    return BROKEN if swept.broken else 0


def _document(swept: "Sweep", seconds: float) -> dict[str, Any]:
    return {
        "seeds": swept.seeds,
        "seconds": round(seconds, 2),
        "seeds_per_second": round(swept.seeds / seconds, 1),
        "calls": swept.calls,
        "jobs": _sorted(swept.jobs),
        "faults": _sorted(swept.faults),
        "hash": swept.hash,
        "broken": [
            {"seed": run.seed, "invariants": run.broken, "hash": run.hash, "trace": run.trace}
            for run in swept.broken
        ],
    }


def _tell(swept: "Sweep", seconds: float) -> None:
    for run in swept.broken[:SHOWN]:
        _tell_run(run)
    show(
        facts(
            {
                "seeds": f"{swept.seeds:,} in {seconds:.1f} s ({swept.seeds / seconds:.0f} a second)",
                "AWS calls": f"{swept.calls:,}",
                "jobs": _listed(swept.jobs),
                "faults": _listed(swept.faults),
                "trace hash": swept.hash,
            }
        )
    )
    say()
    if swept.broken:
        say(f"Broken: {plural(len(swept.broken), 'seed')}: {_numbers(swept.broken)}", style="bold red")
    else:
        say("Every invariant held.")


def _tell_run(run: "Run") -> None:
    for line in run.trace:
        say(line)
    for sentence in run.broken:
        say(sentence, style="bold red")
    say(f"seed {run.seed}, trace hash {run.hash}; again: ./foreman simulate --seed {run.seed}")
    say()


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in _sorted(counts).items()) or "none"


def _numbers(broken: "Sequence[Run]") -> str:
    return ", ".join(str(run.seed) for run in broken)


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
