"""A batch of messages: each by itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from handlers._batch import Message, batch

CONTEXT: Any = SimpleNamespace(aws_request_id="r")


def message(name: str) -> Message:
    attributes = {"ApproximateReceiveCount": "3"}
    return {"messageId": name, "body": name, "attributes": attributes}


def test_only_what_failed_comes_again_and_nothing_of_it_is_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done: list[str] = []

    @batch("announce")
    def handler(given: Message) -> None:
        if given["body"] == "canary":
            raise ValueError(given["body"])
        done.append(given["body"])

    names = ("first", "canary", "last")
    answer = handler({"Records": [message(name) for name in names]}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "canary"}]}
    assert done == ["first", "last"]
    logged = capsys.readouterr().out
    assert '"error_type": "ValueError"' in logged
    assert '"attempt": 3' in logged
    assert "canary" not in logged
