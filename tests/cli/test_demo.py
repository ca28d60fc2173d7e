"""`foreman demo`: from a dropped file to records that are read back."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import _follow
from cli.commands import demo as demo_module
from foreman_core.identity import job_id
from local import stack as local_stack
from local.errors import LocalError
from local.stack import LocalStack
from tests.cli.conftest import API_KEY, EARLIER, Foreman, Stack, duplicate, job

DROPPED = job_id(bucket="intake", key="incoming/sample.csv", version_id="v1")


def record(number: int, job: str = DROPPED) -> dict[str, Any]:
    return {
        "customer_id": f"C-{number}",
        "first_name": "Ada",
        "last_name": "Test",
        "email": f"ada{number}@example.com",
        "_meta": {"version": 1, "row": number, "line": number + 1, "job_id": job},
    }


class Life:
    """The local stack's life without an emulator."""

    def __init__(self, server: Stack) -> None:
        self.server = server
        self.running: LocalStack | None = None
        self.calls: list[str] = []

    def current(self) -> LocalStack | None:
        return self.running

    def up(self, *, port: int | None, progress: Callable[[str], None]) -> LocalStack:
        self.calls.append("up" if port is None else f"up {port}")
        progress("starting the emulator")
        self.running = self.server.running()
        return self.running

    def down(self, *, progress: Callable[[str], None]) -> bool:
        self.calls.append("down")
        progress("stopping the emulator")
        ran, self.running = self.running is not None, None
        return ran


@pytest.fixture
def life(server: Stack, monkeypatch: pytest.MonkeyPatch) -> Life:
    life = Life(server)
    for name in ("current", "up", "down"):
        monkeypatch.setattr(local_stack, name, getattr(life, name))
    monkeypatch.setattr(_follow, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(demo_module, "LOOK_SECONDS", 0.01)
    server.jobs = [None, job(DROPPED, counts={"read": 2, "created": 2})]
    server.records = {DROPPED: [record(2), record(1)]}
    return life


def test_the_demo_starts_the_stack_loads_the_sample_and_reads_it_back(foreman: Foreman, life: Life) -> None:
    done = foreman("demo", "--once")
    assert done.code == 0
    assert life.calls == ["up", "down"]
    assert list(life.server.objects) == ["intake/incoming/sample.csv"]
    assert "2 read = 2 created" in done.out
    rows = [line.split() for line in done.out.splitlines() if "@example.com" in line]
    assert rows == [
        ["C-1", "Ada", "Test", "ada1@example.com", "1", "2"],
        ["C-2", "Ada", "Test", "ada2@example.com", "1", "3"],
    ]
    assert "./foreman up " in done.out
    assert API_KEY not in done.out + done.err


def test_as_json_it_is_one_document(foreman: Foreman, life: Life) -> None:
    done = foreman("demo", "--once", "--json", "--port", "4599")
    document = done.document
    assert {"job", "rows", "records", "stack", "seconds"} <= set(document)
    assert document["rows"]["created"] == 2
    assert [found["customer_id"] for found in document["records"]] == ["C-1", "C-2"]
    assert document["stack"]["endpoint"] == life.server.endpoint
    assert API_KEY not in done.out
    assert life.calls == ["up 4599", "down"]


def test_a_stack_that_ran_before_stays_up(foreman: Foreman, life: Life) -> None:
    life.running = life.server.running()
    for arguments in (["--once"], []):
        life.server.jobs = [job(DROPPED)]
        assert foreman("demo", *arguments).code == 0
    assert life.calls == []


def test_a_duplicate_says_so_and_shows_the_records_of_the_earlier_job(foreman: Foreman, life: Life) -> None:
    life.server.jobs = [duplicate()]
    life.server.records = {EARLIER: [record(1, EARLIER)]}
    done = foreman("demo", "--once")
    assert done.code == 0
    assert "duplicate file, nothing to do" in done.out
    assert f"1 record that {EARLIER} wrote" in done.out
    assert "C-1" in done.out


def test_rejected_rows_are_shown_with_their_reasons(foreman: Foreman, life: Life) -> None:
    life.server.jobs = [job(DROPPED, "partially_succeeded", counts={"read": 3, "created": 2, "rejected": 1})]
    life.server.objects[f"intake/jobs/{DROPPED}/issues.csv"] = (
        b"row,line,field,column,code,severity,message,value\r\n"
        b"3,4,email,E-Mail,format,error,is no address,nobody\r\n"
    )
    done = foreman("demo", "--once")
    assert done.code == 1
    (issue,) = [line.split() for line in done.out.splitlines() if "is no address" in line]
    assert issue[:4] == ["3", "4", "email", "format"]


def test_a_file_that_cannot_be_used_ends_with_2_and_nothing_to_read_back(
    foreman: Foreman, life: Life
) -> None:
    life.server.jobs = [job(DROPPED, "failed", reason={"code": "no-header", "message": "No header."})]
    life.server.records = {DROPPED: []}
    done = foreman("demo", "--once")
    assert done.code == 2
    assert "no record was written by this job" in done.out
    assert life.calls == ["up", "down"]


def test_another_file_can_be_named(foreman: Foreman, life: Life, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_bytes(b"x")
    foreman("demo", str(tmp_path / "other.csv"), "--once")
    assert life.server.objects == {"intake/incoming/other.csv": b"x"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_stack_stays_up_until_it_is_told_to_stop(
    foreman: Foreman, life: Life, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    looks: list[None] = []

    def current() -> LocalStack | None:
        looks.append(None)
        if len(looks) == 5:
            os.kill(os.getpid(), number)
        return life.running

    monkeypatch.setattr(local_stack, "current", current)
    done = foreman("demo")
    assert done.code == 0
    assert life.calls == ["up", "down"]
    assert "until Ctrl-C" in done.err


@pytest.mark.usefixtures("life")
def test_a_stack_that_ends_by_itself_is_a_failure(foreman: Foreman, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_stack, "current", lambda: None)
    done = foreman("demo")
    assert (done.code, done.err.splitlines()[-1].partition(":")[0]) == (3, "error (stack-down)")


def test_when_the_stack_cannot_start_nobody_elses_is_stopped(
    foreman: Foreman, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    def up(**_: object) -> LocalStack:
        raise LocalError("port-taken", "Port 4566 is taken.")

    monkeypatch.setattr(local_stack, "up", up)
    done = foreman("demo", "--once", "--json")
    assert (done.code, done.document["error"]["code"]) == (3, "port-taken")
    assert life.calls == []


def test_more_records_than_are_shown_are_said_to_be_there(foreman: Foreman, life: Life) -> None:
    life.server.records = {DROPPED: [record(number) for number in range(60)]}
    done = foreman("demo", "--once")
    assert "the first 50 records" in done.out
