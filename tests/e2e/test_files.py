"""Files on their way through the deployed program."""

import csv
import hashlib
import io
import os
import uuid
from pathlib import Path
from typing import Any

import pytest

from cli._send import IN_PARTS, submitted
from cli._target import of_local
from tests.e2e.client import Client

ROOT = Path(__file__).parents[2]
HEADER = (
    "customer_id,first_name,last_name,email,phone,country,postal_code,date_of_birth,signup_date,plan,"
    "annual_revenue,tags\n"
)


USUAL = {
    "first_name": "Ada",
    "last_name": "Test",
    "email": "ada@example.com",
    "country": "DE",
    "signup_date": "2024-01-31",
    "plan": "free",
}
"""A good customer, but for its id."""


def unique() -> str:
    return uuid.uuid4().hex[:10]


def customers(*rows: dict[str, str]) -> bytes:
    """A file of good customers; each row says only what is special about it."""
    out = io.StringIO()
    columns = HEADER.strip().split(",")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        whole = {**USUAL, **row}
        writer.writerow([whole.get(column, "") for column in columns])
    return out.getvalue().encode()


def fates(job: dict[str, Any]) -> dict[str, int]:
    return {name: number for name, number in job["counts"].items() if number}


def test_a_dropped_file_becomes_records_that_anyone_with_the_key_can_read(client: Client) -> None:
    body = (ROOT / "sample.csv").read_bytes()
    job = client.drop("sample.csv", body)
    assert (job["state"], fates(job)) == ("succeeded", {"read": 10, "accepted": 10, "created": 10})
    found = {record["customer_id"]: record for record in client.customers(_job=job["id"])}
    assert sorted(found) == [f"C-{number}" for number in range(1001, 1011)]
    record = found["C-1002"]
    meta = record.pop("_meta")
    assert record == {
        "customer_id": "C-1002",
        "first_name": "Jörg",
        "last_name": "Süßkind",
        "email": "joerg.suesskind@example.org",
        "phone": "+493023125123",
        "country": "DE",
        "postal_code": "04109",
        "date_of_birth": "1979-11-02",
        "signup_date": "2020-01-15",
        "plan": "enterprise",
        "annual_revenue": 2400000,
        "tags": ["reseller"],
    }
    assert (meta["version"], meta["job_id"], meta["row"], meta["line"]) == (1, job["id"], 2, 3)
    assert meta["file"] == "sample.csv"
    (told,) = client.told(job["id"])
    assert (told["counts"]["read"], told["counts"]["created"]) == (10, 10)


def test_a_messy_file_loads_its_good_rows_and_explains_the_others(client: Client) -> None:
    job = client.drop("messy.csv", (ROOT / "samples" / "messy.csv").read_bytes())
    assert job["state"] == "partially_succeeded"
    assert fates(job) == {
        "read": 22,
        "accepted": 5,
        "rejected": 15,
        "duplicate": 1,
        "blank": 1,
        "created": 5,
    }
    text = client.file(f"jobs/{job['id']}/rejects.csv").decode("utf-8-sig")
    rejects = list(csv.DictReader(io.StringIO(text)))
    assert len(rejects) == 15
    assert {row["_job"] for row in rejects} == {job["id"]}
    assert rejects[0]["_row"] == "3"
    assert rejects[0]["_errors"].startswith("E-Mail: ")


def test_the_same_event_again_changes_nothing(client: Client) -> None:
    name, key = f"again-{unique()}.csv", unique()
    version = client.put(f"incoming/{name}", customers({"customer_id": key}))
    job = client.ended(f"incoming/{name}", version)
    before = client.customer(key)
    client.announce(f"incoming/{name}", version, times=5)
    client.queue_is_empty()
    assert client.job_ended(job["id"]) == job
    assert client.customer(key) == before
    assert client.executions(job["id"]) == ["SUCCEEDED"]
    assert len(client.notices(job["id"])) == 1


def test_the_same_content_under_another_name_is_a_duplicate(client: Client) -> None:
    body = customers({"customer_id": unique()})
    first = client.drop(f"{unique()}.csv", body)
    second = client.drop(f"{unique()}.csv", body)
    assert (second["state"], second["duplicate_of"]) == ("cancelled", first["id"])
    assert second["reason"]["code"] == "duplicate-file"
    assert fates(second) == {}


def test_a_corrected_file_updates_what_changed_and_leaves_the_rest(client: Client) -> None:
    keys = [unique() for _ in range(3)]
    first = ({"customer_id": key, "phone": "+493023125123"} for key in keys)
    client.drop(f"{unique()}.csv", customers(*first))
    changed = {"customer_id": keys[0], "email": "new@example.com"}
    rows = (changed, {"customer_id": keys[1]}, {"customer_id": unique()})
    job = client.drop(f"{unique()}.csv", customers(*rows))
    assert fates(job) == {"read": 3, "accepted": 3, "created": 1, "updated": 1, "unchanged": 1}
    record = client.customer(keys[0])
    assert record is not None
    assert (record["email"], record["_meta"]["version"]) == ("new@example.com", 2)
    assert record["phone"] == "+493023125123"  # a blank wipes nothing


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ((ROOT / "samples" / "wrong-columns.csv").read_bytes(), "unmapped-required-field"),
        (b"", "empty-file"),
        (b"%PDF-1.7\n1 0 obj\n", "not-a-table"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8, "not-a-table"),
        (HEADER.encode(), "no-rows-accepted"),
        (customers({"customer_id": "x", "email": "nobody"}), "no-rows-accepted"),
    ],
    ids=["wrong columns", "empty", "document", "binary", "header only", "all rejected"],
)
def test_a_file_that_cannot_be_used_ends_as_failed_with_a_reason_and_a_notice(
    client: Client, body: bytes, code: str
) -> None:
    job = client.drop(f"broken-{unique()}.csv", body)
    assert (job["state"], job["reason"]["code"]) == ("failed", code)
    assert "loading" not in [moment["state"] for moment in job["timeline"]]
    assert fates(job).get("created", 0) == 0
    (notice,) = client.notices(job["id"])
    assert client.told(job["id"])[0]["reason"] == code
    assert notice["Subject"].startswith("Foreman: failed: ")
    assert client.executions(job["id"]) == ["SUCCEEDED"]  # the file is broken, Foreman is not


def test_after_a_failed_job_the_same_content_may_come_again(client: Client) -> None:
    first = client.drop(f"{unique()}.csv", b"a,b\n1,2\n")
    second = client.drop(f"{unique()}.csv", b"a,b\n1,2\n")
    assert [first["state"], second["state"]] == ["failed", "failed"]


def test_of_two_versions_the_later_one_counts_although_its_event_comes_first(client: Client) -> None:
    customer, key = unique(), f"incoming/{unique()}/versions.csv"
    with client.no_events():
        old = client.put(key, customers({"customer_id": customer, "first_name": "Old"}))
        new = client.put(key, customers({"customer_id": customer, "first_name": "New"}))
    client.announce(key, new, sequencer="00AB02")
    assert client.ended(key, new)["state"] == "succeeded"
    client.announce(key, old, sequencer="00AB01")
    late = client.ended(key, old)
    assert (late["state"], late["reason"]["code"]) == ("cancelled", "superseded")
    record = client.customer(customer)
    assert record is not None
    assert record["first_name"] == "New"


@pytest.mark.parametrize("name", ["with space", "plus+plus", "per%cent", "ünï-日本", "a/b/c"])
def test_any_key_that_s3_takes_is_read(client: Client, name: str) -> None:
    job = client.drop(f"{name}-{unique()}.csv", customers({"customer_id": unique()}))
    assert job["state"] == "succeeded"
    assert job["source"]["name"].startswith(name.rpartition("/")[2])


def test_a_file_of_many_chunks_is_loaded_whole(client: Client) -> None:
    mark = unique()
    job = client.drop(f"many-{mark}.csv", customers(*({"customer_id": f"{mark}-{n}"} for n in range(1203))))
    assert (job["state"], job["chunks"]) == ("succeeded", 3)
    assert fates(job) == {"read": 1203, "accepted": 1203, "created": 1203}
    assert len(client.customers(_job=job["id"])) == 1203


def test_a_large_file_is_sent_in_parts_and_known_by_the_version_that_s3_made_of_it(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"{unique()}.csv"
    file.write_bytes(os.urandom(2 * IN_PARTS.multipart_chunksize + 5))
    sent = submitted(of_local(client.stack), file)
    stored = client.s3.get_object(Bucket=sent.bucket, Key=sent.key, VersionId=sent.version_id)
    assert stored["ETag"].endswith('-3"')
    assert hashlib.sha256(stored["Body"].read()).digest() == hashlib.sha256(file.read_bytes()).digest()
    assert "of 33.6 MB sent" in capsys.readouterr().err
