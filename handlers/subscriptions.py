"""GraphQL: who is told of which jobs."""

from collections.abc import Mapping

from attrs import frozen

from foreman_core.notices.deliveries import Deliveries
from foreman_core.notices.manage import Manager
from foreman_core.notices.webhook import Secrets
from handlers import _clients
from handlers._resolver import Field, Identity, resolver
from handlers._sending import sending, subscriptions
from handlers._settings import load


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    notice_days: int
    deliveries_queue_url: str
    secrets_key: str
    sending: str


def _fields(_: Identity) -> Mapping[str, Field]:
    settings = load(Settings)
    told = sending(settings.sending)
    manager = Manager(
        subscriptions=subscriptions(settings.ledger_table, settings.notice_days),
        deliveries=Deliveries(_clients.sqs(), settings.deliveries_queue_url),
        secrets=Secrets(_clients.kms(), settings.secrets_key),
        mails=told.mail_from is not None,
        allowed=told.allowed,
    )
    return {
        "subscriptions": lambda _: manager.list(),
        "addSubscription": lambda given: manager.add(given["input"]),
        "removeSubscription": lambda given: manager.remove(given["id"]),
        "testSubscription": lambda given: manager.test(given["id"]),
    }


handler = resolver("subscriptions", _fields, job_of=lambda _: None)
