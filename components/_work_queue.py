"""The queue of the largest files' work: a message is one phase of one job."""

from collections.abc import Sequence
from typing import Final

import pulumi

from components._alarm import AlarmArgs, raise_alarm
from components._dashboard import OURS, WORKER
from components._function import Runtime
from components._queue import QueueArgs, make_queue

VISIBILITY_S: Final = 300
"""The worker extends it while it works; after its death the message is seen again so much later."""
MAX_RECEIVES: Final = 10
"""Spot takes workers away in the middle, and each time the message is received once more."""
LATE_MINUTES: Final = 15
"""A worker that is at a message hides it; what is seen is what nobody has."""


class WorkQueue(pulumi.ComponentResource):
    """The queue and its dead letters, both encrypted and reached over TLS only."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]
    name: pulumi.Output[str]
    dead_letters: pulumi.Output[str]
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

        dead_letters = make_queue(f"{name}-dead-letters", QueueArgs(key_arn=runtime.key_arn), parent=self)
        args = QueueArgs(
            key_arn=runtime.key_arn,
            dead_letters_arn=dead_letters.arn,
            max_receives=MAX_RECEIVES,
            visibility_s=VISIBILITY_S,
        )
        queue = make_queue(f"{name}-queue", args, parent=self)
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
                # not the age of the oldest message: that is also one which a worker is at, for hours
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": queue.name},
                statistic="Maximum",
                periods=LATE_MINUTES,
            ),
            "failed-work": AlarmArgs(
                meaning="The worker breaks over a job.",
                namespace=OURS,
                metric="StepsFailed",
                dimensions={"stack": runtime.stack, "function": WORKER},
            ),
        }
        self.alarm_arns = [
            raise_alarm(f"{name}-{what}", alarm, topic_arn=topic_arn, parent=self).arn
            for what, alarm in alarms.items()
        ]
        self.arn, self.url, self.name = queue.arn, queue.url, queue.name
        self.dead_letters, self.dead_letters_url = dead_letters.name, dead_letters.url
        self.register_outputs({"arn": self.arn, "url": self.url, "name": self.name})
