"""What those who answer a waiting task are told by Step Functions."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, field
from botocore.exceptions import ClientError

from foreman_core.tasks import Tasks

ANSWERS: dict[str, Callable[[Tasks], bool]] = {
    "send_task_success": lambda tasks: tasks.succeed("token-1", {"next": "stop"}),
    "send_task_failure": lambda tasks: tasks.fail("token-1", "ValueError"),
    "send_task_heartbeat": lambda tasks: tasks.beat("token-1"),
}


@define
class Client:
    """Step Functions, which may answer everything with an error of this code."""

    code: str | None = None
    asked: dict[str, dict[str, str]] = field(factory=dict[str, dict[str, str]])

    def __getattr__(self, operation: str) -> Callable[..., None]:
        def ask(**given: str) -> None:
            self.asked[operation] = given
            if self.code is not None:
                raise ClientError({"Error": {"Code": self.code, "Message": ""}}, operation)

        return ask


def tasks(client: Client) -> Tasks:
    around: Any = client
    return Tasks(around)


def test_an_answer_that_somebody_waits_for_is_heard() -> None:
    client = Client()
    assert [answer(tasks(client)) for answer in ANSWERS.values()] == [True] * 3
    assert client.asked == {
        "send_task_success": {"taskToken": "token-1", "output": '{"next":"stop"}'},
        "send_task_failure": {
            "taskToken": "token-1",
            "error": "ValueError",
            "cause": "The worker's log has the reason.",
        },
        "send_task_heartbeat": {"taskToken": "token-1"},
    }


@pytest.mark.parametrize("operation", ANSWERS)
@pytest.mark.parametrize("code", ["TaskDoesNotExist", "TaskTimedOut", "InvalidToken"])
def test_nobody_waits_with_a_dead_token(operation: str, code: str) -> None:
    assert not ANSWERS[operation](tasks(Client(code)))


@pytest.mark.parametrize("operation", ANSWERS)
@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "InvalidOutput"])
def test_what_was_not_heard_is_not_taken_for_a_dead_token(operation: str, code: str) -> None:
    with pytest.raises(ClientError, match=code):
        ANSWERS[operation](tasks(Client(code)))
