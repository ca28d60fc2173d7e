"""The state machine, as those who start it see it."""

from typing import TYPE_CHECKING, Final, Literal

import orjson
from botocore.exceptions import ClientError

from foreman_core.models import Job, JobState
from foreman_core.tasks import Tasks

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

Entrance = Literal["ingest", "undo", "load"]

_STOPPED: Final = {"ABORTED", "TIMED_OUT"}
"""One that has FAILED is in its Fail state, and would fail in it again."""

_NO_REDRIVE: Final = {"ExecutionNotRedrivable", "ExecutionDoesNotExist", "InvalidAction"}
"""The last is what a service answers that does not know this action."""


class Workflow:
    """The state machine that takes a job from its file to its notice."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, job: Job, at: Entrance) -> None:
        """Start the execution of a job's attempt: at its file, at the job that it undoes, or at its plan.

        Starting it again changes nothing: the execution's name is made of the job's id and its attempt, and a
        name is good for one execution.
        https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
        """
        document = orjson.dumps({"job_id": job.id, "attempt": job.attempt, "start": at}).decode()
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=execution_name(job), input=document)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ExecutionAlreadyExists":
                raise

    def resume(self, job: Job) -> None:
        """Start the execution of a job's attempt where the job stands; what is done is not done again."""
        self.start(job, entrance(job))

    def redrive(self, job: Job) -> bool:
        """Let the execution of a job's attempt go on at the step that it was stopped in; False when it
        cannot: it ended by itself, was never started, or stopped more than 14 days ago.

        Of a map only those chunks run again that had not succeeded.
        https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
        """
        if self._status(job) not in _STOPPED:
            return False
        try:
            self._client.redrive_execution(executionArn=self._execution(job))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _NO_REDRIVE:
                return False
            raise
        return True

    def release(self, token: str) -> bool:
        """Let the execution go on that waits with this token; False when it does not wait any more."""
        return Tasks(self._client).succeed(token, {})

    def is_running(self, job: Job) -> bool:
        """Whether the execution of the job's attempt is under way; False also when it was never started."""
        return self._status(job) == "RUNNING"

    def _status(self, job: Job) -> str | None:
        """What Step Functions says of the execution of the job's attempt; None when it was never started."""
        try:
            return self._client.describe_execution(executionArn=self._execution(job))["status"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ExecutionDoesNotExist":
                return None
            raise

    def _execution(self, job: Job) -> str:
        return f"{self._arn.replace(':stateMachine:', ':execution:')}:{execution_name(job)}"


def execution_name(job: Job) -> str:
    """The name of the execution of a job's attempt: the job's id, from the second on with the number."""
    return job.id if job.attempt == 1 else f"{job.id}-{job.attempt}"


def entrance(job: Job) -> Entrance:
    """Where a job that stands as it does enters the state machine."""
    if job.state not in (JobState.RECEIVED, JobState.VALIDATING):
        return "load"
    return "ingest" if job.undoes is None else "undo"
