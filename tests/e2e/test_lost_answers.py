"""Each write of a load, broken in each way, on the emulator: the load comes to the same end.

The simulator does this with everything at once, on services of its own; here botocore is the real one.
"""

from typing import Any

from foreman_core.items import from_item
from tests.e2e import _faulty
from tests.e2e.client import Client
from tests.e2e.test_files import customers, unique

FATES = {"read": 5, "accepted": 4, "rejected": 1, "created": 3, "updated": 1}


def load_one(client: Client, mark: str) -> str:
    """Load three new records, one that is there already, and one row that is rejected."""
    rows: list[dict[str, str]] = [{"customer_id": f"{mark}-{number}"} for number in range(4)]
    client.dynamodb.put_item(TableName=client.outputs["records_table"], Item=present(f"{mark}-3"))
    body = customers(*rows, {"customer_id": f"{mark}-4", "email": "nobody"})
    key = f"submitted/{mark}/file.csv"
    start = {"key": key, "version_id": client.put(key, body), "name": "file.csv", "mode": "load"}
    return _faulty.load(start, client.file)


def present(key: str) -> dict[str, Any]:
    return {
        "pk": {"S": f"customer#{key}"},
        "id": {"S": key},
        "record_type": {"S": "customer"},
        "data": {"M": {"customer_id": {"S": key}, "first_name": {"S": "Old"}}},
        "version": {"N": "6"},
        "content_hash": {"S": ""},
        "origin": {"NULL": True},
        "created_at": {"S": "2026-01-01T00:00:00.000Z"},
        "updated_at": {"S": "2026-01-01T00:00:00.000Z"},
    }


def check(client: Client, mark: str, job_id: str) -> None:
    """What must be true of the load, whatever broke."""
    key = {"pk": {"S": f"JOB#{job_id}"}, "sk": {"S": "JOB"}}
    found = client.dynamodb.get_item(TableName=client.outputs["ledger_table"], Key=key)
    job = from_item(found.get("Item", {}))
    assert job["state"] == "partially_succeeded"
    assert {name: number for name, number in job["counts"].items() if number} == FATES
    # a transition to `validating` whose answer was lost stands in the timeline twice
    assert list(dict.fromkeys(moment["state"] for moment in job["timeline"])) == [
        "received",
        "validating",
        "planned",
        "loading",
        "partially_succeeded",
    ]
    assert job["notified_at"]
    for number, version in enumerate((1, 1, 1, 7)):
        key = {"pk": {"S": f"customer#{mark}-{number}"}}
        item = from_item(
            client.dynamodb.get_item(TableName=client.outputs["records_table"], Key=key).get("Item", {})
        )
        assert item["data"]["first_name"] == "Ada"
        assert (item["version"], item["origin"]["job_id"], item["origin"]["row"]) == (
            version,
            job_id,
            number + 1,
        )


def test_a_load_comes_to_the_same_end_whichever_write_breaks(
    client: Client, session: _faulty.Session
) -> None:
    mark = unique()
    check(client, mark, load_one(client, mark))
    writes = list(session.writes)
    assert {*_faulty.WRITES, "PutObject"} == set(writes)
    for number, operation in enumerate(writes):
        for fault in _faulty.FAULTS:
            session.writes.clear()
            session.broken, session.fault = number, fault
            mark = unique()
            job_id = load_one(client, mark)
            try:
                check(client, mark, job_id)
            except AssertionError as error:
                raise AssertionError(f"{operation} (write {number}) {fault}") from error
