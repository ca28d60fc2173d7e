"""A queue: encrypted, over TLS only, and with a place for what its consumer cannot handle."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import field, frozen

from components._iam import OPEN, Statement, deny_plain_http, key_through, policy_json

RETENTION_S: Final = 14 * 24 * 3600
QUEUE_ACTIONS: Final = ("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue")


@frozen(kw_only=True)
class QueueArgs:
    """With `dead_letters_arn` None the queue is one for dead letters. Every queue keeps its messages for two
    weeks, the most that SQS does:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html

    `statements` of its policy have their `Resource` left to be filled with the queue.
    """

    key_arn: pulumi.Input[str]
    dead_letters_arn: pulumi.Input[str] | None = None
    max_receives: int = 5
    visibility_s: int | None = None
    statements: Sequence[Mapping[str, object]] = field(factory=tuple)


@frozen(kw_only=True)
class Queue:
    """A queue. Whoever is to send to it at once depends on its `policy`."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]
    name: pulumi.Output[str]
    policy: pulumi.Resource


def make_queue(name: str, args: QueueArgs, *, parent: pulumi.Resource) -> Queue:
    """Make the queue and its policy."""
    child = pulumi.ResourceOptions(parent=parent)
    redrive = None
    if args.dead_letters_arn is not None:
        redrive = pulumi.Output.json_dumps(
            {"deadLetterTargetArn": args.dead_letters_arn, "maxReceiveCount": args.max_receives}
        )
    queue = aws.sqs.Queue(
        name,
        kms_master_key_id=args.key_arn,
        message_retention_seconds=RETENTION_S,
        visibility_timeout_seconds=args.visibility_s,
        redrive_policy=redrive,
        opts=child,
    )
    policy = aws.sqs.QueuePolicy(
        f"{name}-policy",
        queue_url=queue.url,
        policy=policy_json(
            [
                deny_plain_http("DenyPlainHttp", QUEUE_ACTIONS, [queue.arn]),
                *({**statement, "Resource": queue.arn} for statement in args.statements),
            ]
        ),
        opts=child,
    )
    return Queue(arn=queue.arn, url=queue.url, name=queue.name, policy=policy)


def take_messages(queue: Queue, *, key_arn: pulumi.Input[str], region: str) -> list[Statement]:
    """Take messages from a queue, as Lambda does for a function."""
    return [
        Statement(
            sid="TakeMessages",
            actions=[
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            ],
            resources=[queue.arn],
        ),
        key_through("OpenMessages", key_arn, "sqs", region, OPEN),
    ]


def send_messages(queue: Queue, *, key_arn: pulumi.Input[str], region: str) -> list[Statement]:
    """Put messages into a queue."""
    return [
        Statement(sid="SendMessages", actions=["sqs:SendMessage"], resources=[queue.arn]),
        key_through("SealMessages", key_arn, "sqs", region),
    ]
