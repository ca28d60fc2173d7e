"""A local stack goes up and down, and what may happen on the way: the real program on the real emulator."""

import csv
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator

import attrs
import orjson
import pytest

from local import emulator, processes, stack, state
from local.aws import Aws
from local.errors import LocalError
from local.home import PROJECT, Home
from local.resources import REGISTRY, Created, Inputs
from local.stack import LocalStack
from tests.e2e.client import Client, wait

pytestmark = pytest.mark.e2e

OF_A_WHILE = 30_000
"""Rows of a job that is still at work when its stack has gone down, on a fast machine, too."""

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


def caller(home: Home, until: str, told: list[str] | None = None) -> subprocess.Popen[str]:
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
        if told is not None:
            told.append(line.rstrip())
        if line.startswith(until):
            return process
    finish(process)
    raise AssertionError(f"the caller ended before it came to {until}")


def finish(process: subprocess.Popen[str]) -> int:
    code = process.wait(60)
    process.communicate()
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


@attrs.frozen
class Shared:
    """A stack that several tests use, each of which leaves one that runs."""

    home: Home
    told: list[str]
    """What the command said that started it."""

    @property
    def stack(self) -> LocalStack:
        running = stack.current(home=self.home.root)
        assert running is not None
        return running

    def client(self) -> Client:
        return Client(self.stack, self.home.root)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Generator[Shared]:
    """A stack that was started by another process, right after a start that was killed half-way."""
    home = Home(tmp_path_factory.mktemp("shared") / "home")
    told: list[str] = []
    try:
        killed = caller(home, "40 resources")
        killed.kill()
        finish(killed)
        assert stack.current(home=home.root) is None
        starter = caller(home, "up", told)
        os.killpg(starter.pid, signal.SIGINT)  # as Ctrl-C does in a terminal, for everything in it
        finish(starter)
        yield Shared(home, told)
        assert down(home)
        assert left_over(home) == []
    finally:
        emulator.clear(home)


def test_a_stack_goes_up_and_down_and_keeps_what_it_has(home: Home, progress: list[str]) -> None:
    made = up(home, progress)
    assert emulator.answers(made.port)
    assert stack.current(home=home.root) == made
    assert {item.type for item in made.resources} <= set(REGISTRY)
    assert made.outputs["graphql_url"].startswith(f"{made.endpoint}/v1/apis/")
    assert home.state_file.stat().st_mode & 0o777 == 0o600
    assert home.log.stat().st_mode & 0o777 == 0o600
    assert up(home, progress) == made  # it runs already

    # it goes down in the midst of a job; functions have worked, so there are workers and a Node process, too
    client = Client(made, home.root)
    version = client.put("incoming/life.csv", customers(OF_A_WHILE))
    job = wait(lambda: next(iter(client.data("{ jobs { items { id } } }")["jobs"]["items"]), None), "a job")[
        "id"
    ]
    client.job_in(job, "loading")
    assert len(left_over(home)) > 2
    assert down(home)
    assert left_over(home) == []
    assert not emulator.answers(made.port)
    assert stack.current(home=home.root) is None
    assert not down(home)

    # the job goes on afterwards, even on another port
    again = up(home, progress, port=emulator.choose_port(None, None))
    assert again.port != made.port
    assert f"resuming {job}" in progress
    client = Client(again, home.root)
    ended = client.ended("incoming/life.csv", version)
    assert (ended["state"], ended["counts"]["created"]) == ("succeeded", OF_A_WHILE)
    assert client.drop("life-2.csv", customers(1))["counts"]["unchanged"] == 1
    assert down(home)

    # it comes back where it was
    back = up(home, progress)
    assert (back.port, back.outputs) == (again.port, again.outputs)

    # killed from outside, it comes back as it was when it last went down
    client = Client(back, home.root)
    key = {"pk": {"S": "customer#LIFE-00001"}}
    client.dynamodb.delete_item(TableName=back.outputs["records_table"], Key=key)
    assert client.customer("LIFE-00001") is None
    kill(back, home)
    progress.clear()
    last = up(home, progress)
    assert any("what it stored since its start is lost" in line for line in progress)
    assert Client(last, home.root).customer("LIFE-00001") is not None

    fresh = up(home, progress, fresh=True)
    assert fresh.pid != last.pid
    assert Client(fresh, home.root).customers() == []
    assert down(home)
    assert left_over(home) == []


@pytest.mark.parametrize("until", ["starting the emulator", "30 resources"])
def test_a_caller_that_is_interrupted_leaves_nothing(home: Home, until: str) -> None:
    process = caller(home, until)
    process.send_signal(signal.SIGINT)
    assert finish(process) != 0
    assert left_over(home) == []
    assert state.read(home) is None
    assert not home.has_data()


def test_down_ends_what_a_killed_caller_has_left(home: Home) -> None:
    process = caller(home, "10 resources")
    process.kill()
    finish(process)
    assert down(home)
    assert left_over(home) == []


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


def test_after_a_caller_that_is_killed_the_next_one_starts_afresh(shared: Shared) -> None:
    assert "the last start did not come to its end; starting afresh" in shared.told
    assert shared.client().customers() == []


def test_the_stack_outlives_its_caller(shared: Shared) -> None:
    time.sleep(0.5)
    assert emulator.answers(shared.stack.port)


def test_an_emulator_that_hangs_is_replaced_and_what_was_never_stored_is_created_anew(
    shared: Shared, progress: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = shared.stack
    monkeypatch.setattr(stack, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(emulator, "STOP_SECONDS", 0.1)
    os.kill(hanging.pid, signal.SIGSTOP)
    made = up(shared.home, progress)
    assert any(line.startswith("the emulator had to be killed") for line in progress)
    assert "the emulator had not stored this stack; starting afresh" in progress
    assert made.pid != hanging.pid
    assert shared.client().customers() == []


def test_the_functions_roles_decide_what_they_may_do(shared: Shared) -> None:
    made = shared.stack
    iam = Aws(made.endpoint, made.region, shared.home.root).client("iam")
    role = next(item.id for item in made.resources if item.name == "orchestration-ingest-role")
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=name)
    assert shared.client().drop("life.csv", customers(1))["state"] == "failed"
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=orjson.dumps(document).decode())


def test_what_is_running_is_not_another_ones(shared: Shared, home: Home, progress: list[str]) -> None:
    made = shared.stack
    assert stack.current(home=home.root) is None
    assert not stack.down(home=home.root, progress=progress.append)
    assert shared.stack == made
    with pytest.raises(LocalError, match="is taken"):
        stack.up(home=home.root, progress=progress.append, port=made.port)
