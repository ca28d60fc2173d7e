"""What a step of the state machine tells when it fails."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from foreman_core.errors import Corrupted, Refused
from handlers._step import Answer, Event, step

CANARY = "grace.hopper@example.org"
CONTEXT: Any = SimpleNamespace(aws_request_id="request")


@pytest.mark.parametrize(
    "error",
    [
        ValueError(CANARY),
        Corrupted("corrupted", CANARY),
        Refused("bad-date", CANARY),
        ClientError({"Error": {"Code": "ValidationException", "Message": CANARY}}, "PutItem"),
        OSError(2, CANARY, CANARY),
    ],
)
def test_an_error_goes_on_by_its_name_and_quotes_nothing(error: Exception) -> None:
    @step("plan")
    def handler(_event: Event) -> Answer:
        raise error

    with pytest.raises(Exception, match="The function's log has the reason") as told:
        handler({"job_id": "job-1"}, CONTEXT)
    assert type(told.value).__name__ == type(error).__name__
    assert CANARY not in repr(told.value)
    assert told.value.__suppress_context__
    assert told.value.__cause__ is None
