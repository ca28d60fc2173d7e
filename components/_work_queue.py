"""The queue of the largest files' work: a message is one phase of one job."""

from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_aws as aws

from components._alarm import AlarmArgs, raise_alarm
from components._function import Runtime
from components._iam import deny_plain_http, policy_json

VISIBILITY_S: Final = 300
"""The worker extends it while it works; after its death the message is seen again so much later."""
MAX_RECEIVES: Final = 10
"""Spot takes workers away in the middle, and each time the message is received once more."""
DEAD_LETTER_S: Final = 14 * 24 * 3600
OLDEST_WORK_S: Final = 900
"""A worker that is at a message hides it; what is seen is what nobody has."""
_ACTIONS: Final = ("sqs:DeleteMessage", "sqs:PurgeQueue", "sqs:ReceiveMessage", "sqs:SendMessage")


class WorkQueue(pulumi.ComponentResource):
    """The queue and its dead letters, both encrypted and reached over TLS only."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]
    name: pulumi.Output[str]
    dead_letters_url: pulumi.Output[str]
    alarm_arns: Sequence[pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        runtime: Runtime,
        topic_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("foreman:index:WorkQueue", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)

        dead_letters = aws.sqs.Queue(
            f"{name}-dead-letters",
            message_retention_seconds=DEAD_LETTER_S,
            kms_master_key_id=runtime.key_arn,
            opts=self._child,
        )
        queue = aws.sqs.Queue(
            f"{name}-queue",
            visibility_timeout_seconds=VISIBILITY_S,
            kms_master_key_id=runtime.key_arn,
            redrive_policy=pulumi.Output.json_dumps(
                {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": MAX_RECEIVES}
            ),
            opts=self._child,
        )
        for what, each in ((f"{name}-dead-letters", dead_letters), (f"{name}-queue", queue)):
            self._demand_tls(what, each)
        alarms = {
            "lost-work": AlarmArgs(
                meaning="A job's work for the worker was taken up ten times and never done.",
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": dead_letters.name},
                statistic="Maximum",
            ),
            "late-work": AlarmArgs(
                meaning="Work has waited for a worker for more than a quarter of an hour.",
                namespace="AWS/SQS",
                metric="ApproximateAgeOfOldestMessage",
                dimensions={"QueueName": queue.name},
                statistic="Maximum",
                threshold=OLDEST_WORK_S,
                periods=5,
            ),
        }
        self.alarm_arns = [
            raise_alarm(f"{name}-{what}", alarm, topic_arn=topic_arn, parent=self).arn
            for what, alarm in alarms.items()
        ]
        self.arn, self.url, self.name = queue.arn, queue.url, queue.name
        self.dead_letters_url = dead_letters.url
        self.register_outputs({"arn": self.arn, "url": self.url, "name": self.name})

    def _demand_tls(self, name: str, queue: aws.sqs.Queue) -> None:
        aws.sqs.QueuePolicy(
            f"{name}-policy",
            queue_url=queue.url,
            policy=policy_json([deny_plain_http("DenyPlainHttp", _ACTIONS, [queue.arn])]),
            opts=self._child,
        )
