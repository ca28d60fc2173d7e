"""Those who wait with a token, and what the history of their execution is told."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from foreman_core.tasks import Tasks


class States:
    """A client that keeps what a task was told to fail with; it refuses everything, if it is told to."""

    def __init__(self, refusal: str | None = None) -> None:
        self.refusal = refusal
        self.failed: list[dict[str, str]] = []

    def send_task_failure(self, **told: str) -> None:
        self.failed.append(told)
        self.send_task_heartbeat()

    def send_task_heartbeat(self, **_: str) -> None:
        if self.refusal is not None:
            raise ClientError({"Error": {"Code": self.refusal, "Message": ""}}, "SendTask")


def tasks(states: Any) -> Tasks:  # noqa: ANN401 - stands for the client
    return Tasks(states)


def test_the_cause_of_every_failure_is_the_same() -> None:
    """It stays in the history of the execution, where nothing of a file may be."""
    states = States()
    assert tasks(states).fail("token-1", "ValueError")
    assert states.failed == [
        {"taskToken": "token-1", "error": "ValueError", "cause": "The worker's log has the reason."}
    ]


@pytest.mark.parametrize("refusal", ["TaskDoesNotExist", "TaskTimedOut", "InvalidToken"])
def test_it_is_said_when_nobody_waits(refusal: str) -> None:
    assert not tasks(States(refusal)).beat("token-1")
    assert not tasks(States(refusal)).fail("token-1", "ValueError")


def test_any_other_refusal_is_an_error() -> None:
    with pytest.raises(ClientError, match="KmsAccessDenied"):
        tasks(States("KmsAccessDeniedException")).beat("token-1")
