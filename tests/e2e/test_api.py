"""The GraphQL API as its clients meet it."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.client import JOB, Client
from tests.e2e.test_files import customers, fates, unique

ROOT = Path(__file__).parents[2]
CREATE = """mutation($input: CustomerInput!) {
    createCustomer(input: $input) { customer_id email _meta { version } } }"""
UPDATE = """mutation($id: ID!, $version: Int!, $input: CustomerInput!) {
    updateCustomer(id: $id, expected_version: $version, input: $input) {
        email tags _meta { version job_id } } }"""
DELETE = """mutation($id: ID!, $version: Int!) {
    deleteCustomer(id: $id, expected_version: $version) { customer_id } }"""
START = f"mutation($input: StartImportInput!) {{ startImport(input: $input) {{ {JOB} }} }}"
APPROVE = f"mutation($id: ID!) {{ approvePlan(id: $id) {{ {JOB} }} }}"


def good(**values: object) -> dict[str, Any]:
    usual = {
        "customer_id": unique(),
        "first_name": "Ada",
        "last_name": "Test",
        "email": "Ada@Example.com",
        "country": "Germany",
        "signup_date": "2024-01-31",
        "plan": "free",
    }
    return {**usual, **values}


def error(answer: dict[str, Any]) -> dict[str, Any]:
    (only,) = answer["errors"]
    return only


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "da2-wrong"}], ids=["no key", "a wrong key"])
def test_without_the_key_nothing_is_answered(client: Client, headers: dict[str, str]) -> None:
    answer = client.post("{ customers { items { customer_id } } }", {}, headers)
    assert answer.status_code in (401, 403)
    assert "customer_id" not in answer.text.replace("{ customers { items { customer_id } } }", "")


def test_the_list_of_rows_is_not_for_holders_of_the_key(client: Client) -> None:
    document = """mutation($input: UpsertCustomersInput!) {
        upsertCustomers(input: $input) { outcomes { outcome } } }"""
    record = good()
    row = {"row": 1, "line": 2, "record": record}
    answer = client.ask(document, {"input": {"job_id": "job-1", "file": "x", "rows": [row]}})
    assert "nauthorized" in str(answer["errors"])
    assert client.customer(record["customer_id"]) is None


def test_a_single_record_is_created_changed_and_deleted_by_the_same_rules(client: Client) -> None:
    record = good()
    created = client.data(CREATE, input=record)["createCustomer"]
    assert created["email"] == "ada@example.com"
    key = created["customer_id"]
    change = {"email": "New@example.com", "tags": ["a", "b"]}
    changed = client.data(UPDATE, id=key, version=1, input=change)["updateCustomer"]
    assert changed == {
        "email": "new@example.com",
        "tags": ["a", "b"],
        "_meta": {"version": 2, "job_id": None},
    }
    assert error(client.ask(UPDATE, {"id": key, "version": 1, "input": change}))["errorType"] == "Conflict"
    assert client.data(DELETE, id=key, version=2)["deleteCustomer"] == {"customer_id": key}
    assert client.customer(key) is None
    assert error(client.ask(DELETE, {"id": key, "version": 2}))["errorType"] == "NotFound"


def test_every_fault_of_a_record_is_told_at_once(client: Client) -> None:
    answer = client.ask(CREATE, {"input": good(email="nobody", country="Atlantis", first_name=None)})
    told = error(answer)
    assert told["errorType"] == "ValidationFailed"
    assert {(issue["field"], issue["code"]) for issue in told["errorInfo"]} == {
        ("email", "format"),
        ("country", "format"),
        ("first_name", "required"),
    }


def test_a_key_that_is_taken_is_a_conflict(client: Client) -> None:
    record = good()
    client.data(CREATE, input=record)
    assert error(client.ask(CREATE, {"input": record}))["errorType"] == "Conflict"


def start(client: Client, body: bytes, mode: str, *, again: bool = False) -> dict[str, Any]:
    key = f"submitted/{unique()}/file.csv"
    version = client.put(key, body)
    request = {"key": key, "version_id": version, "name": "file.csv", "mode": mode, "again": again}
    return client.data(START, input=request)["startImport"]


def test_a_plan_changes_nothing_until_it_is_approved(client: Client) -> None:
    key = unique()
    job = client.job_in(start(client, customers({"customer_id": key}), "plan")["id"], "planned")
    assert fates(job) == {"read": 1, "accepted": 1, "created": 1}
    assert client.customer(key) is None
    client.data(APPROVE, id=job["id"])
    done = client.job_ended(job["id"])
    assert (done["state"], done["plan_id"]) == ("succeeded", job["plan_id"])
    assert client.customer(key) is not None
    assert [notice["Subject"].split(": ")[1] for notice in client.notices(job["id"], 2)] == [
        "planned",
        "succeeded",
    ]


def test_a_plan_that_the_table_has_overtaken_says_which_rows_moved(client: Client) -> None:
    keys = [unique(), unique()]
    body = customers(*({"customer_id": key} for key in keys))
    job = client.job_in(start(client, body, "plan")["id"], "planned")
    client.data(CREATE, input=good(customer_id=keys[1], first_name="Faster"))
    client.data(APPROVE, id=job["id"])
    done = client.job_ended(job["id"])
    assert done["state"] == "partially_succeeded"
    assert fates(done) == {"read": 2, "accepted": 2, "created": 1, "conflict": 1}
    record = client.customer(keys[1])
    assert record is not None
    assert record["first_name"] == "Faster"
    assert b'"row": 2' in client.file(f"jobs/{job['id']}/report.json")


def test_only_a_planned_job_can_be_approved(client: Client) -> None:
    job = client.drop(f"{unique()}.csv", customers({"customer_id": unique()}))
    assert error(client.ask(APPROVE, {"id": job["id"]}))["errorType"] == "Conflict"


def test_the_same_content_is_loaded_again_only_when_asked(client: Client) -> None:
    body = customers({"customer_id": unique()})
    first = client.job_ended(start(client, body, "load")["id"])
    assert client.job_ended(start(client, body, "load")["id"])["duplicate_of"] == first["id"]
    again = client.job_ended(start(client, body, "load", again=True)["id"])
    assert (again["state"], fates(again)) == ("succeeded", {"read": 1, "accepted": 1, "unchanged": 1})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": "incoming/x.csv"}, "bad-request"),
        ({"mode": "delete"}, "bad-request"),
        ({"version_id": "00000000-0000-0000-0000-000000000000"}, "object-gone"),
    ],
)
def test_a_request_to_import_what_was_not_submitted_is_refused(
    client: Client, change: dict[str, str], code: str
) -> None:
    key = f"submitted/{unique()}/file.csv"
    version = client.put(key, customers({"customer_id": unique()}))
    request = {"key": key, "version_id": version, "name": "file.csv", "mode": "load", **change}
    told = error(client.ask(START, {"input": request}))
    assert (told["errorType"], told["errorInfo"]) == ("Refused", {"code": code})


def test_jobs_are_listed_newest_first(client: Client) -> None:
    first = client.drop(f"{unique()}.csv", customers({"customer_id": unique()}))
    second = client.drop(f"{unique()}.csv", customers({"customer_id": unique()}))
    page = client.data("{ jobs(limit: 2) { items { id } nextToken } }")["jobs"]
    assert [job["id"] for job in page["items"]] == [second["id"], first["id"]]
    assert page["nextToken"]


def test_what_is_not_there_is_null(client: Client) -> None:
    assert client.customer("nobody") is None
    assert client.data('{ job(id: "job-0") { id } }') == {"job": None}
