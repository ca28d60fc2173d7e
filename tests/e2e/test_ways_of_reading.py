"""Files of every format, files that leave a question open, and what the stack remembers of columns."""

import gzip
import json
from typing import Any

import pytest

from foreman_core.mapping import Decided, as_json
from foreman_core.models import Options
from foreman_core.pipeline.options import to_metadata
from tests.core.reading._workbooks import xlsx
from tests.e2e.client import JOB, Client, job_id
from tests.e2e.test_files import HEADER, USUAL, customers, fates, unique

REMEMBER = "mutation($mapping: String!) { rememberMapping(mapping: $mapping) { signature record_type } }"
START = f"mutation($input: StartImportInput!) {{ startImport(input: $input) {{ {JOB} }} }}"
REVIEWED = """query($id: ID!) { job(id: $id) {
    reason { code command } options { encoding sheet header mapping } } }"""


def row(**values: str) -> dict[str, str]:
    return {"customer_id": unique(), **USUAL, **values}


def sheet(rows: list[dict[str, str]]) -> list[list[str]]:
    return [list(rows[0]), *(list(each.values()) for each in rows)]


def json_lines(*rows: dict[str, str]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in rows)


def renamed(rows: list[dict[str, str]], **names: str) -> bytes:
    """The rows as CSV, with other names for some of the columns."""
    columns = [names.get(column, column) for column in rows[0]]
    return "\n".join([",".join(columns), *(",".join(each.values()) for each in rows)]).encode()


def put(client: Client, name: str, body: bytes, options: Options) -> str:
    """Put an object with how it is read; the id of its job."""
    bucket, key = client.outputs["intake_bucket"], f"incoming/{name}"
    answer = client.s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata=to_metadata(options))
    return job_id(bucket, key, answer["VersionId"])


def reviewed(client: Client, job: str) -> dict[str, Any]:
    client.job_in(job, "needs_review")
    return client.data(REVIEWED, id=job)["job"]


@pytest.mark.parametrize("name", ["june.xlsx", "june.jsonl.gz", "JUNE.CSV", "june"])
def test_a_dropped_file_of_any_format_and_name_ends_as_loaded_rows(client: Client, name: str) -> None:
    rows = [row(), row()]
    bodies = {
        "june.xlsx": xlsx({"June": sheet(rows)}),
        "june.jsonl.gz": gzip.compress(json_lines(*rows)),
    }
    job = client.drop(f"{unique()}/{name}", bodies.get(name) or customers(*rows))
    assert (job["state"], fates(job)) == ("succeeded", {"read": 2, "accepted": 2, "created": 2})
    assert {record["customer_id"] for record in client.customers(_job=job["id"])} == {
        each["customer_id"] for each in rows
    }


def test_what_is_no_table_fails_and_its_reason_says_what_is_accepted(client: Client) -> None:
    job = client.drop(f"{unique()}.pdf", b"%PDF-1.7\n" + unique().encode())
    assert (job["state"], job["reason"]["code"]) == ("failed", "not-a-table")
    assert "Accepted are CSV" in job["reason"]["message"]


def test_a_folder_is_no_file(client: Client) -> None:
    key = f"incoming/{unique()}/"
    version = client.put(key, b"")
    client.drop(f"{unique()}.csv", customers(row()))
    client.queue_is_empty()
    made = job_id(client.outputs["intake_bucket"], key, version)
    assert client.data("query($id: ID!) { job(id: $id) { id } }", id=made)["job"] is None


def test_a_mapping_that_the_ledger_remembers_is_used_by_a_drop(client: Client) -> None:
    mark, rows = f"No {unique()}", [row(plan="Gratis")]
    columns = {mark: "customer_id", **{name: name for name in rows[0] if name != "customer_id"}}
    before = client.drop(f"{unique()}.csv", renamed(rows, customer_id=mark))
    assert before["reason"]["code"] == "unmapped-required-field"
    decided = Decided(columns=columns, values={"plan": {"Gratis": "free"}}, header=tuple(columns))
    answer = client.data(REMEMBER, mapping=as_json(decided))["rememberMapping"]
    assert answer["record_type"] == "customer"
    job = client.drop(f"{unique()}.csv", renamed(rows, customer_id=mark.upper()))
    assert (job["state"], fates(job)) == ("succeeded", {"read": 1, "accepted": 1, "created": 1})
    record = client.customer(rows[0]["customer_id"])
    assert record is not None
    assert record["plan"] == "free"


def test_a_mapping_with_which_nothing_could_be_read_is_not_remembered(client: Client) -> None:
    decided = Decided(columns={"Ref": "customer_id"}, header=("Ref",))
    answer = client.ask(REMEMBER, {"mapping": as_json(decided)})
    assert answer["errors"][0]["errorInfo"]["code"] == "unmapped-required-field"


def test_a_likely_column_is_asked_about_and_the_answer_loads_the_same_content(client: Client) -> None:
    rows = [row()]
    body = renamed(rows, customer_id="Kd Nummer alt")
    waiting = put(client, f"{unique()}.csv", body, Options())
    seen = reviewed(client, waiting)
    assert seen["reason"]["code"] == "unmapped-required-field"
    assert "--set 'Kd Nummer alt=customer_id'" in seen["reason"]["command"]
    (notice,) = client.notices(waiting)
    assert notice["Subject"].startswith("Foreman: needs review: ")
    assert "Kd Nummer alt" not in notice["Message"]
    assert client.executions(waiting) == ["SUCCEEDED"]
    said = Options(mapping='{"columns": {"Kd Nummer alt": "customer_id"}}')
    job = client.job_ended(put(client, f"{unique()}.csv", body, said))
    assert (job["state"], fates(job)["created"]) == ("succeeded", 1)


def test_a_likely_encoding_is_asked_about_and_the_answer_loads_the_same_content(client: Client) -> None:
    body = customers(row(first_name="Zoë"), row(first_name="André")).decode().encode("cp1252")
    waiting = put(client, f"{unique()}.csv", body, Options())
    seen = reviewed(client, waiting)
    assert (seen["reason"]["code"], seen["options"]["encoding"]) == ("unreadable-encoding", None)
    assert seen["reason"]["command"].endswith(".csv --encoding cp1252")
    done = client.job_ended(put(client, f"{unique()}.csv", body, Options(encoding="cp1252")))
    assert {record["first_name"] for record in client.customers(_job=done["id"])} == {"Zoë", "André"}


def test_two_sheets_of_one_workbook_are_two_contents(client: Client) -> None:
    body = xlsx({"June": sheet([row()]), "July": sheet([row()])})
    assert reviewed(client, put(client, f"{unique()}.xlsx", body, Options()))["reason"]["command"].endswith(
        ".xlsx --sheet SHEET"
    )
    for name in ("June", "July"):
        job = client.job_ended(put(client, f"{unique()}.xlsx", body, Options(sheet=name)))
        assert (job["state"], fates(job)["created"]) == ("succeeded", 1)
    again = client.job_ended(put(client, f"{unique()}.xlsx", body, Options(sheet="July")))
    assert again["reason"]["code"] == "duplicate-file"


def test_a_submitted_file_is_read_as_the_request_says(client: Client) -> None:
    columns = HEADER.strip().split(",")
    mapping = {"columns": {f"column_{number}": name for number, name in enumerate(columns, 1)}}
    key = f"submitted/{unique()}/file.csv"
    version = client.put(key, customers(row()).partition(b"\n")[2])
    request = {"key": key, "version_id": version, "name": "file.csv", "mode": "load"}
    options = {"header": False, "delimiter": ",", "mapping": json.dumps(mapping)}
    started = client.data(START, input={**request, "options": options})["startImport"]
    assert client.job_ended(started["id"])["state"] == "succeeded"


def test_options_that_nobody_knows_fail_the_file(client: Client) -> None:
    bucket, key = client.outputs["intake_bucket"], f"incoming/{unique()}.csv"
    said = {"foreman": '{"encodings": "utf-8"}'}
    answer = client.s3.put_object(Bucket=bucket, Key=key, Body=customers(row()), Metadata=said)
    job = client.ended(key, answer["VersionId"])
    assert (job["state"], job["reason"]["code"]) == ("failed", "bad-options")
