"""What the functions that send notices are told of the stack: JSON in one variable of their environment."""

from datetime import timedelta
from ipaddress import ip_network

import cattrs
import orjson
from attrs import field, frozen

from foreman_core.notices.address import Network
from foreman_core.notices.subscriptions import Subscriptions
from handlers import _clients


@frozen(kw_only=True)
class Sending:
    """`mail_from` is the sender, if there is one; `networks` may be reached although they are not public."""

    mail_from: str | None = None
    configuration_set: str | None = None
    web_url: str | None = None
    networks: tuple[str, ...] = field(default=())
    retry_s: int

    @property
    def allowed(self) -> list[Network]:
        """The networks as such."""
        return [ip_network(network) for network in self.networks]


def sending(text: str) -> Sending:
    """The settings from the variable's text."""
    return cattrs.structure(orjson.loads(text), Sending)


def subscriptions(ledger_table: str, notice_days: int) -> Subscriptions:
    """The subscriptions in the ledger's table."""
    return Subscriptions(_clients.dynamodb(), ledger_table, keep=timedelta(days=notice_days))
