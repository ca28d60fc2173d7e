"""Mail: the sender's domain as an identity of SES, and how its mail travels."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

from components._alarm import AlarmArgs
from components._function import Runtime
from components._iam import Statement

REPUTATION: Final[Mapping[str, AlarmArgs]] = {
    what: AlarmArgs(
        meaning=f"{100 * most:g} % of the account's mail {comes}: SES may stop all of it.",
        namespace="AWS/SES",
        metric=metric,
        dimensions={},
        statistic="Maximum",
        threshold=most,
        minutes=60,
    )
    for what, metric, most, comes in (
        ("bounces", "Reputation.BounceRate", 0.05, "comes back"),
        ("complaints", "Reputation.ComplaintRate", 0.001, "is called spam"),
    )
}
"""Alarms at the rates at which SES reviews an account, before it stops its mail:
https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html"""


@frozen(kw_only=True)
class Sender:
    """Who mail comes from, and what may send it."""

    address: str
    configuration_set: pulumi.Output[str]
    permissions: Sequence[Statement]


def make_sender(name: str, address: str, runtime: Runtime, *, parent: pulumi.Resource) -> Sender:
    """Make the identity of the address's domain, which its DNS has to confirm, and the configuration set:
    mail travels over TLS or not at all, and addresses that bounced or complained get no more.
    """
    child = pulumi.ResourceOptions(parent=parent)
    rules = aws.sesv2.ConfigurationSet(
        f"{name}-mail",
        configuration_set_name=f"foreman-{runtime.stack}",
        delivery_options={"tls_policy": "REQUIRE"},
        reputation_options={"reputation_metrics_enabled": True},
        sending_options={"sending_enabled": True},
        suppression_options={"suppressed_reasons": ["BOUNCE", "COMPLAINT"]},
        opts=child,
    )
    identity = aws.sesv2.EmailIdentity(
        f"{name}-sender",
        email_identity=address.rpartition("@")[2],
        configuration_set_name=rules.configuration_set_name,
        dkim_signing_attributes={"next_signing_key_length": "RSA_2048_BIT"},
        opts=child,
    )
    return Sender(
        address=address,
        configuration_set=rules.configuration_set_name,
        permissions=[
            Statement(
                sid="SendMail",
                actions=["ses:SendEmail"],
                resources=[identity.arn, rules.arn],
                conditions={"StringEquals": {"ses:FromAddress": address}},
            )
        ],
    )
