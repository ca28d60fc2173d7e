"""One document to one subscription, by mail or webhook; what does not get through comes again."""

from functools import cache

import orjson
from attrs import frozen

from foreman_core.notices.deliver import Senders, deliver
from foreman_core.notices.deliveries import Deliveries
from foreman_core.notices.mail import Mailer
from foreman_core.notices.webhook import Secrets, Webhooks
from handlers import _clients
from handlers._batch import Message, batch
from handlers._sending import Sending, sending, subscriptions
from handlers._settings import load


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    notice_days: int
    deliveries_queue_url: str
    secrets_key: str
    sending: str


@batch("deliver")
def handler(message: Message) -> None:
    """One delivery: `{"subscription", "document"}`."""
    settings = load(Settings)
    told = sending(settings.sending)
    given = orjson.loads(message["body"])
    attempt = int(message["attributes"]["ApproximateReceiveCount"])
    try:
        deliver(
            subscriptions(settings.ledger_table, settings.notice_days),
            _senders(settings, told).send,
            subscription_id=given["subscription"],
            told=given["document"],
            attempt=attempt,
        )
    except Exception:
        queue = Deliveries(_clients.sqs(), settings.deliveries_queue_url)
        queue.postpone(message["receiptHandle"], attempt=attempt, first_s=told.retry_s)
        raise


@cache
def _senders(settings: Settings, told: Sending) -> Senders:
    mailer = None
    if told.mail_from is not None and told.configuration_set is not None:
        mailer = Mailer(
            client=_clients.ses(),
            sender=told.mail_from,
            configuration_set=told.configuration_set,
            web_url=told.web_url,
        )
    return Senders(
        webhooks=Webhooks(allowed=told.allowed),
        secrets=Secrets(_clients.kms(), settings.secrets_key),
        mailer=mailer,
    )
