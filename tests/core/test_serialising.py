"""A batch is the same request whoever writes its JSON."""

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from foreman_core.serialising import serialise_batches

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STATEMENTS: list[Any] = [
    {"Statement": 'UPDATE "t" SET "a" = ? WHERE "pk" = ?', "Parameters": [{"S": "Zoë"}, {"S": "k"}]},
    {"Statement": "INSERT INTO \"t\" VALUE {'pk': ?}", "Parameters": [{"N": "1.5"}]},
]


class Sent:
    """The last request, and the answers to give."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.bodies: list[Any] = []
        self.signatures: list[bytes] = []
        self._answers = list(answers)

    def send(self, request: Any) -> AWSResponse:  # noqa: ANN401 - what botocore prepared
        self.bodies.append(json.loads(request.body))
        self.signatures.append(request.headers["Authorization"])
        status, body = self._answers.pop(0)
        return AWSResponse(request.url, status, {}, Raw(body))  # pyright: ignore[reportArgumentType]


class Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> list[bytes]:
        return [self._body]


def client(sent: Sent, *, by_hand: bool) -> "DynamoDBClient":
    made: Any = boto3.client(  # pyright: ignore[reportUnknownMemberType]
        "dynamodb", region_name="eu-central-1", aws_access_key_id="none", aws_secret_access_key="none"
    )
    made._endpoint.http_session.send = sent.send
    if by_hand:
        serialise_batches(made)
    return made


GOOD = (200, b'{"Responses": [{"TableName": "t"}, {"TableName": "t"}]}')


def test_the_request_is_the_same() -> None:
    ours, theirs = Sent(GOOD), Sent(GOOD)
    answers = [
        client(sent, by_hand=by_hand).batch_execute_statement(Statements=STATEMENTS)
        for sent, by_hand in ((ours, True), (theirs, False))
    ]
    assert ours.bodies == theirs.bodies == [{"Statements": STATEMENTS}]
    assert answers[0]["Responses"] == answers[1]["Responses"]
    assert b"SignedHeaders" in ours.signatures[0]


def test_it_is_sent_again_with_the_same_body() -> None:
    sent = Sent((500, b"{}"), GOOD)
    client(sent, by_hand=True).batch_execute_statement(Statements=STATEMENTS)
    assert sent.bodies == [{"Statements": STATEMENTS}] * 2


def test_errors_are_botocores() -> None:
    sent = Sent((400, b'{"__type": "ResourceNotFoundException", "message": "no table"}'))
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client(sent, by_hand=True).batch_execute_statement(Statements=STATEMENTS)


def test_other_operations_are_as_they_were() -> None:
    sent = Sent((200, b"{}"))
    client(sent, by_hand=True).get_item(TableName="t", Key={"pk": {"S": "k"}})
    assert sent.bodies == [{"TableName": "t", "Key": {"pk": {"S": "k"}}}]
