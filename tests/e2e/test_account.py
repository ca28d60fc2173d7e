"""Jobs that are stopped, broken, abandoned and corrected; and what can be proved of them afterwards."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli._receipt import verify
from foreman_core.audit import broken_at
from foreman_core.errors import Refused
from tests.e2e.client import JOB, Client, job_id, wait
from tests.e2e.test_faults import stored
from tests.e2e.test_files import customers, fates, unique

STEER = "mutation($id: ID!) {{ {0}(id: $id) {{ {1} }} }}"
AUDIT = "query($id: ID!) { job(id: $id) { state audits audit_head } jobAudit(id: $id) }"


def steer(client: Client, what: str, job: str) -> dict[str, Any]:
    return client.data(STEER.format(what, JOB), id=job)[what]


def sweep(client: Client) -> dict[str, Any]:
    """Let the sweeper look at all jobs, also at those that have just changed."""
    answer = client.functions.invoke(FunctionName="foreman-local-sweep", Payload=b'{"lease_s": 0}')
    return json.loads(answer["Payload"].read())


def trail(client: Client, job: str) -> list[dict[str, Any]]:
    """The audit trail of a job, which must hold."""
    answer = client.data(AUDIT, id=job)
    seen, texts = answer["job"], answer["jobAudit"]
    fault = broken_at(job, texts, audits=seen["audits"], head=seen["audit_head"], state=seen["state"])
    assert fault is None, fault
    return [json.loads(text) for text in texts]


def rows_of(rejects: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(rejects.decode("utf-8-sig"))))


def as_csv(columns: list[str], rows: list[Mapping[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def receipt(client: Client, job: str, folder: Path) -> Path:
    path = folder / "receipt.jsonl"
    signed = json.loads(client.file(f"jobs/{job}/receipt.json"))
    fates_of_lines = client.file(f"jobs/{job}/receipt-dispositions.jsonl")
    path.write_bytes(json.dumps(signed).encode() + b"\n" + fates_of_lines)
    return path


def test_a_load_that_is_cancelled_stops_and_can_be_gone_on_with_or_undone(client: Client) -> None:
    mark, key = unique(), f"incoming/cancelled-{unique()}.csv"
    version = client.put(key, customers(*({"customer_id": f"{mark}-{n}"} for n in range(6000))))
    job = job_id(client.outputs["intake_bucket"], key, version)
    wait(lambda: stored(client, job) > 0 or None, "the load to be in its middle")
    assert steer(client, "cancelJob", job)["state"] == "loading"
    cancelled = client.job_ended(job)
    counts = fates(cancelled)
    assert (cancelled["state"], cancelled["reason"]["code"]) == ("cancelled", "cancelled")
    assert counts["created"] + counts["pending"] == counts["read"] == 6000
    assert 0 < counts["created"] == len(client.customers(_job=job)) < 6000
    assert steer(client, "cancelJob", job)["state"] == "cancelled"

    assert steer(client, "retryJob", job)["state"] == "planned"
    done = client.job_in(job, "succeeded")
    assert fates(done) == {"read": 6000, "accepted": 6000, "created": 6000}
    assert {record["_meta"]["version"] for record in client.customers(_job=job)} == {1}
    client.executions(job)
    doors = [(event["what"], event["door"]) for event in trail(client, job)]
    assert ("cancel requested", "api") in doors
    assert len(client.notices(job, 2)) == 2


def test_a_planned_job_that_is_cancelled_says_so_in_its_notice(client: Client) -> None:
    from tests.e2e.test_api import start  # noqa: PLC0415

    planned = start(client, customers({"customer_id": unique()}), "plan")["id"]
    client.job_in(planned, "planned")
    client.executions(planned)
    assert steer(client, "cancelJob", planned)["state"] == "cancelled"
    assert client.told(planned, 2)[1]["state"] == "cancelled"
    assert client.data(STEER.format("retryJob", JOB), id=planned)["retryJob"]["state"] == "planned"


def test_a_job_whose_step_was_broken_goes_on_from_there_when_it_is_retried(client: Client) -> None:
    customer = unique()
    with client.environment("load", RECEIPT_KEY=f"alias/{unique()}"):
        job = client.drop(f"{unique()}.csv", customers({"customer_id": customer}))
    assert (job["state"], job["reason"]["code"]) == ("failed", "internal")
    assert client.executions(job["id"]) == ["FAILED"]
    assert steer(client, "retryJob", job["id"])["id"] == job["id"]
    done = client.job_in(job["id"], "succeeded")
    assert (fates(done)["created"], done["plan_id"], done["reason"]) == (1, job["plan_id"], None)
    assert sorted(client.executions(job["id"])) == ["FAILED", "SUCCEEDED"]
    states = [event.get("to") for event in trail(client, job["id"])]
    assert states[-4:] == ["failed", "planned", "loading", "succeeded"]
    steering = client.ask(STEER.format("retryJob", JOB), {"id": job["id"]})
    assert steering["errors"][0]["errorType"] == "Conflict"


def test_a_job_whose_execution_was_aborted_is_started_again(client: Client) -> None:
    mark, key = unique(), f"incoming/aborted-{unique()}.csv"
    version = client.put(key, customers(*({"customer_id": f"{mark}-{n}"} for n in range(3000))))
    job = job_id(client.outputs["intake_bucket"], key, version)
    wait(lambda: stored(client, job) > 0 or None, "the load to be in its middle")
    arn = client.outputs["state_machine_arn"].replace(":stateMachine:", ":execution:")
    client.states.stop_execution(executionArn=f"{arn}:{job}")
    assert job in sweep(client)["restarted"]
    done = client.job_in(job, "succeeded")
    assert fates(done) == {"read": 3000, "accepted": 3000, "created": 3000}
    assert {record["_meta"]["version"] for record in client.customers(_job=job)} == {1}
    assert ("restarted", "sweeper") in {(event["what"], event["door"]) for event in trail(client, job)}
    assert job not in json.dumps(sweep(client))


def test_corrected_rejects_come_back_sorted_with_another_column_and_patch_only_their_rows(
    client: Client,
) -> None:
    mark = unique()
    good, first, second = (f"{mark}-{name}" for name in ("good", "first", "second"))
    body = customers(
        {"customer_id": good},
        {"customer_id": first, "email": "nowhere"},
        {"customer_id": second, "email": "=nothing"},
    )
    job = client.drop(f"{mark}.csv", body)
    assert (job["state"], fates(job)["rejected"]) == ("partially_succeeded", 2)
    rejects = rows_of(client.file(f"jobs/{job['id']}/rejects.csv"))
    assert [row["_row"] for row in rejects] == ["2", "3"]

    fixed = {**rejects[0], "email": "first@example.org", "note": "fixed by Ann"}
    still = {**rejects[1], "note": ""}
    stranger = {**fixed, "_row": "1", "customer_id": good, "first_name": "Changed"}
    columns = ["note", *sorted(rejects[0])]
    child = client.drop(f"{mark}-fixed.csv", as_csv(columns, [still, fixed, stranger]))
    assert (child["state"], child["corrects"]) == ("partially_succeeded", job["id"])
    assert (fates(child)["created"], fates(child)["rejected"]) == (1, 2)
    assert record(client, good)["first_name"] == "Ada"
    assert record(client, first)["_meta"]["job_id"] == child["id"]

    account = client.job_ended(job["id"])
    assert (account["state"], account["corrections"]) == ("partially_succeeded", 1)
    assert fates(account) == {"read": 3, "accepted": 1, "created": 2, "rejected": 1}

    left = rows_of(client.file(f"jobs/{child['id']}/rejects.csv"))
    assert [(row["_row"], row["_job"], row["email"]) for row in left] == [
        ("3", job["id"], "'=nothing"),
        ("1", job["id"], "first@example.org"),
    ]
    last = client.drop(
        f"{mark}-last.csv",
        as_csv(list(left[0]), [{**row, "email": "second@example.org"} for row in left[:1]]),
    )
    assert (last["state"], last["corrects"], fates(last)["created"]) == ("succeeded", job["id"], 1)
    whole = client.job_ended(job["id"])
    assert (whole["state"], fates(whole)) == ("succeeded", {"read": 3, "accepted": 1, "created": 3})

    client.job_ended(
        client.data("mutation($id: ID!) { undoJob(id: $id) { id } }", id=last["id"])["undoJob"]["id"]
    )
    assert fates(client.job_ended(job["id"]))["rejected"] == 1
    assert [event["what"] for event in trail(client, job["id"])][-3:] == [
        "corrected",
        "corrected",
        "correction undone",
    ]


def test_the_receipt_holds_for_the_file_and_for_nothing_else(client: Client, tmp_path: Path) -> None:
    body = customers({"customer_id": unique()}, {"customer_id": unique(), "email": "nowhere"})
    job = client.drop(f"{unique()}.csv", body)
    path, file = receipt(client, job["id"], tmp_path), tmp_path / "file.csv"
    file.write_bytes(body)
    fingerprint = client.outputs["receipt_key_fingerprint"]
    verified = verify(path, file, fingerprint=fingerprint)
    assert verified.said["rows"] == {"created": 1, "rejected": 1}

    with pytest.raises(Refused, match="signed by the key"):
        verify(path, file, fingerprint="0" * 64)
    file.write_bytes(body.replace(b"Ada", b"Eda", 1))
    with pytest.raises(Refused, match="this file has the SHA-256"):
        verify(path, file, fingerprint=fingerprint)
    file.write_bytes(body)
    text = path.read_text()
    path.write_text(
        text.replace('[2,2,"created"]', '[2,2,"rejected"]').replace('[3,3,"rejected"]', '[3,3,"created"]')
    )
    with pytest.raises(Refused, match="the fates of the lines"):
        verify(path, file, fingerprint=fingerprint)
    path.write_text(text.replace("created", "updated"))
    with pytest.raises(Refused, match="not what the key has signed"):
        verify(path, file, fingerprint=fingerprint)


def record(client: Client, key: str) -> dict[str, Any]:
    found = client.customer(key)
    assert found is not None
    return found
