"""`dlq`: dead letters of a queue, on the emulator's SQS."""

import json
from typing import Any

import boto3
import pytest

from cli import _dead_letters as dead
from cli._target import Target
from cli.commands import dlq
from tests.cli.conftest import Foreman

EVENT = {
    "Records": [
        {
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": "files"}, "object": {"key": "incoming/a+b.csv"}},
        }
    ]
}


class Queues:
    """Queues in memory, with the calls that `dlq` makes."""

    def __init__(self) -> None:
        self.messages: dict[str, list[dict[str, Any]]] = {"letters": [], "events": []}
        self.hidden: set[str] = set()
        self.breaks_on_send = False

    def receive_message(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401
        shown = [m for m in self.messages[given["QueueUrl"]] if m["MessageId"] not in self.hidden]
        batch = shown[: given["MaxNumberOfMessages"]]
        self.hidden |= {message["MessageId"] for message in batch}
        return {"Messages": batch}

    def change_message_visibility(self, **given: Any) -> None:  # noqa: ANN401
        self.hidden.discard(given["ReceiptHandle"])

    def send_message(self, **given: Any) -> None:  # noqa: ANN401
        if self.breaks_on_send:
            raise ConnectionError("no answer")
        self.put(given["QueueUrl"], given["MessageBody"])

    def delete_message(self, **given: Any) -> None:  # noqa: ANN401
        kept = [m for m in self.messages[given["QueueUrl"]] if m["MessageId"] != given["ReceiptHandle"]]
        self.messages[given["QueueUrl"]] = kept

    def put(self, queue: str, body: str) -> str:
        made = f"m{sum(map(len, self.messages.values()))}-{queue}"
        attributes = {"SentTimestamp": "1767323045000", "ApproximateReceiveCount": "5"}
        self.messages[queue].append(
            {"MessageId": made, "ReceiptHandle": made, "Body": body, "Attributes": attributes}
        )
        return made


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Queues:
    made = Queues()
    outputs = {"dead_letter_queue_url": "letters", "intake_queue_url": "events"}
    target = Target(name="local", outputs=outputs, region="eu-central-1")

    def find(_name: str) -> Target:
        return target

    def client(*_given: object, **_named: object) -> Queues:
        return made

    monkeypatch.setattr(dlq, "find", find)
    monkeypatch.setattr(boto3, "client", client)
    return made


def test_letters_are_shown_by_what_they_are_about_and_stay(foreman: Foreman, queues: Queues) -> None:
    for _ in range(12):
        queues.put("letters", json.dumps(EVENT))
    queues.put("letters", "no JSON")
    done = foreman("dlq", "list", "--json")
    letters = done.document["letters"]
    assert (done.code, len(letters), queues.hidden) == (0, 13, set())
    assert letters[0] == {
        "queue": "intake",
        "id": "m0-letters",
        "sent_at": "2026-01-02T03:04:05Z",
        "received": 5,
        "about": "s3://files/incoming/a b.csv",
    }
    assert letters[-1]["about"] == "not readable"
    assert "a b.csv" in foreman("dlq", "list").out


def test_what_is_redriven_is_back_in_its_queue_and_gone_from_the_letters(
    foreman: Foreman, queues: Queues
) -> None:
    for _ in range(12):
        queues.put("letters", json.dumps(EVENT))
    assert foreman("dlq", "redrive", "--all", "--dry-run").code == 0
    assert (len(queues.messages["letters"]), len(queues.messages["events"])) == (12, 0)
    done = foreman("dlq", "redrive", "intake")
    assert "12 letters are back" in done.out
    assert (len(queues.messages["letters"]), len(queues.messages["events"])) == (0, 12)
    assert json.loads(queues.messages["events"][0]["Body"]) == EVENT


def test_one_letter_is_redriven_by_its_id(foreman: Foreman, queues: Queues) -> None:
    first, second = queues.put("letters", json.dumps(EVENT)), queues.put("letters", json.dumps(EVENT))
    done = foreman("dlq", "redrive", "intake", "--id", second)
    assert (done.code, "1 letter is back in the queue." in done.out) == (0, True)
    assert [message["MessageId"] for message in queues.messages["letters"]] == [first]
    assert queues.hidden == {second}
    missing = foreman("dlq", "redrive", "intake", "--id", "none")
    assert (missing.code, "no dead letter none" in missing.err) == (2, True)


def test_a_letter_that_cannot_be_sent_back_stays(foreman: Foreman, queues: Queues) -> None:
    queues.put("letters", json.dumps(EVENT))
    queues.breaks_on_send = True
    assert foreman("dlq", "redrive", "--all").code == 3
    assert len(queues.messages["letters"]) == 1


@pytest.mark.parametrize("arguments", [(), ("intake", "--all"), ("nothing",)])
def test_which_letters_has_to_be_said(foreman: Foreman, queues: Queues, arguments: tuple[str, ...]) -> None:
    queues.put("letters", json.dumps(EVENT))
    assert foreman("dlq", "redrive", *arguments).code == 2
    assert len(queues.messages["letters"]) == 1


@pytest.mark.parametrize(
    ("body", "about"),
    [
        ('{"job_id": "job-1", "phase": "load", "token": "secret"}', "job_id=job-1 phase=load"),
        ('{"Event": "s3:TestEvent"}', "not known"),
        ("[]", "not readable"),
        ('{"Records": [{}]}', "not readable"),
    ],
)
def test_what_is_in_a_letter_is_not_shown(body: str, about: str) -> None:
    assert dead.about(body) == about


def test_each_queue_of_a_stack_has_its_letters() -> None:
    outputs = {
        "dead_letter_queue_url": "a",
        "intake_queue_url": "b",
        "notices_dead_letter_queue_url": "c",
        "notices_queue_url": "d",
    }
    found = dead.queues(Target(name="s", outputs=outputs, region="r"))
    assert {name: (queue.url, queue.letters_url) for name, queue in found.items()} == {
        "intake": ("b", "a"),
        "notices": ("d", "c"),
    }
