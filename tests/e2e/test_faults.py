"""What is killed on the way, and what must be true afterwards."""

import os
import signal
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.e2e.client import Client, job_id, wait
from tests.e2e.test_files import customers, fates, unique

PROC = Path("/proc")


def workers(client: Client, function: str) -> list[int]:
    """The processes that run a function of this stack."""
    marks = {f"TMPDIR={client.home / 'tmp'}".encode(), f"AWS_LAMBDA_FUNCTION_NAME={function}".encode()}
    found: list[int] = []
    for folder in PROC.glob("[0-9]*"):
        try:
            environment = set((folder / "environ").read_bytes().split(b"\0"))
        except OSError:
            continue
        if marks <= environment:
            found.append(int(folder.name))
    return found


def stored(client: Client, job: str) -> int:
    # the filter comes after the page: one page of a table with many records may hold none of this job
    pages = client.dynamodb.get_paginator("scan").paginate(
        TableName=client.outputs["records_table"],
        FilterExpression="#origin.#job = :job",
        ExpressionAttributeNames={"#origin": "origin", "#job": "job_id"},
        ExpressionAttributeValues={":job": {"S": job}},
        Select="COUNT",
    )
    return sum(page["Count"] for page in pages)


@pytest.mark.parametrize("role", ["load", "mutate"])
def test_workers_killed_in_the_middle_of_a_load_lose_and_double_nothing(client: Client, role: str) -> None:
    mark, key = unique(), f"incoming/killed-{unique()}.csv"
    body = customers(*({"customer_id": f"{mark}-{n}"} for n in range(3000)))
    killed: set[int] = set()
    with client.by_chunks() if role == "mutate" else nullcontext():
        job = job_id(client.outputs["intake_bucket"], key, client.put(key, body))
        wait(lambda: 0 < stored(client, job) < 3000 or None, "the load to be in its middle")
        for function in (f"foreman-local-{role}", "foreman-local-records"):
            for pid in workers(client, function):
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
    assert killed, "nothing was killed: the test would prove nothing"
    ended = client.job_ended(job)
    assert (ended["state"], fates(ended)) == ("succeeded", {"read": 3000, "accepted": 3000, "created": 3000})
    found = client.customers(_job=job)
    assert len({record["customer_id"] for record in found}) == len(found) == 3000
    assert {record["_meta"]["version"] for record in found} == {1}
    assert client.executions(job) == ["SUCCEEDED"]
    assert len(client.notices(job)) == 1


def test_a_step_that_stays_broken_ends_as_a_recorded_failure_with_a_notice(client: Client) -> None:
    customer = unique()
    with client.environment("prepare", CHUNK_ROWS=""):
        job = client.drop(f"{unique()}.csv", customers({"customer_id": customer}))
    assert (job["state"], job["reason"]["code"]) == ("failed", "internal")
    assert "Nothing was stored" in job["reason"]["message"]
    assert client.customer(customer) is None
    assert client.executions(job["id"]) == ["FAILED"]
    assert client.told(job["id"])[0]["reason"] == "internal"
