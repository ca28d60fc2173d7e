"""What a request must pass before the web service sees it."""

from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

from components._function import Runtime

SECRET_HEADERS: Final = ("authorization", "cookie", "x-api-key")
REDACTED: Final[Sequence[aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgsDict]] = (
    {"uri_path": {}},
    {"query_string": {}},
    *({"single_header": {"name": name}} for name in SECRET_HEADERS),
)
"""What the log blacks out: tokens, and paths and queries, which have keys of records in them."""
MANAGED: Final = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesSQLiRuleSet",
)
"""Together 1,125 of the 1,500 units that cost nothing more:
https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html"""

COUNTED: Final = {"AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY",)}
"""Rules that only count. That one refuses bodies above 8 KB, which a mapping may have; the service bounds
bodies itself, and files do not come through it."""


@frozen(kw_only=True)
class FirewallArgs:
    """`requests_in_five_minutes` is how many one address may send."""

    runtime: Runtime
    requests_in_five_minutes: int


class Firewall(pulumi.ComponentResource):
    """A web ACL and its log, which tells who was refused and by what rule, and not what was asked for."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreman:index:Firewall", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        acl = self._acl()
        self._log(acl)

        self.arn = acl.arn
        self.register_outputs({"arn": self.arn})

    def _acl(self) -> aws.wafv2.WebAcl:
        limit = rate_rule(priority=0, requests=self._args.requests_in_five_minutes)
        managed = [managed_rule(group, priority=at) for at, group in enumerate(MANAGED, start=1)]
        return aws.wafv2.WebAcl(
            f"{self._name}-acl",
            description="In front of the web service",
            scope="REGIONAL",
            default_action={"allow": {}},
            rules=[limit, *managed],
            visibility_config=_visible("web-acl"),
            opts=self._child,
        )

    def _log(self, acl: aws.wafv2.WebAcl) -> None:
        runtime = self._args.runtime
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-log",
            # WAF writes to groups of this prefix only:
            # https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
            name=f"aws-waf-logs-foreman-{runtime.stack}",
            retention_in_days=runtime.log_retention_days,
            kms_key_id=runtime.key_arn,
            opts=self._child,
        )
        aws.wafv2.WebAclLoggingConfiguration(
            f"{self._name}-logging",
            resource_arn=acl.arn,
            log_destination_configs=[group.arn],
            redacted_fields=REDACTED,
            opts=self._child,
        )


def rate_rule(*, priority: int, requests: int) -> aws.wafv2.WebAclRuleArgsDict:
    """Block an address for as long as it sends more than so many requests in five minutes."""
    return {
        "name": "rate-of-one-address",
        "priority": priority,
        "action": {"block": {}},
        "statement": {"rate_based_statement": {"limit": requests, "aggregate_key_type": "IP"}},
        "visibility_config": _visible("rate-of-one-address"),
    }


def managed_rule(group: str, *, priority: int) -> aws.wafv2.WebAclRuleArgsDict:
    """Apply one of AWS's groups of rules as it is, but for those that only count."""
    return {
        "name": group,
        "priority": priority,
        "override_action": {"none": {}},
        "statement": {
            "managed_rule_group_statement": {
                "vendor_name": "AWS",
                "name": group,
                "rule_action_overrides": [
                    {"name": rule, "action_to_use": {"count": {}}} for rule in COUNTED.get(group, ())
                ],
            }
        },
        "visibility_config": _visible(group),
    }


def _visible(metric: str) -> aws.wafv2.WebAclVisibilityConfigArgsDict:
    """Count in CloudWatch, and sample no requests: samples would show the headers that the log hides."""
    return {"cloudwatch_metrics_enabled": True, "metric_name": metric, "sampled_requests_enabled": False}
