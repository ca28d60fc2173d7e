"""What is killed on the way, and what must be true afterwards."""

import os
import signal
from pathlib import Path

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


def test_workers_killed_in_the_middle_of_a_load_lose_and_double_nothing(client: Client) -> None:
    mark, key = unique(), f"incoming/killed-{unique()}.csv"
    version = client.put(key, customers(*({"customer_id": f"{mark}-{n}"} for n in range(3000))))
    job = job_id(client.outputs["intake_bucket"], key, version)
    killed: set[int] = set()

    def some_are_stored() -> bool | None:
        return 0 < stored(client, job) < 3000 or None

    wait(some_are_stored, "the load to be in its middle")
    for function in ("foreman-local-mutate", "foreman-local-records"):
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
    function = "foreman-local-validate"
    lambdas = client.functions
    found = lambdas.get_function_configuration(FunctionName=function)["Environment"]
    before = found.get("Variables", {})
    broken = {name: value for name, value in before.items() if name != "CHUNK_ROWS"}
    lambdas.update_function_configuration(FunctionName=function, Environment={"Variables": broken})
    try:
        customer = unique()
        job = client.drop(f"{unique()}.csv", customers({"customer_id": customer}))
    finally:
        lambdas.update_function_configuration(FunctionName=function, Environment={"Variables": before})
    assert (job["state"], job["reason"]["code"]) == ("failed", "internal")
    assert "Nothing was stored" in job["reason"]["message"]
    assert client.customer(customer) is None
    assert client.executions(job["id"]) == ["FAILED"]
    assert client.told(job["id"])[0]["reason"] == "internal"
