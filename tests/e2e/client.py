"""What a user of a stack has: an S3 client, a GraphQL client with the API key, the notices."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
import orjson
import requests

from local.stack import LocalStack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

PATIENCE_S = 60
FINAL = {"succeeded", "partially_succeeded", "failed", "cancelled", "undone"}
T = TypeVar("T")

JOB = """
id state mode plan_id chunks duplicate_of undoes dry_run corrects corrections changes_by_field
source { key name bytes sha256 } reason { code message }
counts { read accepted rejected duplicate blank created updated deleted unchanged kept conflict pending }
issues_by_code timeline { state }
"""
CUSTOMER = """
customer_id first_name last_name email phone country postal_code date_of_birth signup_date plan
annual_revenue tags
_meta { version job_id row line file content_hash }
"""


class Client:
    """A user of the stack."""

    def __init__(self, stack: LocalStack, home: Path) -> None:
        self.stack = stack
        self.home = home
        self.outputs = stack.outputs
        kwargs: Any = stack.session_kwargs()
        self.s3: S3Client = boto3.client("s3", **kwargs)  # pyright: ignore[reportUnknownMemberType]
        self.sqs: SQSClient = boto3.client("sqs", **kwargs)  # pyright: ignore[reportUnknownMemberType]
        self.sns: SNSClient = boto3.client("sns", **kwargs)  # pyright: ignore[reportUnknownMemberType]
        self.states: SFNClient = boto3.client("stepfunctions", **kwargs)  # pyright: ignore[reportUnknownMemberType]
        self.dynamodb: DynamoDBClient = boto3.client("dynamodb", **kwargs)  # pyright: ignore[reportUnknownMemberType]
        self.functions: LambdaClient = boto3.client("lambda", **kwargs)  # pyright: ignore[reportUnknownMemberType]
        self._inbox = self._subscribe()
        self._notices: list[dict[str, Any]] = []

    def receipt_key(self) -> str:
        """The ARN of the key that signs receipts, as its function knows it."""
        found = self.functions.get_function_configuration(FunctionName="foreman-local-reconcile")
        return found.get("Environment", {}).get("Variables", {})["RECEIPT_KEY"]

    @contextmanager
    def environment(self, role: str, **changed: str) -> Generator[None]:
        """A function with another environment for a while."""
        name = f"foreman-local-{role}"
        found = self.functions.get_function_configuration(FunctionName=name)["Environment"]
        before = found.get("Variables", {})
        change = self.functions.update_function_configuration
        change(FunctionName=name, Environment={"Variables": {**before, **changed}})
        try:
            yield
        finally:
            change(FunctionName=name, Environment={"Variables": before})

    @contextmanager
    def by_chunks(self) -> Generator[None]:
        """Files of every size go by chunks for a while, one function for each."""
        with (
            self.environment("ingest", FUNCTION_BYTES="0", FUNCTION_CHUNKS="0"),
            self.environment("undo", FUNCTION_BYTES="0", FUNCTION_CHUNKS="0"),
            self.environment("seal", FUNCTION_BYTES="0", FUNCTION_CHUNKS="0"),
        ):
            yield

    @contextmanager
    def no_events(self) -> Generator[None]:
        """The bucket tells nobody of new objects for a while: their events are lost."""
        bucket = self.outputs["intake_bucket"]
        before = self.s3.get_bucket_notification_configuration(Bucket=bucket)
        kept: Any = {name: value for name, value in before.items() if name != "ResponseMetadata"}
        self.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
        try:
            yield
        finally:
            self.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=kept)

    def states_of(self, job: str) -> list[str]:
        """The states that the execution of a job's first attempt has entered, once it has ended.

        A job's end is in the ledger before its execution's: telling of it is a state as well.
        """
        arn = self.outputs["state_machine_arn"].replace(":stateMachine:", ":execution:") + f":{job}"

        def ended() -> bool | None:
            return self.states.describe_execution(executionArn=arn)["status"] != "RUNNING" or None

        wait(ended, f"the execution {arn} to end")
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=arn)
        events = [event for page in pages for event in page["events"]]
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in events
            if "stateEnteredEventDetails" in event
        ]

    def put(self, key: str, body: bytes) -> str:
        """Put an object into the intake bucket; its version."""
        answer = self.s3.put_object(Bucket=self.outputs["intake_bucket"], Key=key, Body=body)
        return answer["VersionId"]

    def drop(self, name: str, body: bytes) -> dict[str, Any]:
        """Drop a file, and give back its job once it has come to an end."""
        return self.ended(f"incoming/{name}", self.put(f"incoming/{name}", body))

    def ended(self, key: str, version_id: str) -> dict[str, Any]:
        """The job of an object version, once it has come to an end."""
        return self.job_ended(job_id(self.outputs["intake_bucket"], key, version_id))

    def job_ended(self, job: str) -> dict[str, Any]:
        """The job, once it has come to an end."""
        return wait(lambda: self._if_in(job, FINAL), f"{job} to end")

    def job_in(self, job: str, state: str) -> dict[str, Any]:
        """The job, once it is in `state`."""
        return wait(lambda: self._if_in(job, {state}), f"{job} to be {state}")

    def _if_in(self, job: str, states: set[str]) -> dict[str, Any] | None:
        seen = self.data(f"query($id: ID!) {{ job(id: $id) {{ {JOB} }} }}", id=job)["job"]
        return seen if seen and seen["state"] in states else None

    def customer(self, customer_id: str) -> dict[str, Any] | None:
        """One record through GraphQL."""
        query = f"query($id: ID!) {{ customer(id: $id) {{ {CUSTOMER} }} }}"
        return self.data(query, id=customer_id)["customer"]

    def customers(self, **where: object) -> list[dict[str, Any]]:
        """All records that meet a filter, through GraphQL."""
        query = f"""query($filter: CustomerFilter, $token: String) {{
            customers(filter: $filter, limit: 500, nextToken: $token) {{
                items {{ {CUSTOMER} }} nextToken }} }}"""
        found: list[dict[str, Any]] = []
        token = None
        while True:
            page = self.data(query, filter=where, token=token)["customers"]
            found += page["items"]
            token = page["nextToken"]
            if token is None:
                return found

    def data(self, document: str, **variables: object) -> dict[str, Any]:
        """The data of an operation that must have no errors."""
        answer = self.ask(document, variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def ask(
        self, document: str, variables: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The whole answer to an operation."""
        return self.post(document, variables, headers).json()

    def post(
        self, document: str, variables: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """The HTTP answer to an operation, with the API key unless other headers are given."""
        key = {"x-api-key": self.outputs["api_key"]} if headers is None else headers
        body = {"query": document, "variables": variables}
        return requests.post(self.outputs["graphql_url"], json=body, headers=dict(key), timeout=35)

    def notices(self, job: str, count: int = 1) -> list[dict[str, Any]]:
        """The notices of a job, once there are at least `count`."""
        return wait(lambda: self._notices_of(job, count), f"{count} notices of {job}")

    def told(self, job: str, count: int = 1) -> list[dict[str, Any]]:
        """The data of the notices of a job, once there are at least `count`."""
        return [orjson.loads(notice["Message"])["data"] for notice in self.notices(job, count)]

    def _notices_of(self, job: str, count: int) -> list[dict[str, Any]] | None:
        answer = self.sqs.receive_message(QueueUrl=self._inbox, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            self._notices.append(orjson.loads(message.get("Body", "")))
            self.sqs.delete_message(QueueUrl=self._inbox, ReceiptHandle=message.get("ReceiptHandle", ""))
        found = [notice for notice in self._notices if notice["MessageAttributes"]["job_id"]["Value"] == job]
        return found if len(found) >= count else None

    def _subscribe(self) -> str:
        url = self.sqs.create_queue(QueueName="inbox-of-the-tests")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        topic = self.outputs["notification_topic_arn"]
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": attributes["QueueArn"],
        }
        policy = orjson.dumps({"Version": "2012-10-17", "Statement": [allow]}).decode()
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
        return url

    def announce(self, key: str, version_id: str, *, sequencer: str = "00AB", times: int = 1) -> None:
        """Send S3's event for an object version to the intake's queue, as S3 may at any time, and again."""
        record = {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "s3": {
                "bucket": {"name": self.outputs["intake_bucket"]},
                "object": {"key": key, "versionId": version_id, "sequencer": sequencer},
            },
        }
        body = orjson.dumps({"Records": [record]}).decode()
        for _ in range(times):
            self.sqs.send_message(QueueUrl=self.outputs["intake_queue_url"], MessageBody=body)

    def queue_is_empty(self) -> None:
        """Wait until the intake function has taken every event."""

        def empty() -> bool | None:
            answer = self.sqs.get_queue_attributes(
                QueueUrl=self.outputs["intake_queue_url"],
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )
            return all(number == "0" for number in answer["Attributes"].values()) or None

        wait(empty, "the intake's queue to be empty")

    def executions(self, job: str) -> list[str]:
        """The statuses of the executions that a job has had, once all of them have ended."""

        def ended() -> list[str] | None:
            arn = self.outputs["state_machine_arn"]
            pages = self.states.get_paginator("list_executions").paginate(stateMachineArn=arn)
            found = [execution for page in pages for execution in page["executions"]]
            statuses = [execution["status"] for execution in found if execution["name"].startswith(job)]
            return None if "RUNNING" in statuses else [*statuses]

        return wait(ended, f"the executions of {job} to end")

    def file(self, key: str) -> bytes:
        """An object of the intake bucket."""
        return self.s3.get_object(Bucket=self.outputs["intake_bucket"], Key=key)["Body"].read()


def job_id(bucket: str, key: str, version_id: str) -> str:
    """The id that the documentation promises for an object version."""
    from foreman_core.identity import job_id as made  # noqa: PLC0415

    return made(bucket=bucket, key=key, version_id=version_id)


def wait(look: Callable[[], T | None], what: str, patience: float = PATIENCE_S) -> T:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {patience} s for {what}")
