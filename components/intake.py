"""Phase 2: files come in; each new one becomes a job."""

from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

from components._alarm import AlarmArgs, raise_alarm
from components._bucket import PrivateBucket, PrivateBucketArgs
from components._function import Function, FunctionArgs, Runtime
from components._iam import (
    GET,
    PUT,
    Statement,
    deny_plain_http,
    key_through,
    policy_json,
    use_table,
)
from components._queue import Queue, QueueArgs, make_queue, take_messages

FUNCTION_TIMEOUT_S: Final = 60
VISIBILITY_S: Final = 6 * FUNCTION_TIMEOUT_S
MAX_RECEIVES: Final = 5
BATCH_SIZE: Final = 10
OLDEST_EVENT_S: Final = 900


@frozen(kw_only=True)
class IntakeArgs:
    """What the intake needs to know; the `*_days` say how long each part of the bucket is kept."""

    runtime: Runtime
    ledger_table: pulumi.Input[str]
    ledger_table_arn: pulumi.Input[str]
    state_machine_arn: pulumi.Input[str]
    record_type: str
    protect: bool
    notify_email: str | None
    incoming_days: int
    submitted_days: int
    jobs_days: int
    noncurrent_days: int
    access_log_days: int


class Intake(pulumi.ComponentResource):
    """A bucket whose new objects under `incoming/` start jobs, and the topic of how they ended."""

    bucket: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]
    topic_arn: pulumi.Output[str]
    topic: pulumi.Output[str]
    queue: pulumi.Output[str]
    queue_url: pulumi.Output[str]
    dead_letter_queue: pulumi.Output[str]
    dead_letter_queue_url: pulumi.Output[str]
    alarm_arns: Sequence[pulumi.Output[str]]

    def __init__(self, name: str, args: IntakeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreman:index:Intake", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        topic = self._topic()
        bucket = self._bucket()
        dead_letters = make_queue(
            f"{name}-dead-letters", QueueArgs(key_arn=args.runtime.key_arn), parent=self
        )
        queue = self._queue(bucket, dead_letters)
        self._announce_files(bucket, queue)
        self._consume(queue)
        self.alarm_arns = self._alarms(queue, dead_letters, topic)

        self.bucket, self.bucket_arn = bucket.name, bucket.arn
        self.topic, self.topic_arn = topic.name, topic.arn
        self.queue, self.dead_letter_queue = queue.name, dead_letters.name
        self.queue_url, self.dead_letter_queue_url = queue.url, dead_letters.url
        self.register_outputs(
            {
                "bucket": self.bucket,
                "topic_arn": self.topic_arn,
                "queue_url": self.queue_url,
                "dead_letter_queue_url": self.dead_letter_queue_url,
            }
        )

    def _topic(self) -> aws.sns.Topic:
        args = self._args
        topic = aws.sns.Topic(
            f"{self._name}-notices", kms_master_key_id=args.runtime.key_arn, opts=self._child
        )
        aws.sns.TopicPolicy(
            f"{self._name}-notices-policy",
            arn=topic.arn,
            policy=policy_json(
                [
                    deny_plain_http("DenyPlainHttp", ["sns:Publish"], [topic.arn]),
                    {
                        "Sid": "LetAlarmsSpeak",
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudwatch.amazonaws.com"},
                        "Action": "sns:Publish",
                        "Resource": topic.arn,
                        "Condition": {"StringEquals": {"aws:SourceAccount": args.runtime.account_id}},
                    },
                ]
            ),
            opts=self._child,
        )
        if args.notify_email:
            aws.sns.TopicSubscription(
                f"{self._name}-notices-email",
                topic=topic.arn,
                protocol="email",
                endpoint=args.notify_email,
                opts=self._child,
            )
        return topic

    def _bucket(self) -> PrivateBucket:
        args = self._args
        bucket = PrivateBucket(
            f"{self._name}-files",
            PrivateBucketArgs(
                expire_days={
                    "incoming/": args.incoming_days,
                    "submitted/": args.submitted_days,
                    "jobs/": args.jobs_days,
                },
                noncurrent_days=args.noncurrent_days,
                key_arn=args.runtime.key_arn,
                protect=args.protect,
            ),
            opts=self._child,
        )
        access_log = self._access_log(bucket.arn)
        aws.s3.BucketLogging(
            f"{self._name}-files-access",
            bucket=bucket.name,
            target_bucket=access_log.name,
            target_prefix="intake/",
            # S3 checks that it may write there
            opts=pulumi.ResourceOptions(parent=self, depends_on=[access_log]),
        )
        return bucket

    def _access_log(self, logged_arn: pulumi.Output[str]) -> PrivateBucket:
        """Make the bucket S3 writes access logs to; S3 can only write there without a key of ours."""
        args = self._args
        return PrivateBucket(
            f"{self._name}-access-log",
            PrivateBucketArgs(
                expire_days={"": args.access_log_days},
                noncurrent_days=args.noncurrent_days,
                key_arn=None,
                protect=args.protect,
                statements=[
                    {
                        "Sid": "LetS3LogAccess",
                        "Effect": "Allow",
                        "Principal": {"Service": "logging.s3.amazonaws.com"},
                        "Action": "s3:PutObject",
                        "Condition": {
                            "ArnLike": {"aws:SourceArn": logged_arn},
                            "StringEquals": {"aws:SourceAccount": args.runtime.account_id},
                        },
                    }
                ],
            ),
            opts=self._child,
        )

    def _queue(self, bucket: PrivateBucket, dead_letters: Queue) -> Queue:
        args = QueueArgs(
            key_arn=self._args.runtime.key_arn,
            dead_letters_arn=dead_letters.arn,
            max_receives=MAX_RECEIVES,
            visibility_s=VISIBILITY_S,
            statements=[
                {
                    "Sid": "LetTheBucketAnnounceFiles",
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Condition": {
                        "ArnEquals": {"aws:SourceArn": bucket.arn},
                        "StringEquals": {"aws:SourceAccount": self._args.runtime.account_id},
                    },
                }
            ],
        )
        return make_queue(f"{self._name}-events", args, parent=self)

    def _announce_files(self, bucket: PrivateBucket, queue: Queue) -> None:
        aws.s3.BucketNotification(
            f"{self._name}-announcements",
            bucket=bucket.name,
            queues=[
                {
                    "queue_arn": queue.arn,
                    "events": ["s3:ObjectCreated:*"],
                    "filter_prefix": "incoming/",
                }
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[queue.policy]),
        )

    def _consume(self, queue: Queue) -> None:
        function = self._function(queue)
        aws.lambda_.EventSourceMapping(
            f"{self._name}-consumer",
            event_source_arn=queue.arn,
            function_name=function.name,
            batch_size=BATCH_SIZE,
            function_response_types=["ReportBatchItemFailures"],
            opts=self._child,
        )

    def _function(self, queue: Queue) -> Function:
        args = self._args
        runtime = args.runtime
        return Function(
            f"{self._name}-intake",
            FunctionArgs(
                runtime=runtime,
                role="intake",
                memory_mb=512,
                timeout_s=FUNCTION_TIMEOUT_S,
                environment={
                    "LEDGER_TABLE": args.ledger_table,
                    "STATE_MACHINE_ARN": args.state_machine_arn,
                    "RECORD_TYPE": args.record_type,
                },
                permissions=[
                    *take_messages(queue, key_arn=runtime.key_arn, region=runtime.region),
                    *use_table(
                        "Ledger",
                        args.ledger_table_arn,
                        [GET, PUT],
                        key_arn=runtime.key_arn,
                        region=runtime.region,
                    ),
                    Statement(
                        sid="StartJobs",
                        actions=["states:StartExecution"],
                        resources=[args.state_machine_arn],
                    ),
                    key_through("SealJobInput", runtime.key_arn, "states", runtime.region),
                ],
            ),
            opts=self._child,
        )

    def _alarms(self, queue: Queue, dead_letters: Queue, topic: aws.sns.Topic) -> list[pulumi.Output[str]]:
        alarms = {
            "lost-events": AlarmArgs(
                meaning="A file's event failed five times; the file is in the bucket, but has no job.",
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": dead_letters.name},
                statistic="Maximum",
            ),
            "late-events": AlarmArgs(
                meaning="A file has waited for its job for more than a quarter of an hour.",
                namespace="AWS/SQS",
                metric="ApproximateAgeOfOldestMessage",
                dimensions={"QueueName": queue.name},
                statistic="Maximum",
                threshold=OLDEST_EVENT_S,
            ),
        }
        return [
            raise_alarm(f"{self._name}-{what}", alarm, topic_arn=topic.arn, parent=self).arn
            for what, alarm in alarms.items()
        ]
