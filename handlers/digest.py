"""Scheduled: send the digests that are due."""

from attrs import frozen

from foreman_core.notices.deliveries import Deliveries
from foreman_core.notices.digest import send_digests
from handlers import _clients
from handlers._sending import subscriptions
from handlers._settings import load
from handlers._step import Answer, Event, step


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    notice_days: int
    deliveries_queue_url: str


@step("digest")
def handler(event: Event) -> Answer:
    """`{"every": "hourly" | "daily"}` → `{"digests": how many}`."""
    settings = load(Settings)
    count = send_digests(
        subscriptions(settings.ledger_table, settings.notice_days),
        Deliveries(_clients.sqs(), settings.deliveries_queue_url),
        event["every"],
    )
    return {"digests": count}
