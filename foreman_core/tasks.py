"""Tasks of the state machine that wait with a token: whoever has the token answers them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import orjson
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_NOBODY_WAITS: Final = {"TaskDoesNotExist", "TaskTimedOut", "InvalidToken"}
"""https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html#API_SendTaskSuccess_Errors"""


class Tasks:
    """Step Functions, as those see it who answer. Each method gives False when nobody waits with the
    token.
    """

    def __init__(self, client: "SFNClient") -> None:
        self._client = client

    def succeed(self, token: str, answer: Mapping[str, object]) -> bool:
        """Let the execution go on, with this answer."""
        output = orjson.dumps(dict(answer)).decode()
        return _heard(lambda: self._client.send_task_success(taskToken=token, output=output))

    def fail(self, token: str, error: str) -> bool:
        """Let the task fail. `error` is what the state machine decides by whether it tries again."""
        cause = "The worker's log has the reason."
        return _heard(lambda: self._client.send_task_failure(taskToken=token, error=error, cause=cause))

    def beat(self, token: str) -> bool:
        """Say that the task is being worked on."""
        return _heard(lambda: self._client.send_task_heartbeat(taskToken=token))


def _heard(send: Callable[[], object]) -> bool:
    try:
        send()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOBODY_WAITS:
            return False
        raise
    return True
