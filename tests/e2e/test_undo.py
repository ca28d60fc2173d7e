"""Putting back what a job did, as a client of the API meets it."""

import csv
import io
from typing import Any

import orjson
import pytest

from tests.e2e.client import JOB, Client
from tests.e2e.test_api import APPROVE, CREATE, DELETE, UPDATE, error, good, start
from tests.e2e.test_files import customers, fates, unique

UNDO = f"""mutation($id: ID!, $dry_run: Boolean) {{
    undoJob(id: $id, dry_run: $dry_run) {{ {JOB} }} }}"""


def undo(client: Client, job: str) -> dict[str, Any]:
    """The undo of a job, once it has come to an end."""
    return client.job_ended(client.data(UNDO, id=job)["undoJob"]["id"])


def preview(client: Client, job: str) -> dict[str, Any]:
    """The dry run of an undo, once it is planned."""
    return client.job_in(client.data(UNDO, id=job, dry_run=True)["undoJob"]["id"], "planned")


def record(client: Client, key: str) -> dict[str, Any]:
    found = client.customer(key)
    assert found is not None
    return found


def edit(client: Client, key: str, **values: object) -> None:
    version = record(client, key)["_meta"]["version"]
    client.data(UPDATE, id=key, version=version, input=values)


def state(client: Client, job: str) -> str:
    return client.data("query($id: ID!) { job(id: $id) { state } }", id=job)["job"]["state"]


def values(client: Client, key: str) -> dict[str, Any]:
    return {name: value for name, value in record(client, key).items() if name != "_meta"}


def test_a_load_is_put_back_field_by_field_and_the_undo_can_be_undone(client: Client) -> None:
    mark = unique()
    kept, whole, new, gone = (f"{mark}-{name}" for name in ("kept", "whole", "new", "gone"))
    first = client.drop(f"{mark}-1.csv", customers(*({"customer_id": key} for key in (kept, whole, gone))))
    before = values(client, whole)
    changes = {"first_name": "Grace", "last_name": "Hopper"}
    rows = [{"customer_id": key, **changes} for key in (kept, whole, new, gone)]
    second = client.drop(f"{mark}-2.csv", customers(*rows))
    assert (first["state"], fates(second)["updated"], fates(second)["created"]) == ("succeeded", 3, 1)
    assert second["changes_by_field"] == '{"first_name":3,"last_name":3}'
    edit(client, kept, first_name="Edited", phone="+493023125123")
    client.data(DELETE, id=gone, version=2)

    seen = preview(client, second["id"])
    expected = {"read": 4, "accepted": 4, "deleted": 1, "updated": 1, "kept": 2}
    assert (seen["mode"], seen["undoes"], seen["dry_run"], fates(seen)) == (
        "undo",
        second["id"],
        True,
        expected,
    )
    assert record(client, new)["first_name"] == "Grace"
    assert state(client, second["id"]) == "succeeded"

    undone = undo(client, second["id"])
    assert (undone["id"], undone["plan_id"]) == (seen["id"], seen["plan_id"])
    assert (undone["state"], fates(undone)) == ("partially_succeeded", expected)
    assert state(client, second["id"]) == "undone"
    assert values(client, whole) == before
    assert client.customer(new) is None
    assert client.customer(gone) is None
    left = record(client, kept)
    assert (left["first_name"], left["last_name"], left["phone"]) == ("Edited", "Test", "+493023125123")
    assert record(client, whole)["_meta"]["job_id"] == undone["id"]

    again = undo(client, second["id"])
    assert again == undone
    assert record(client, whole)["_meta"]["version"] == 3

    back = undo(client, undone["id"])
    assert (back["state"], fates(back)) == (
        "succeeded",
        {"read": 3, "accepted": 3, "created": 1, "updated": 2},
    )
    assert (record(client, new)["first_name"], record(client, new)["_meta"]["version"]) == ("Grace", 3)
    assert (record(client, whole)["first_name"], record(client, kept)["last_name"]) == ("Grace", "Hopper")
    assert (state(client, second["id"]), state(client, undone["id"])) == ("succeeded", "undone")

    once_more = undo(client, second["id"])
    assert once_more["id"] != undone["id"]
    assert values(client, whole) == before
    assert client.customer(new) is None
    assert state(client, second["id"]) == "undone"


def test_a_preview_is_made_anew_when_it_is_asked_for_again(client: Client) -> None:
    key = unique()
    job = client.drop(f"{key}.csv", customers({"customer_id": key}))
    first = preview(client, job["id"])
    assert fates(first) == {"read": 1, "accepted": 1, "deleted": 1}
    edit(client, key, first_name="Edited")
    second = preview(client, job["id"])
    assert fates(second) == {"read": 1, "accepted": 1, "kept": 1}
    assert state(client, first["id"]) == "cancelled"
    assert record(client, key)["first_name"] == "Edited"


def test_what_moves_between_preview_and_undo_is_kept(client: Client) -> None:
    key = unique()
    job = client.drop(f"{key}.csv", customers({"customer_id": key}))
    seen = preview(client, job["id"])
    edit(client, key, first_name="Edited")
    undone = undo(client, job["id"])
    assert (undone["id"], undone["state"]) == (seen["id"], "partially_succeeded")
    assert fates(undone) == {"read": 1, "accepted": 1, "kept": 1}
    assert record(client, key)["first_name"] == "Edited"


def test_content_that_was_undone_may_come_again_and_its_records_never_start_anew(client: Client) -> None:
    key = unique()
    body = customers({"customer_id": key})
    job = client.drop(f"{key}.csv", body)
    undo(client, job["id"])
    again = client.drop(f"{key}-again.csv", body)
    assert (again["state"], fates(again)["created"]) == ("succeeded", 1)
    assert record(client, key)["_meta"]["version"] == 3


def test_a_record_that_was_deleted_is_created_anew_above_its_last_version(client: Client) -> None:
    made = good()
    key = client.data(CREATE, input=made)["createCustomer"]["customer_id"]
    client.data(DELETE, id=key, version=1)
    assert client.customers(customer_id={"eq": key}) == []
    assert client.data(CREATE, input=made)["createCustomer"]["_meta"]["version"] == 3


def test_an_old_plan_does_not_take_a_record_that_was_made_again_for_the_one_it_saw(client: Client) -> None:
    key = unique()
    client.data(CREATE, input=good(customer_id=key))
    planned = start(client, customers({"customer_id": key, "first_name": "Planned"}), "plan")["id"]
    client.job_in(planned, "planned")
    client.data(DELETE, id=key, version=1)
    client.data(CREATE, input=good(customer_id=key, first_name="Anew"))
    client.data(APPROVE, id=planned)
    done = client.job_ended(planned)
    assert (done["state"], fates(done)["conflict"]) == ("partially_succeeded", 1)
    assert record(client, key)["first_name"] == "Anew"


def test_a_row_whose_record_moved_is_planned_once_more_or_parked_in_the_rejects_file(client: Client) -> None:
    mark = unique()
    other, same = f"{mark}-other", f"{mark}-same"
    client.drop(f"{mark}.csv", customers({"customer_id": other}, {"customer_id": same}))
    rows = ({"customer_id": key, "first_name": "Planned"} for key in (other, same))
    job = client.job_in(start(client, customers(*rows), "plan")["id"], "planned")
    edit(client, other, phone="+493023125123")
    edit(client, same, first_name="Edited")
    client.data(APPROVE, id=job["id"])
    done = client.job_ended(job["id"])
    assert fates(done) == {"read": 2, "accepted": 2, "updated": 1, "conflict": 1}
    assert (record(client, other)["first_name"], record(client, other)["phone"]) == (
        "Planned",
        "+493023125123",
    )
    assert record(client, same)["first_name"] == "Edited"
    text = client.file(f"jobs/{job['id']}/rejects.csv").decode("utf-8-sig")
    (reject,) = csv.DictReader(io.StringIO(text))
    assert (reject["customer_id"], reject["_row"], reject["_job"]) == (same, "2", job["id"])
    assert reject["_errors"].startswith("conflict: ")
    report = orjson.loads(client.file(f"jobs/{job['id']}/report.json"))
    assert [fault["row"] for fault in report["conflicts"]] == [2]


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_job_that_changed_nothing_has_nothing_to_undo(client: Client, *, dry_run: bool) -> None:
    body = customers({"customer_id": unique()})
    client.job_ended(start(client, body, "load")["id"])
    idle = client.job_ended(start(client, body, "load", again=True)["id"])
    told = error(client.ask(UNDO, {"id": idle["id"], "dry_run": dry_run}))
    assert told["errorInfo"] == {"code": "nothing-to-undo"}


def test_a_plan_is_no_load_that_could_be_undone(client: Client) -> None:
    job = client.job_in(start(client, customers({"customer_id": unique()}), "plan")["id"], "planned")
    assert error(client.ask(UNDO, {"id": job["id"]}))["errorType"] == "Conflict"
    assert error(client.ask(UNDO, {"id": "job-0"}))["errorType"] == "NotFound"
