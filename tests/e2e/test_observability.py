"""What a load leaves in the logs: its id at every hop, its rows as metrics once, no value of a row."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from cli._logs import Asked, read
from cli._target import of_local
from tests.e2e.client import Client, wait
from tests.e2e.test_files import customers, unique

HOPS = {"intake", "ingest", "validate", "plan", "seal", "mutate", "records", "reconcile", "notify"}


def lines(client: Client, job: str | None = None) -> list[dict[str, Any]]:
    since = datetime.now(UTC) - timedelta(minutes=10)
    return list(read(of_local(client.stack), Asked(since=since, job=job)))


def test_a_loads_id_is_in_the_lines_of_every_function_that_had_to_do_with_it(client: Client) -> None:
    with client.by_chunks():
        job = client.drop(f"{unique()}.csv", customers({"customer_id": unique()}))["id"]

    def all_have_spoken() -> list[dict[str, Any]] | None:
        found = lines(client, job)
        return found if {line["function"] for line in found} >= HOPS else None

    found = wait(all_have_spoken, "every function to say what it did")
    moves = [(line["was"], line["state"]) for line in found if line["event"] == "job_moved"]
    assert moves == [
        ("received", "validating"),
        ("validating", "planned"),
        ("planned", "loading"),
        ("loading", "succeeded"),
    ]


def test_what_the_worker_says_of_a_job_is_found_by_the_jobs_id(client: Client) -> None:
    """Its log is that of a container, which a process stands for here."""
    job = f"job-{uuid.uuid4().hex[:26]}"
    work = {"job_id": job, "attempt": 1, "phase": "load", "token": "nobody-waits"}
    client.sqs.send_message(QueueUrl=client.outputs["work_queue_url"], MessageBody=json.dumps(work))
    (line,) = wait(lambda: lines(client, job) or None, "the worker to leave what nobody waits for")
    assert (line["function"], line["event"], line["phase"]) == ("worker", "work_superseded", "load")


def test_a_job_and_its_rows_are_counted_once_although_its_event_comes_again(client: Client) -> None:
    key, mark = f"incoming/{unique()}.csv", unique()
    version = client.put(key, customers({"customer_id": mark}, {"customer_id": f"{mark}-2", "email": "none"}))
    job = client.ended(key, version)["id"]
    client.announce(key, version, times=3)

    def heard_again() -> list[dict[str, Any]] | None:
        found = lines(client, job)
        return found if sum(line["event"] == "file_received" for line in found) >= 4 else None

    found = wait(heard_again, "the event to be handled again")
    assert sum(line.get("JobsCreated", 0) for line in found) == 1
    (end,) = [line for line in found if "JobsEnded" in line]
    assert (end["stack"], end["record_type"], end["state"]) == ("local", "customer", "partially_succeeded")
    assert (end["RowsRead"], end["RowsCreated"], end["RowsRejected"]) == (2, 1, 1)
    assert end["issues"] == {"format": 1}
    assert end["ReadableSeconds"] > 0


def test_no_line_holds_what_a_row_or_a_files_name_holds(client: Client) -> None:
    canary = f"canary-{unique()}"
    row = {"customer_id": canary, "first_name": canary, "email": f"{canary}@example.org"}
    broken = {"customer_id": f"{canary}-2", "email": f"{canary} is no address"}
    client.drop(f"{canary}.csv", customers(row, broken))
    found = lines(client)
    assert found
    assert not [line for line in found if canary in str(line)]
