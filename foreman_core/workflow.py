"""The state machine, as those who start it see it."""

from typing import TYPE_CHECKING, Literal

import orjson
from botocore.exceptions import ClientError

from foreman_core.models import Job, JobState

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

Entrance = Literal["ingest", "undo", "load"]


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
        document = orjson.dumps({"job_id": job.id, "start": at}).decode()
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=execution_name(job), input=document)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ExecutionAlreadyExists":
                raise

    def resume(self, job: Job) -> None:
        """Start the execution of a job's attempt where the job stands; what is done is not done again."""
        self.start(job, entrance(job))

    def is_running(self, job: Job) -> bool:
        """Whether the execution of the job's attempt is under way; False also when it was never started."""
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{execution_name(job)}"
        try:
            return self._client.describe_execution(executionArn=arn)["status"] == "RUNNING"
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ExecutionDoesNotExist":
                return False
            raise


def execution_name(job: Job) -> str:
    """The name of the execution of a job's attempt: the job's id, from the second on with the number."""
    return job.id if job.attempt == 1 else f"{job.id}-{job.attempt}"


def entrance(job: Job) -> Entrance:
    """Where a job that stands as it does enters the state machine."""
    if job.state not in (JobState.RECEIVED, JobState.VALIDATING):
        return "load"
    return "ingest" if job.undoes is None else "undo"
