"""Notices from the topic, through a queue: to the topic of the outcome, and on to the subscriptions."""

import orjson
from attrs import frozen

from foreman_core.notices.deliver import announce
from foreman_core.notices.deliveries import Deliveries
from foreman_core.notices.topic import OutcomeTopics
from handlers import _clients
from handlers._batch import Message, batch
from handlers._sending import subscriptions
from handlers._settings import load


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    notice_days: int
    deliveries_queue_url: str
    success_topic_arn: str
    partial_topic_arn: str
    failure_topic_arn: str


@batch("announce")
def handler(message: Message) -> None:
    """One notice: the body is its document."""
    settings = load(Settings)
    topics = OutcomeTopics(
        _clients.sns(),
        {
            "success": settings.success_topic_arn,
            "partial": settings.partial_topic_arn,
            "failure": settings.failure_topic_arn,
        },
    )
    announce(
        subscriptions(settings.ledger_table, settings.notice_days),
        Deliveries(_clients.sqs(), settings.deliveries_queue_url),
        topics,
        orjson.loads(message["body"]),
    )
