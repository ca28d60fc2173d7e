"""From a notice to those who want it: once to each, whatever is delivered again."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen
from botocore.exceptions import BotoCoreError, ClientError

from foreman_core.notices.deliveries import Deliveries
from foreman_core.notices.mail import Mailer
from foreman_core.notices.subscriptions import TOPIC, Subscription, Subscriptions
from foreman_core.notices.topic import OutcomeTopics
from foreman_core.notices.webhook import Secrets, Undelivered, Webhooks

Send = Callable[[Subscription, Mapping[str, Any]], None]
NO_SENDER: Final = "the stack sends no mail: it has no foreman:mailFrom"


def announce(
    subscriptions: Subscriptions, deliveries: Deliveries, topics: OutcomeTopics, told: Mapping[str, Any]
) -> None:
    """Publish a notice on the topic of its outcome, and queue it, or keep it for a digest, for every
    subscription that wants it.

    When it breaks off it is to be repeated as a whole: who has got the notice by then does not get it again.
    """
    if not subscriptions.is_told(told["id"], TOPIC):
        topics.send(told)
        subscriptions.mark_told(told["id"], TOPIC)
    wanting = [subscription for subscription in subscriptions.all() if subscription.wants(told["data"])]
    deliveries.send([subscription.id for subscription in wanting if subscription.digest == "off"], told)
    for subscription in wanting:
        if subscription.digest != "off":
            subscriptions.collect(subscription, told)


@frozen(kw_only=True)
class Senders:
    """The ways out. There is no `mailer` where the stack has no sender."""

    webhooks: Webhooks
    secrets: Secrets
    mailer: Mailer | None

    def send(self, subscription: Subscription, told: Mapping[str, Any]) -> None:
        """Send a document the way that the subscription names; Undelivered says why it did not work."""
        if subscription.channel == "webhook":
            secret = self.secrets.open(subscription.id, subscription.secret or "")
            self.webhooks.send(subscription.address, secret, told)
            return
        if self.mailer is None:
            raise Undelivered(NO_SENDER)
        try:
            self.mailer.send(subscription, told)
        except ClientError as error:
            # SES quotes addresses in its messages
            raise Undelivered(f"SES refused: {error.response.get('Error', {}).get('Code')}") from error
        except BotoCoreError as error:
            raise Undelivered(f"SES did not answer: {type(error).__name__}") from error


def deliver(
    subscriptions: Subscriptions,
    send: Send,
    *,
    subscription_id: str,
    told: Mapping[str, Any],
    attempt: int,
) -> bool:
    """Deliver a document, unless that has been done or nobody wants it any more: False.

    It is sent before that is recorded: after a crash between the two it comes twice, with the same id.
    Undelivered when it did not get through; the subscription shows it then.
    """
    subscription = subscriptions.find(subscription_id)
    if subscription is None or subscriptions.is_told(told["id"], subscription_id):
        return False
    try:
        send(subscription, told)
    except Undelivered as error:
        subscriptions.failed(subscription, error.message, attempt)
        raise
    subscriptions.mark_told(told["id"], subscription_id)
    subscriptions.delivered(subscription)
    return True
