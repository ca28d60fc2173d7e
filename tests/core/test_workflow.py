"""The state machine, as those who start it see it: what it does with Step Functions' answers."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from foreman_core.workflow import Workflow
from tests.core.notices._given import a_job

MACHINE = "arn:aws:states:eu-central-1:111122223333:stateMachine:jobs"
EXECUTION = "arn:aws:states:eu-central-1:111122223333:execution:jobs:job-1"


class States:
    """A client that knows one execution by its status, and refuses to redrive it if it is told to."""

    def __init__(self, status: str | None, refusal: str | None = None) -> None:
        self.status = status
        self.refusal = refusal
        self.redriven: list[str] = []

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        assert executionArn == EXECUTION
        if self.status is None:
            raise refused("ExecutionDoesNotExist")
        return {"status": self.status}

    def redrive_execution(self, *, executionArn: str) -> None:  # noqa: N803
        if self.refusal is not None:
            raise refused(self.refusal)
        self.redriven.append(executionArn)


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "RedriveExecution")


def workflow(states: Any) -> Workflow:  # noqa: ANN401 - stands for the client
    return Workflow(states, MACHINE)


@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT"])
def test_an_execution_that_was_stopped_goes_on(status: str) -> None:
    states = States(status)
    assert workflow(states).redrive(a_job())
    assert states.redriven == [EXECUTION]


@pytest.mark.parametrize("status", ["FAILED", "SUCCEEDED", "RUNNING", None])
def test_one_that_ended_by_itself_does_not_since_it_would_end_in_the_same_way(status: str | None) -> None:
    states = States(status)
    assert not workflow(states).redrive(a_job())
    assert states.redriven == []


@pytest.mark.parametrize("refusal", ["ExecutionNotRedrivable", "ExecutionDoesNotExist", "InvalidAction"])
def test_where_there_is_no_redrive_it_is_said(refusal: str) -> None:
    assert not workflow(States("ABORTED", refusal)).redrive(a_job())


def test_what_fails_for_another_reason_is_not_taken_for_an_answer() -> None:
    with pytest.raises(ClientError):
        workflow(States("ABORTED", "AccessDeniedException")).redrive(a_job())
