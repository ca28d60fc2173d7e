"""Adding subscriptions, listing, trying and removing them."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from attrs import frozen

from foreman_core.errors import Refused
from foreman_core.notices.address import Network, Resolve, resolve, target
from foreman_core.notices.deliveries import Deliveries
from foreman_core.notices.message import OUTCOMES, Outcome
from foreman_core.notices.subscriptions import Channel, Digest, Subscription, Subscriptions, shown
from foreman_core.notices.webhook import Secrets
from foreman_core.validation.formats import parse_email

CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)
DIGESTS: Final[tuple[Digest, ...]] = get_args(Digest)
ID_BYTES: Final = 6
LONGEST_ADDRESS: Final = 2048
MOST: Final = 500
"""Subscriptions of a stack: every notice looks at all of them."""


@frozen(kw_only=True)
class Manager:
    """What the API's fields about subscriptions do. `mails` says whether the stack can send mail."""

    subscriptions: Subscriptions
    deliveries: Deliveries
    secrets: Secrets
    mails: bool
    allowed: Sequence[Network]
    resolve: Resolve = resolve

    def list(self) -> list[dict[str, Any]]:
        """All subscriptions, as the API shows them."""
        return [shown(subscription) for subscription in self.subscriptions.all()]

    def add(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The new subscription; of a webhook also its secret, this one time.

        Refused(`bad-subscription`, `bad-webhook`, `unknown-host`, `no-mail`, `limit-exceeded`) otherwise.
        """
        subscription_id = secrets.token_hex(ID_BYTES)
        channel = _one_of("channel", given["channel"], CHANNELS)
        address = given["address"].strip()
        self._check(channel, address)
        if sum(1 for _ in self.subscriptions.all()) >= MOST:
            raise Refused("limit-exceeded", f"A stack has at most {MOST} subscriptions; remove one first.")
        secret, sealed = self.secrets.make(subscription_id) if channel == "webhook" else (None, None)
        subscription = Subscription(
            id=subscription_id,
            channel=channel,
            address=address,
            created_at=self.subscriptions.now(),
            customer=_customer(given.get("customer")),
            on=_outcomes(given.get("on")),
            digest=_one_of("digest", given.get("digest") or "off", DIGESTS),
            secret=sealed,
        )
        self.subscriptions.put(subscription)
        return {**shown(subscription), "secret": secret}

    def remove(self, subscription_id: str) -> dict[str, Any]:
        """The subscription that is no more; Refused(`not-found`) when there is none."""
        return shown(self.subscriptions.remove(subscription_id))

    def test(self, subscription_id: str) -> dict[str, Any]:
        """The subscription, to which a test is on its way; Refused(`not-found`) when there is none."""
        subscription = self.subscriptions.one(subscription_id)
        told = {
            "id": f"test-{secrets.token_hex(ID_BYTES)}",
            "type": "test",
            "timestamp": self.subscriptions.now(),
            "data": {"subscription": subscription_id},
        }
        self.deliveries.send([subscription_id], told)
        return shown(subscription)

    def _check(self, channel: Channel, address: str) -> None:
        if len(address) > LONGEST_ADDRESS:
            raise _bad(f"the address has more than {LONGEST_ADDRESS} characters")
        if channel == "webhook":
            target(address, self.allowed, self.resolve)
            return
        if not self.mails:
            raise Refused(
                "no-mail",
                "The stack sends no mail, since it has no sender. Set one, and deploy: "
                "pulumi config set foreman:mailFrom ADDRESS. Webhooks work without.",
            )
        if not isinstance(parse_email(address), str):
            raise _bad(f"{address!r} is no mail address")


def _customer(given: str | None) -> str | None:
    if given is not None and (not given or "/" in given or not given.isprintable()):
        raise _bad(f"{given!r} is no customer: it is the name of a folder under incoming/, without a slash")
    return given


def _outcomes(given: Sequence[str] | None) -> tuple[Outcome, ...]:
    if given is None:
        return OUTCOMES
    wanted = {_one_of("on", each, OUTCOMES) for each in given}
    if not wanted:
        raise _bad("on names nothing")
    return tuple(outcome for outcome in OUTCOMES if outcome in wanted)


def _one_of(name: str, given: str, known: Sequence[Any]) -> Any:  # noqa: ANN401 - one of `known`
    if given not in known:
        raise _bad(f"{name} is {given!r}, which is none of {', '.join(known)}")
    return given


def _bad(what: str) -> Refused:
    return Refused("bad-subscription", f"The subscription cannot be added: {what}.")
