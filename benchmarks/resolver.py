"""Processor time for writing a row, by the ways that DynamoDB's API offers: no server, answers are canned.

    .venv/bin/python -m benchmarks.resolver

Everything is real up to the socket: botocore builds, signs and sends each request, and reads the answer.
"""

import gc
import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any, Final

import boto3
import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials

from foreman_core.pacing import Pace
from foreman_core.records import WRITE_BATCH, Origin, Records, Write, as_statement
from foreman_core.serialising import serialise_batches

ROWS: Final = 500
_TRANSACTION: Final = 100
_BASE: Final = "`Table.batch_writer`, without conditions"
_NOWHERE: Final[Mapping[str, Any]] = {
    "region_name": "eu-central-1",
    "aws_access_key_id": "none",
    "aws_secret_access_key": "none",
    "config": Config(retries={"mode": "standard", "max_attempts": 5}),
}
ROUNDS: Final = 9
VALUES: Final = {
    "first_name": "Amélie",
    "last_name": "Delacourt",
    "email": "amelie.delacourt@example.net",
    "phone": "+33612345678",
    "country": "FR",
    "postal_code": "75001",
    "date_of_birth": "1980-02-03",
    "signup_date": "2020-01-01",
    "plan": "pro",
    "annual_revenue": 123456.78,
    "tags": ["partner", "vip"],
}
ANSWERS: Final[Mapping[str, object]] = {
    "BatchExecuteStatement": {"Responses": [{"TableName": "records"}] * 25},
    "BatchWriteItem": {"UnprocessedItems": {}},
}


class _Body:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._body


def _client() -> Any:  # noqa: ANN401 - one of boto3's, made at run time
    client: Any = boto3.client("dynamodb", **_NOWHERE)  # pyright: ignore[reportUnknownMemberType]
    client._endpoint.http_session.send = _answer  # noqa: SLF001 - the last step before the socket
    return client


def _answer(request: Any) -> AWSResponse:  # noqa: ANN401 - what botocore prepared
    operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
    body = json.dumps(ANSWERS.get(operation, {})).encode()
    headers = {"x-amz-crc32": str(zlib.crc32(body)), "content-type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, 200, headers, _Body(body))  # pyright: ignore[reportArgumentType]


def _writes() -> list[Write]:
    return [
        Write(
            id=f"C-{number}",
            values={"customer_id": f"C-{number}", **VALUES},
            expected_version=3,
            origin=Origin(job_id="job-x4rj6enxnqgkxr54ewvaa6lbpz", row=number, line=number + 1, file="a.csv"),
        )
        for number in range(ROWS)
    ]


Way = Callable[[Sequence[Write]], object]


def _foreman(*, by_hand: bool) -> Way:
    client = _client()
    if by_hand:
        serialise_batches(client)
    return Records(client, "records", "customer", pace=Pace(rate=1e12), sleep=lambda _: None).write


def _batch_writer() -> Way:
    resource: Any = boto3.resource("dynamodb", **_NOWHERE)  # pyright: ignore[reportUnknownMemberType]
    table = resource.Table("records")
    table.meta.client._endpoint.http_session.send = _answer  # noqa: SLF001 - the last step before the socket

    def write_all(writes: Sequence[Write]) -> None:
        with table.batch_writer() as batch:
            for write in writes:
                values = {name: str(value) for name, value in (write.values or {}).items()}
                batch.put_item(Item={"pk": f"customer#{write.id}", "version": write.version, "data": values})

    return write_all


def _single_puts() -> Way:
    client = _client()
    return lambda writes: [client.put_item(**_put(write)) for write in writes]


def _transactions() -> Way:
    client = _client()
    return lambda writes: [
        client.transact_write_items(
            TransactItems=[{"Put": _put(write)} for write in writes[start : start + _TRANSACTION]]
        )
        for start in range(0, len(writes), _TRANSACTION)
    ]


def _put(write: Write) -> dict[str, Any]:
    data = {name: {"S": str(value)} for name, value in (write.values or {}).items()}
    item = {"pk": {"S": f"customer#{write.id}"}, "version": {"N": str(write.version)}, "data": {"M": data}}
    return {
        "TableName": "records",
        "Item": item,
        "ConditionExpression": "version = :seen",
        "ExpressionAttributeValues": {":seen": {"N": str(write.expected_version)}},
    }


def _serialise_and_sign() -> Way:
    """What is Foreman's own of it: statements with the hash of the content, JSON, signature."""
    signer = SigV4Auth(Credentials("none", "none"), "dynamodb", "eu-central-1")

    def serialise_and_sign(writes: Sequence[Write]) -> None:
        for start in range(0, len(writes), WRITE_BATCH):
            batch = writes[start : start + WRITE_BATCH]
            statements = [as_statement("records", "customer", write, "now") for write in batch]
            body = orjson.dumps({"Statements": statements})
            signer.add_auth(AWSRequest("POST", "https://example.com/", data=body))

    return serialise_and_sign


WAYS: Final[Mapping[str, Way]] = {
    _BASE: _batch_writer(),
    "`PutItem` with a condition, one by one": _single_puts(),
    "`TransactWriteItems` of 100": _transactions(),
    "`BatchExecuteStatement`, botocore's serialiser": _foreman(by_hand=False),
    "`BatchExecuteStatement`, orjson (kept)": _foreman(by_hand=True),
    "… of that, statements, JSON and signature": _serialise_and_sign(),
}


def rows() -> Iterator[str]:
    """The table of results, as Markdown: the median of rounds in which the ways take turns."""
    writes = _writes()
    gc.freeze()  # as the resolver does
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(ROUNDS):
        for name, way in WAYS.items():
            began = time.process_time()
            way(writes)
            times[name].append((time.process_time() - began) / ROWS * 1e6)
    base = median(times[_BASE])
    yield "| way | µs of processor a row | of `batch_writer` |"
    yield "| --- | ---: | ---: |"
    for name, found in times.items():
        yield f"| {name} | {median(found):.1f} | {median(found) / base:.2f} |"


if __name__ == "__main__":
    print("\n".join(rows()))  # noqa: T201 - this is a command
