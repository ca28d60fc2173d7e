"""Phase 4: what is told of a job's end, out of the steps' way: topics, subscriptions, mail, webhooks."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import evolve, frozen

from components._alarm import AlarmArgs, raise_alarm
from components._api import Binding, bind_function
from components._function import Function, FunctionArgs, Runtime
from components._iam import (
    DELETE,
    GET,
    PUT,
    QUERY,
    UPDATE,
    Statement,
    deny_plain_http,
    key_through,
    policy_json,
    use_table,
)
from components._mail import REPUTATION, Sender, make_sender
from components._queue import Queue, QueueArgs, make_queue, send_messages, take_messages
from components._schedule import Call, call_regularly
from foreman_core.schema.graphql import SUBSCRIPTION_FIELDS

OUTCOMES: Final = ("success", "partial", "failure")
TIMEOUT_S: Final = 60
DIGEST_TIMEOUT_S: Final = 300
VISIBILITY_S: Final = 6 * TIMEOUT_S
ANNOUNCE_BATCH: Final = 10
DELIVER_BATCH: Final = 1
"""In a batch of more, one would wait for the endpoints of the others."""

OLDEST_NOTICE_S: Final = 900
LATE_MINUTES: Final = 15
"""A delivery that is to be tried again is hidden meanwhile; what is seen is what nobody has taken."""
SECRETS: Final = {"StringEquals": {"kms:EncryptionContext:purpose": "foreman-webhook-secret"}}
"""What a webhook's secret is bound to, beside its subscription; see foreman_core/notices/webhook.py."""

OWN_ITEMS: Final = {
    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["SUBSCRIPTIONS", "SUBSCRIPTION#*", "NOTICE#*"]}
}
"""These functions see no job and no file in the ledger."""


@frozen(kw_only=True)
class NoticesArgs:
    """Where notices come from, and how they go on; `mail_from` None: no mail, `web_url` None: no links.

    A delivery that fails is tried again after `retry_s` seconds, then after twice as long, `attempts` times
    in all. `networks` are those that webhooks may reach although they are not public. What has been told is
    remembered for `notice_days`. Daily digests go out at `digest_hour`, UTC.
    """

    runtime: Runtime
    topic_arn: pulumi.Input[str]
    api_id: pulumi.Input[str]
    ledger_table: pulumi.Input[str]
    ledger_table_arn: pulumi.Input[str]
    mail_from: str | None
    web_url: pulumi.Input[str] | None
    networks: Sequence[str]
    retry_s: int
    attempts: int
    notice_days: int
    digest_hour: int


class Notices(pulumi.ComponentResource):
    """A topic for each way in which a job can end, and the functions that deliver to subscriptions."""

    topic_arns: Mapping[str, pulumi.Output[str]]
    queue_urls: Mapping[str, pulumi.Output[str]]
    queues: Mapping[str, pulumi.Output[str]]
    dead_letters: Mapping[str, pulumi.Output[str]]
    """The names of both, by what waits in them."""
    alarm_arns: Sequence[pulumi.Output[str]]

    def __init__(self, name: str, args: NoticesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreman:index:Notices", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        topics = {outcome: self._topic(outcome) for outcome in OUTCOMES}
        unannounced, undelivered = self._dead_letters("events"), self._dead_letters("deliveries")
        deliveries = self._deliveries(undelivered)
        events = self._events(unannounced)
        sender = make_sender(name, args.mail_from, args.runtime, parent=self) if args.mail_from else None
        self._announce(events, deliveries, topics)
        self._deliver(deliveries, sender)
        self._digests(deliveries)
        self._subscriptions(deliveries, sender)
        self.alarm_arns = self._alarms(events, deliveries, unannounced, undelivered)

        self.topic_arns = {outcome: topic.arn for outcome, topic in topics.items()}
        self.queues = {"announcements": events.name, "notices": deliveries.name}
        self.dead_letters = {"announcements": unannounced.name, "notices": undelivered.name}
        self.queue_urls = {
            "announcements_queue_url": events.url,
            "announcements_dead_letter_queue_url": unannounced.url,
            "notices_queue_url": deliveries.url,
            "notices_dead_letter_queue_url": undelivered.url,
        }
        self.register_outputs({"topic_arns": self.topic_arns, "queue_urls": self.queue_urls})

    def _topic(self, outcome: str) -> aws.sns.Topic:
        topic = aws.sns.Topic(
            f"{self._name}-{outcome}", kms_master_key_id=self._args.runtime.key_arn, opts=self._child
        )
        aws.sns.TopicPolicy(
            f"{self._name}-{outcome}-policy",
            arn=topic.arn,
            policy=policy_json([deny_plain_http("DenyPlainHttp", ["sns:Publish"], [topic.arn])]),
            opts=self._child,
        )
        return topic

    def _dead_letters(self, of: str) -> Queue:
        """Make the queue of what could not be passed on; one for each queue, so that letters find back."""
        told = [self._let_the_topic_tell()] if of == "events" else []
        args = QueueArgs(key_arn=self._args.runtime.key_arn, statements=told)
        return make_queue(f"{self._name}-{of}-dead-letters", args, parent=self)

    def _let_the_topic_tell(self) -> Mapping[str, object]:
        return {
            "Sid": "LetTheTopicTell",
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Condition": {
                "ArnEquals": {"aws:SourceArn": self._args.topic_arn},
                "StringEquals": {"aws:SourceAccount": self._args.runtime.account_id},
            },
        }

    def _deliveries(self, dead_letters: Queue) -> Queue:
        args = QueueArgs(
            key_arn=self._args.runtime.key_arn,
            dead_letters_arn=dead_letters.arn,
            max_receives=self._args.attempts,
            visibility_s=VISIBILITY_S,
        )
        return make_queue(f"{self._name}-deliveries", args, parent=self)

    def _events(self, dead_letters: Queue) -> Queue:
        """Make the queue of notices, which takes those with an outcome from the topic, and no alarms."""
        args = QueueArgs(
            key_arn=self._args.runtime.key_arn,
            dead_letters_arn=dead_letters.arn,
            visibility_s=VISIBILITY_S,
            statements=[self._let_the_topic_tell()],
        )
        queue = make_queue(f"{self._name}-events", args, parent=self)
        aws.sns.TopicSubscription(
            f"{self._name}-events-subscription",
            topic=self._args.topic_arn,
            protocol="sqs",
            endpoint=queue.arn,
            raw_message_delivery=True,
            filter_policy=pulumi.Output.json_dumps({"outcome": list(OUTCOMES)}),
            redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": dead_letters.arn}),
            opts=self._child,
        )
        return queue

    def _announce(self, events: Queue, deliveries: Queue, topics: Mapping[str, aws.sns.Topic]) -> None:
        runtime = self._args.runtime
        function = self._function(
            "announce",
            environment={
                "DELIVERIES_QUEUE_URL": deliveries.url,
                **{f"{outcome.upper()}_TOPIC_ARN": topic.arn for outcome, topic in topics.items()},
            },
            permissions=[
                *take_messages(events, key_arn=runtime.key_arn, region=runtime.region),
                *self._use_ledger(GET, PUT, QUERY, UPDATE),
                *send_messages(deliveries, key_arn=runtime.key_arn, region=runtime.region),
                Statement(
                    sid="TellOutcomes",
                    actions=["sns:Publish"],
                    resources=[topic.arn for topic in topics.values()],
                ),
                key_through("SealOutcomes", runtime.key_arn, "sns", runtime.region),
            ],
        )
        self._consume("events", events, function, ANNOUNCE_BATCH)

    def _deliver(self, deliveries: Queue, sender: Sender | None) -> None:
        runtime = self._args.runtime
        function = self._function(
            "deliver",
            environment={
                "DELIVERIES_QUEUE_URL": deliveries.url,
                "SECRETS_KEY": runtime.key_arn,
                "SENDING": self._sending(sender),
            },
            permissions=[
                *take_messages(deliveries, key_arn=runtime.key_arn, region=runtime.region),
                Statement(
                    sid="LetMessagesWait", actions=["sqs:ChangeMessageVisibility"], resources=[deliveries.arn]
                ),
                *self._use_ledger(GET, PUT, UPDATE),
                self._secrets("OpenSecrets", "kms:Decrypt"),
                *(sender.permissions if sender else ()),
            ],
        )
        self._consume("deliveries", deliveries, function, DELIVER_BATCH)

    def _digests(self, deliveries: Queue) -> None:
        runtime = self._args.runtime
        function = self._function(
            "digest",
            timeout_s=DIGEST_TIMEOUT_S,
            environment={"DELIVERIES_QUEUE_URL": deliveries.url},
            permissions=[
                *self._use_ledger(DELETE, GET, PUT, QUERY, UPDATE),
                *send_messages(deliveries, key_arn=runtime.key_arn, region=runtime.region),
            ],
        )
        when = {"hourly": "cron(0 * * * ? *)", "daily": f"cron(0 {self._args.digest_hour} * * ? *)"}
        call_regularly(
            f"{self._name}-digest",
            function,
            {
                # sending the same digest again changes nothing
                f"{self._name}-{every}-digest": Call(
                    when=expression,
                    what_for=f"Sends the {every} digests",
                    given={"every": every},
                    retries=3,
                    age_s=1800,
                )
                for every, expression in when.items()
            },
            runtime=runtime,
            parent=self,
        )

    def _subscriptions(self, deliveries: Queue, sender: Sender | None) -> None:
        runtime = self._args.runtime
        function = self._function(
            "subscriptions",
            timeout_s=29,  # AppSync gives up at 30
            environment={
                "DELIVERIES_QUEUE_URL": deliveries.url,
                "SECRETS_KEY": runtime.key_arn,
                "SENDING": self._sending(sender),
            },
            permissions=[
                *self._use_ledger(DELETE, GET, PUT, QUERY),
                *send_messages(deliveries, key_arn=runtime.key_arn, region=runtime.region),
                self._secrets("SealSecrets", "kms:Encrypt"),
            ],
        )
        binding = Binding(
            api_id=self._args.api_id,
            function_arn=function.arn,
            account_id=runtime.account_id,
            fields=SUBSCRIPTION_FIELDS,
        )
        bind_function(f"{self._name}-subscriptions", binding, parent=self)

    def _function(
        self,
        role: str,
        *,
        environment: Mapping[str, pulumi.Input[str]],
        permissions: Sequence[Statement],
        timeout_s: int = TIMEOUT_S,
    ) -> Function:
        args = self._args
        return Function(
            f"{self._name}-{role}",
            FunctionArgs(
                runtime=args.runtime,
                role=role,
                memory_mb=512,
                timeout_s=timeout_s,
                environment={
                    "LEDGER_TABLE": args.ledger_table,
                    "NOTICE_DAYS": str(args.notice_days),
                    **environment,
                },
                permissions=permissions,
            ),
            opts=self._child,
        )

    def _consume(self, what: str, queue: Queue, function: Function, batch_size: int) -> None:
        aws.lambda_.EventSourceMapping(
            f"{self._name}-{what}-consumer",
            event_source_arn=queue.arn,
            function_name=function.name,
            batch_size=batch_size,
            function_response_types=["ReportBatchItemFailures"],
            opts=self._child,
        )

    def _sending(self, sender: Sender | None) -> pulumi.Output[str]:
        args = self._args
        mail = {"mail_from": sender.address, "configuration_set": sender.configuration_set} if sender else {}
        web = {"web_url": args.web_url} if args.web_url else {}
        return pulumi.Output.json_dumps(
            {**mail, **web, "networks": list(args.networks), "retry_s": args.retry_s}
        )

    def _use_ledger(self, *actions: str) -> list[Statement]:
        args, runtime = self._args, self._args.runtime
        use, *others = use_table(
            "Ledger", args.ledger_table_arn, actions, key_arn=runtime.key_arn, region=runtime.region
        )
        return [evolve(use, conditions=OWN_ITEMS), *others]

    def _secrets(self, sid: str, action: str) -> Statement:
        key_arn = self._args.runtime.key_arn
        return Statement(sid=sid, actions=[action], resources=[key_arn], conditions=SECRETS)

    def _alarms(
        self, events: Queue, deliveries: Queue, unannounced: Queue, undelivered: Queue
    ) -> list[pulumi.Output[str]]:
        def there_are(meaning: str, queue: Queue, minutes: int = 1) -> AlarmArgs:
            return AlarmArgs(
                meaning=meaning,
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": queue.name},
                statistic="Maximum",
                periods=minutes,
            )

        alarms = {
            "unannounced": there_are("A notice did not come as far as the subscriptions.", unannounced),
            "undelivered": there_are("A notice was not delivered, however often it was tried.", undelivered),
            "late": AlarmArgs(
                meaning="A notice has waited for more than a quarter of an hour.",
                namespace="AWS/SQS",
                metric="ApproximateAgeOfOldestMessage",
                dimensions={"QueueName": events.name},
                statistic="Maximum",
                threshold=OLDEST_NOTICE_S,
            ),
            # not the age of the oldest: an endpoint that is down for hours makes it rise, and nothing is late
            "late-deliveries": there_are(
                "Deliveries have waited for a quarter of an hour to be tried.", deliveries, LATE_MINUTES
            ),
            **(REPUTATION if self._args.mail_from else {}),
        }
        return [
            raise_alarm(f"{self._name}-{what}", alarm, topic_arn=self._args.topic_arn, parent=self).arn
            for what, alarm in alarms.items()
        ]
