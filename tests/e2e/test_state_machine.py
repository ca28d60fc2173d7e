"""The ways of a job through the deployed state machine: by size, past the gate, and out of it again."""

import gzip
from collections.abc import Generator
from typing import Any

import pytest

from tests.e2e.client import Client, job_id, wait
from tests.e2e.test_files import customers, fates, unique

ROWS = 1203
APPROVAL = "query($id: ID!) { job(id: $id) { state awaits_approval } }"
STEER = "mutation($id: ID!) {{ {}(id: $id) {{ id state }} }}"


def many(count: int = ROWS) -> bytes:
    mark = unique()
    return customers(*({"customer_id": f"{mark}-{n}"} for n in range(count)))


def test_a_small_file_is_the_work_of_two_functions(client: Client) -> None:
    job = client.drop(f"small-{unique()}.csv", many())
    assert fates(job)["created"] == ROWS
    passed = client.states_of(job["id"])
    assert passed == [
        *("Route", "Ingest", "IsIngested", "PrepareInFunction", "IsPrepared", "Gate"),
        *("LoadInFunction", "Notify", "Done"),
    ]


def test_a_larger_file_is_spread_over_its_chunks(client: Client) -> None:
    with client.by_chunks():
        job = client.drop(f"chunks-{unique()}.csv", many())
    assert fates(job)["created"] == ROWS
    passed = client.states_of(job["id"])
    assert {"Validate", "PlanChunks", "Seal", "MutateChunks", "Reconcile"} <= set(passed)
    assert "PrepareInFunction" not in passed


def test_a_small_file_that_unpacks_to_many_rows_is_spread_as_well(client: Client) -> None:
    job = client.drop(f"packed-{unique()}.csv.gz", gzip.compress(many(10_600)))
    assert fates(job)["created"] == 10_600
    passed = client.states_of(job["id"])
    assert ("PrepareInFunction" in passed, "Validate" in passed) == (True, False)
    assert {"PlanChunks", "MutateChunks"} <= set(passed)


def test_chunks_that_fail_are_accounted_for_and_only_those_are_tried_again(client: Client) -> None:
    name = f"broken-{unique()}.csv"
    with client.by_chunks(), client.environment("mutate", GRAPHQL_URL=""):
        job = client.drop(name, many())
    assert (job["state"], job["reason"]["code"]) == ("failed", "load-incomplete")
    assert f"{ROWS:,} of {ROWS:,} accepted rows" in job["reason"]["message"]
    client.data(STEER.format("retryJob"), id=job["id"])
    assert fates(client.job_in(job["id"], "succeeded"))["created"] == ROWS


@pytest.fixture
def gated(client: Client) -> Generator[None]:
    """Dropped files need an approval for a while."""
    with client.environment("prepare", APPROVAL="dropped"), client.environment("seal", APPROVAL="dropped"):
        yield


@pytest.fixture
def waiting(client: Client, gated: None) -> str:  # noqa: ARG001 - it is what makes it wait
    """A dropped file whose execution waits for an approval; its job's id."""
    key = f"incoming/waiting-{unique()}.csv"
    job = job_id(client.outputs["intake_bucket"], key, client.put(key, many(3)))
    wait(lambda: _waits(client, job), f"{job} to wait")
    client.notices(job)
    return job


def _waits(client: Client, job: str) -> bool | None:
    seen: dict[str, Any] | None = client.data(APPROVAL, id=job)["job"]
    return (seen is not None and seen["state"] == "planned" and seen["awaits_approval"]) or None


def test_a_plan_waits_until_somebody_approves_it(client: Client, waiting: str) -> None:
    assert client.customers(_job=waiting) == []
    assert client.told(waiting)[0]["state"] == "planned"
    client.data(STEER.format("approvePlan"), id=waiting)
    done = client.job_ended(waiting)
    assert (done["state"], fates(done)["created"]) == ("succeeded", 3)
    assert client.executions(waiting) == ["SUCCEEDED"]
    assert client.states_of(waiting).count("AwaitApproval") == 1


def test_a_plan_that_is_turned_down_loads_nothing_and_ends(client: Client, waiting: str) -> None:
    client.data(STEER.format("cancelJob"), id=waiting)
    assert client.executions(waiting) == ["SUCCEEDED"]
    done = client.job_ended(waiting)
    assert (done["state"], client.customers(_job=waiting)) == ("cancelled", [])
    assert len(client.notices(waiting, 2)) == 2


def test_an_execution_that_was_aborted_while_it_waited_waits_again(client: Client, waiting: str) -> None:
    arn = client.outputs["state_machine_arn"].replace(":stateMachine:", ":execution:")
    client.states.stop_execution(executionArn=f"{arn}:{waiting}")
    client.functions.invoke(FunctionName="foreman-local-sweep", Payload=b'{"lease_s": 0}')
    wait(lambda: _runs(client, f"{arn}:{waiting}-2"), "another attempt to wait")
    client.data(STEER.format("approvePlan"), id=waiting)
    assert fates(client.job_in(waiting, "succeeded"))["created"] == 3


def _runs(client: Client, arn: str) -> bool | None:
    machine = client.outputs["state_machine_arn"]
    found = client.states.list_executions(stateMachineArn=machine, maxResults=1000)["executions"]
    return any(each["executionArn"] == arn for each in found) or None
