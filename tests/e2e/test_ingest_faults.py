"""What can happen while a file is read, with the real handlers and clients on the emulator: whole or not at
all.

The numbers are those of the table in docs/lost-events.md. F08, a start that is not heard of, is among the
writes of `test_lost_answers`.
"""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from foreman_core.items import from_item
from handlers import fail, imports, ingest, load, prepare, validate
from tests.e2e import _faulty
from tests.e2e.client import Client
from tests.e2e.test_files import customers, unique

ROOT = Path(__file__).parents[2]
CONTEXT: Any = _faulty.CONTEXT
IN_TIME: Any = SimpleNamespace(aws_request_id="here", get_remaining_time_in_millis=lambda: 600_000)
OUT_OF_TIME: Any = SimpleNamespace(aws_request_id="here", get_remaining_time_in_millis=lambda: 0)


def submit(client: Client, rows: int = 5) -> dict[str, Any]:
    """A job that nothing works on, as the steps are given it."""
    mark = unique()
    body = customers(*({"customer_id": f"{mark}-{number}"} for number in range(rows)))
    key = f"submitted/{mark}/file.csv"
    start = {"key": key, "version_id": client.put(key, body), "name": "file.csv", "mode": "load"}
    answer = imports.handler({"field": "startImport", "arguments": {"input": start}}, CONTEXT)
    return {"job_id": answer["data"]["id"], "attempt": 1}


def job_of(client: Client, at: dict[str, Any]) -> dict[str, Any]:
    key = {"pk": {"S": f"JOB#{at['job_id']}"}, "sk": {"S": "JOB"}}
    found = client.dynamodb.get_item(TableName=client.outputs["ledger_table"], Key=key)
    return from_item(found.get("Item", {}))


@contextmanager
def failing_as(name: str) -> Generator[None]:
    """What the state machine is told of a failure: its name."""
    with pytest.raises(Exception, match="The function's log has the reason") as told:
        yield
    assert type(told.value).__name__ == name


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("times", [1, 4, 5, 9])
def test_f09_a_read_that_is_refused_is_made_again_and_leaves_nothing_half_done(
    client: Client, session: _faulty.Session, status: int, times: int
) -> None:
    at = submit(client)
    session.reads = [_faulty.unavailable(status)] * times
    tries = 0
    while session.reads:
        tries += 1
        try:
            ingest.handler(at, CONTEXT)
        except Exception:  # noqa: BLE001 - the state machine tries again whatever it was
            assert job_of(client, at)["state"] == "received"
    assert tries == 1 + (times - 1) // 5
    ingest.handler(at, CONTEXT)
    assert job_of(client, at)["state"] == "validating"


@pytest.mark.parametrize("kept", [0, 1, 0.5, -1])
@pytest.mark.parametrize("step", ["ingest", "validate"])
def test_f10_a_body_that_breaks_off_is_noticed_and_read_again(
    client: Client, session: _faulty.Session, step: str, kept: float
) -> None:
    def cut(body: bytes) -> bytes:
        return body[: int(len(body) * kept) if kept == 0.5 else int(kept)]

    at = submit(client)
    if step == "validate":
        ingest.handler(at, CONTEXT)
    handler = ingest.handler if step == "ingest" else validate.handler
    session.reads = [_faulty.altered(cut)]
    with failing_as("ResponseStreamingError"):
        handler(at, CONTEXT)
    assert job_of(client, at)["state"] == ("received" if step == "ingest" else "validating")
    assert not job_of(client, at)["validated"]
    assert handler(at, CONTEXT)["next"] == "map"


@pytest.mark.parametrize("place", [0, 40, -2])
@pytest.mark.parametrize(("checked", "error"), [(True, "FlexibleChecksumError"), (False, "Corrupted")])
def test_f11_a_flipped_bit_is_noticed_and_a_damaged_file_ends_with_a_code(
    client: Client, session: _faulty.Session, place: int, error: str, *, checked: bool
) -> None:
    def flip(body: bytes) -> bytes:
        changed = bytearray(body)
        changed[place] ^= 0x80
        return bytes(changed)

    at = submit(client)
    ingest.handler(at, CONTEXT)
    session.reads = [_faulty.altered(flip, checked=checked)]
    with failing_as(error):
        validate.handler(at, CONTEXT)
    assert not job_of(client, at)["validated"]
    assert validate.handler(at, CONTEXT)["next"] == "map"

    other = submit(client)
    ingest.handler(other, CONTEXT)
    session.reads = [_faulty.altered(flip, checked=checked)]
    with failing_as(error):
        validate.handler(other, CONTEXT)
    fail.handler({**other, "error": {"Error": error}}, CONTEXT)
    job = job_of(client, other)
    assert (job["state"], job["reason"]["code"]) == ("failed", "corrupted")
    assert job["counts"]["created"] == 0


@pytest.fixture
def in_one(monkeypatch: pytest.MonkeyPatch, session: _faulty.Session) -> _faulty.Session:
    """Files are small enough for one function."""
    monkeypatch.setenv("FUNCTION_CHUNKS", "20")
    return session


def test_f12_a_function_that_is_killed_at_any_call_is_followed_by_one_that_does_the_rest(
    client: Client, in_one: _faulty.Session
) -> None:
    def whole(dies_at: int | None = None) -> dict[str, Any]:
        at = submit(client)
        in_one.calls, in_one.dies_at = 0, dies_at
        for step in (ingest.handler, prepare.handler, load.handler):
            for _ in range(2):
                try:
                    step(at, IN_TIME)
                except _faulty.Killed:
                    in_one.dies_at = None
                    continue
                break
        return job_of(client, at)

    expected = {"read": 5, "accepted": 5, "created": 5}
    whole()
    calls = in_one.calls
    assert calls > 20
    for number in range(1, calls + 1):
        job = whole(number)
        assert {name: count for name, count in job["counts"].items() if count} == expected, number
        assert job["state"] == "succeeded", number


def test_f13_a_function_without_time_begins_nothing_and_keeps_nothing_from_the_next(
    client: Client, in_one: _faulty.Session
) -> None:
    at = submit(client)
    ingest.handler(at, IN_TIME)
    with failing_as("Paused"):
        prepare.handler(at, OUT_OF_TIME)
    assert "plan_id" not in job_of(client, at)
    assert prepare.handler(at, IN_TIME)["next"] == "function"
    with failing_as("Paused"):
        load.handler(at, OUT_OF_TIME)
    assert job_of(client, at)["state"] == "loading"
    assert load.handler(at, IN_TIME)["state"] == "succeeded"
    assert in_one.calls


SHORT_OF = {
    "disk": (
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000,) * 2); "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)"
    ),
    "memory": (
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize(); "
        "resource.setrlimit(resource.RLIMIT_AS, (used + 4_000_000,) * 2)"
    ),
}
STEP = """
import resource, signal, sys
from types import SimpleNamespace
import foreman_core.storage
from handlers import validate
foreman_core.storage.IN_MEMORY = 1
{limit}
validate.handler({at!r}, SimpleNamespace(aws_request_id="here"))
"""


@pytest.mark.parametrize("what", sorted(SHORT_OF))
def test_f14_a_function_that_runs_out_of_memory_or_disk_leaves_nothing_behind(
    client: Client, session: _faulty.Session, what: str
) -> None:
    at = submit(client, rows=4000)
    ingest.handler(at, CONTEXT)
    code = STEP.format(limit=SHORT_OF[what], at=at)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0, done.stderr
    job = job_of(client, at)
    assert (job["state"], job["validated"]) == ("validating", False)
    files = client.s3.list_objects_v2(Bucket=client.outputs["intake_bucket"], Prefix=f"jobs/{at['job_id']}/")
    assert not any("/chunks/" in each.get("Key", "") for each in files.get("Contents", []))
    assert validate.handler(at, CONTEXT)["next"] == "map"
    assert session.calls
