"""Many seeds of the real code hold every invariant; a seed is a run that can be had again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from components._state_machine import TIMEOUT_S
from handlers import _clients
from simulation import wire
from simulation.faults import CALL_FAULTS, HAPPENINGS
from simulation.run import Sweep, run, sweep
from simulation.stage import handler_of, staged

ROOT = Path(__file__).parents[2]
SEEDS = 500


@pytest.fixture(scope="module")
def swept() -> Sweep:
    return sweep(range(SEEDS))


def test_no_seed_breaks_an_invariant(swept: Sweep) -> None:
    assert [(broken.seed, broken.broken) for broken in swept.broken] == []


def test_every_fault_happens_and_jobs_come_to_every_end(swept: Sweep) -> None:
    assert set(swept.faults) == {*CALL_FAULTS, *HAPPENINGS}
    assert set(swept.jobs) >= {
        "succeeded",
        "partially_succeeded",
        "failed",
        "cancelled",
        "planned",
        "undone",
        "needs_review",
    }


def test_a_seed_is_the_same_run_whatever_ran_before() -> None:
    with staged() as stage:
        first = run(stage, 7)
        others = [run(stage, seed) for seed in (8, 9)]
        assert run(stage, 7) == first
    assert first.hash not in {other.hash for other in others}


def test_a_seed_is_the_same_run_in_another_process() -> None:
    command = [sys.executable, "-m", "cli.main", "simulate", "--seed", "7", "--seeds", "3", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(done.stdout)["hash"] == sweep(range(7, 10)).hash


def test_without_faults_nothing_fails() -> None:
    quiet: list[int] = []
    with staged() as stage:
        for seed in range(60):
            done = run(stage, seed)
            if not done.faults:
                quiet.append(seed)
                # a step that finds its job cancelled is tried again, and stops
                failed = [line for line in done.trace if "fails:" in line and "fails: Conflict" not in line]
                assert failed == []
                assert "no end" not in " ".join(done.broken)
    assert quiet


def test_the_sdk_retries_as_the_handlers_have_it_do() -> None:
    assert _clients.CONFIG.retries == {"mode": "standard", "total_max_attempts": wire.ATTEMPTS}  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    assert all(callable(handler_of(role)) for role in TIMEOUT_S)
