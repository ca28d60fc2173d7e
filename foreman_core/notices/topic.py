"""The stack's topics: one for every notice and alarm, and one for each way in which a job can end."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from foreman_core.models import Job
from foreman_core.notices.message import Outcome, attributes, document, subject, text

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

MACHINES: Final = ("sqs", "lambda", "http", "https", "firehose")
"""The protocols whose subscribers get the JSON document; all others get the text:
https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html"""


class Notices:
    """The stack's notification topic."""

    def __init__(self, client: "SNSClient", topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def send(self, job: Job) -> None:
        """Publish a job's notice."""
        publish(self._client, self._topic_arn, document(job))


class OutcomeTopics:
    """The topics of the three outcomes."""

    def __init__(self, client: "SNSClient", arns: Mapping[Outcome, str]) -> None:
        self._client = client
        self._arns = arns

    def send(self, told: Mapping[str, Any]) -> None:
        """Publish a notice's document on the one topic that its outcome names."""
        publish(self._client, self._arns[told["data"]["outcome"]], told)


def publish(client: "SNSClient", topic_arn: str, told: Mapping[str, Any]) -> None:
    """Publish a document as text for people and as JSON for machines, with attributes to filter by."""
    body = orjson.dumps(told).decode()
    given: dict[str, MessageAttributeValueTypeDef] = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes(told).items()
    }
    client.publish(
        TopicArn=topic_arn,
        Subject=subject(told),
        Message=orjson.dumps({"default": text(told), **dict.fromkeys(MACHINES, body)}).decode(),
        MessageStructure="json",
        MessageAttributes=given,
    )
