"""The state machine, as those who start it see it."""

from typing import TYPE_CHECKING, Literal

import orjson
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Workflow:
    """The state machine that takes a job from its file to its notice."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, job_id: str, at: Literal["ingest", "undo", "load"]) -> None:
        """Start a job's execution: at its file, at the job that it undoes, or at its plan.

        Starting it again changes nothing.

        The execution's name is made of the job's id, and a name is good for one execution:
        https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
        """
        name = f"{job_id}-load" if at == "load" else job_id
        document = orjson.dumps({"job_id": job_id, "start": at}).decode()
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=name, input=document)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ExecutionAlreadyExists":
                raise
