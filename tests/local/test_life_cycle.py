"""A local stack goes up and down, and what may happen on the way: the real program on the real emulator."""

import csv
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local import emulator, processes, stack, state
from local.aws import Aws
from local.errors import LocalError
from local.home import PROJECT, Home
from local.resources import REGISTRY, Created, Inputs
from local.stack import LocalStack
from tests.e2e.client import Client, wait

pytestmark = pytest.mark.e2e

CALLER = """
import sys
from pathlib import Path
from local import stack
stack.up(home=Path(sys.argv[1]), progress=lambda line: print(line, flush=True))
print("up", flush=True)
sys.stdin.read()
"""


def up(home: Home, told: list[str], *, fresh: bool = False, port: int | None = None) -> LocalStack:
    return stack.up(home=home.root, progress=told.append, fresh=fresh, port=port)


def down(home: Home) -> bool:
    return stack.down(home=home.root, progress=lambda _: None)


def caller(home: Home, until: str) -> subprocess.Popen[str]:
    """Another process that starts the stack, as far as a line of its progress."""
    process = subprocess.Popen(
        [sys.executable, "-c", CALLER, str(home.root)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(until):
            return process
    raise AssertionError(f"the caller ended before it came to {until}")


def finish(process: subprocess.Popen[str]) -> int:
    code = process.wait(60)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
    return code


def kill(running: LocalStack, home: Home) -> None:
    os.kill(running.pid, signal.SIGKILL)
    wait(lambda: stack.current(home=home.root) is None or None, "the emulator to be gone")


def left_over(home: Home) -> list[int]:
    return list(processes.belonging(home))


def customers(count: int) -> bytes:
    """A file of so many customers, alike but for their key and address."""
    with (PROJECT / "sample.csv").open(encoding="utf-8") as file:
        like = next(iter(csv.DictReader(file)))
    out = io.StringIO()
    writer = csv.DictWriter(out, like.keys())
    writer.writeheader()
    for number in range(count):
        key = {"customer_id": f"LIFE-{number:05}", "email": f"life{number}@example.com"}
        writer.writerow({**like, **key})
    return out.getvalue().encode()


def test_a_stack_goes_up_and_down_and_keeps_what_it_has(home: Home, progress: list[str]) -> None:
    made = up(home, progress)
    assert emulator.answers(made.port)
    assert stack.current(home=home.root) == made
    assert {item.type for item in made.resources} <= set(REGISTRY)
    assert made.outputs["graphql_url"].startswith(f"{made.endpoint}/v1/apis/")
    assert home.state_file.stat().st_mode & 0o777 == 0o600
    assert home.log.stat().st_mode & 0o777 == 0o600
    assert up(home, progress) == made  # it runs already

    # a function has worked, so there are workers and a Node process, too
    client = Client(made, home.root)
    assert client.drop("life.csv", customers(2))["state"] == "succeeded"
    assert len(left_over(home)) > 2
    assert down(home)
    assert left_over(home) == []
    assert not emulator.answers(made.port)
    assert stack.current(home=home.root) is None
    assert not down(home)

    again = up(home, progress)
    assert again.port == made.port
    assert again.outputs == made.outputs
    client = Client(again, home.root)
    assert client.customer("LIFE-00001") is not None
    assert client.drop("life-2.csv", customers(3))["counts"]["created"] == 1

    # killed from outside, it comes back as it was when it last went down
    kill(again, home)
    progress.clear()
    back = up(home, progress)
    assert any("what it stored since its start is lost" in line for line in progress)
    client = Client(back, home.root)
    assert client.customer("LIFE-00001") is not None
    assert client.customer("LIFE-00002") is None

    fresh = up(home, progress, fresh=True)
    assert fresh.pid != back.pid
    assert Client(fresh, home.root).customers() == []
    assert down(home)
    assert left_over(home) == []


def test_a_stack_that_was_never_stored_is_created_anew(home: Home, progress: list[str]) -> None:
    first = up(home, progress)
    kill(first, home)
    second = up(home, progress)
    assert "the emulator had not stored this stack; starting afresh" in progress
    assert Client(second, home.root).drop("life.csv", customers(1))["state"] == "succeeded"
    assert down(home)


def test_a_job_that_the_end_interrupts_goes_on_afterwards_even_on_another_port(
    home: Home, progress: list[str]
) -> None:
    first = up(home, progress)
    client = Client(first, home.root)
    version = client.put("incoming/life.csv", customers(4000))
    job = wait(lambda: next(iter(client.data("{ jobs { items { id } } }")["jobs"]["items"]), None), "a job")[
        "id"
    ]
    client.job_in(job, "loading")
    assert down(home)
    assert left_over(home) == []
    second = up(home, progress, port=emulator.choose_port(None, None))
    assert second.port != first.port
    assert f"resuming {job}" in progress
    client = Client(second, home.root)
    ended = client.ended("incoming/life.csv", version)
    assert (ended["state"], ended["counts"]["created"]) == ("succeeded", 4000)
    assert client.drop("life-2.csv", customers(1))["state"] == "succeeded"
    assert down(home)


@pytest.mark.parametrize("until", ["starting the emulator", "30 resources"])
def test_a_caller_that_is_interrupted_leaves_nothing(home: Home, until: str) -> None:
    process = caller(home, until)
    process.send_signal(signal.SIGINT)
    assert finish(process) != 0
    assert left_over(home) == []
    assert state.read(home) is None
    assert not home.has_data()


def test_after_a_caller_that_is_killed_the_next_one_starts_afresh(home: Home, progress: list[str]) -> None:
    process = caller(home, "40 resources")
    process.kill()
    finish(process)
    assert stack.current(home=home.root) is None
    made = up(home, progress)
    assert "the last start did not come to its end; starting afresh" in progress
    assert Client(made, home.root).drop("life.csv", customers(1))["state"] == "succeeded"
    assert down(home)
    assert left_over(home) == []


def test_down_ends_what_a_killed_caller_has_left(home: Home) -> None:
    process = caller(home, "10 resources")
    process.kill()
    finish(process)
    assert down(home)
    assert left_over(home) == []


def test_the_stack_outlives_its_caller(home: Home) -> None:
    process = caller(home, "up")
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does in a terminal, for everything in it
    finish(process)
    time.sleep(0.5)
    running = stack.current(home=home.root)
    assert running is not None
    assert emulator.answers(running.port)
    assert down(home)


def test_a_resource_that_fails_is_named_and_nothing_stays(
    home: Home, progress: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_aws: object, _name: str, _given: Inputs) -> Created:
        raise LocalError("refused", "the emulator does not like it")

    kind = "aws:sqs/queuePolicy:QueuePolicy"
    monkeypatch.setattr("local.provisioner.REGISTRY", {**REGISTRY, kind: refuse})
    with pytest.raises(LocalError, match="-policy could not be created: the emulator does not like it"):
        up(home, progress)
    assert left_over(home) == []
    assert state.read(home) is None
    assert not home.has_data()


def test_an_emulator_that_hangs_is_replaced(
    home: Home, progress: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = up(home, progress)
    monkeypatch.setattr(stack, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(emulator, "STOP_SECONDS", 0.1)
    os.kill(hanging.pid, signal.SIGSTOP)
    made = up(home, progress)
    assert any(line.startswith("the emulator had to be killed") for line in progress)
    assert made.pid != hanging.pid
    assert emulator.answers(made.port)
    monkeypatch.undo()
    assert down(home)


def test_the_functions_roles_decide_what_they_may_do(home: Home, progress: list[str]) -> None:
    made = up(home, progress)
    iam = Aws(made.endpoint, made.region, home.root).client("iam")
    role = next(item.id for item in made.resources if item.name == "orchestration-ingest-role")
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    client = Client(made, home.root)
    version = client.put("incoming/life.csv", customers(1))
    ended = client.ended("incoming/life.csv", version)
    assert ended["state"] == "failed"
    assert down(home)


def test_what_is_running_is_not_another_ones(home: Home, tmp_path: Path, progress: list[str]) -> None:
    made = up(home, progress)
    other = Home(tmp_path / "other")
    assert stack.current(home=other.root) is None
    assert not stack.down(home=other.root, progress=progress.append)
    assert stack.current(home=home.root) == made
    with pytest.raises(LocalError, match="is taken"):
        stack.up(home=other.root, progress=progress.append, port=made.port)
    assert down(home)
