"""The balancer and the firewall of the web service. Here its one process is reached directly, on loopback."""

from typing import Any, Final

from local import emulator
from local.aws import Aws, autoname
from local.resources.created import Created, Inputs, pascal

LONGEST_NAME: Final = 32
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"""
NOTE: Final = "kept by the emulator; clients reach the web service's process directly"


def load_balancer(aws: Aws, name: str, given: Inputs) -> Created:
    """A balancer; its address is that of the process behind it."""
    aws.service_port = emulator.choose_port(None, None)
    made = aws.client("elbv2").create_load_balancer(
        Name=_short(name),
        Type=given["loadBalancerType"],
        Scheme="internal" if given.get("internal") else "internet-facing",
        Subnets=given["subnets"],
        SecurityGroups=given["securityGroups"],
    )["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    outputs = {
        "arn": arn,
        "arnSuffix": arn.partition(":loadbalancer/")[2],
        "dnsName": f"{emulator.HOST}:{aws.service_port}",
    }
    return Created(arn, outputs, note=NOTE)


def target_group(aws: Aws, name: str, given: Inputs) -> Created:
    """What a balancer sends requests to."""
    health = given.block("healthCheck")
    arn = aws.client("elbv2").create_target_group(
        Name=_short(name),
        Protocol=given["protocol"],
        Port=given["port"],
        VpcId=given["vpcId"],
        TargetType=given["targetType"],
        HealthCheckEnabled=bool(health["enabled"]),
        HealthCheckProtocol=health["protocol"],
        HealthCheckPath=health["path"],
        HealthCheckIntervalSeconds=health["interval"],
        HealthCheckTimeoutSeconds=health["timeout"],
        HealthyThresholdCount=health["healthyThreshold"],
        UnhealthyThresholdCount=health["unhealthyThreshold"],
        Matcher={"HttpCode": health["matcher"]},
    )["TargetGroups"][0]["TargetGroupArn"]
    return Created(arn, {"arn": arn, "arnSuffix": arn.rpartition(":")[2]}, note=NOTE)


def listener(aws: Aws, _name: str, given: Inputs) -> Created:
    """A port of a balancer."""
    secure: dict[str, Any] = {}
    if given.get("certificateArn"):
        secure = {
            "SslPolicy": given["sslPolicy"],
            "Certificates": [{"CertificateArn": given["certificateArn"]}],
        }
    arn = aws.client("elbv2").create_listener(
        LoadBalancerArn=given["loadBalancerArn"],
        Port=given["port"],
        Protocol=given["protocol"],
        DefaultActions=[_action(action) for action in given.blocks("defaultActions")],
        **secure,
    )["Listeners"][0]["ListenerArn"]
    return Created(arn, {"arn": arn}, note=NOTE)


def _action(action: Any) -> dict[str, Any]:  # noqa: ANN401 - a block of inputs
    if action["type"] == "redirect":
        return {"Type": "redirect", "RedirectConfig": pascal(action["redirect"])}
    return {"Type": action["type"], "TargetGroupArn": action["targetGroupArn"]}


def web_acl(aws: Aws, name: str, given: Inputs) -> Created:
    """A firewall's rules; the emulator keeps them and judges nothing by them."""
    made = aws.client("wafv2").create_web_acl(
        Name=autoname(name),
        Scope=given["scope"],
        Description=given.get("description") or "",
        DefaultAction=pascal(given.block("defaultAction")),
        VisibilityConfig=_visibility(given.block("visibilityConfig")),
        Rules=[
            {
                **pascal({key: value for key, value in rule.items() if key != "visibilityConfig"}),
                "VisibilityConfig": _visibility(rule["visibilityConfig"]),
            }
            for rule in given.blocks("rules")
        ],
    )["Summary"]
    return Created(made["Id"], {"arn": made["ARN"]}, "metadata", "no request is judged by it")


def _visibility(block: Any) -> dict[str, Any]:  # noqa: ANN401 - a block of inputs
    given: dict[str, Any] = pascal(block)
    given["CloudWatchMetricsEnabled"] = given.pop("CloudwatchMetricsEnabled")
    return given


def web_acl_association(aws: Aws, name: str, given: Inputs) -> Created:
    """What a firewall stands before."""
    aws.client("wafv2").associate_web_acl(WebACLArn=given["webAclArn"], ResourceArn=given["resourceArn"])
    return Created(name, realised="metadata")


def web_acl_logging(_aws: Aws, name: str, _given: Inputs) -> Created:
    """Where a firewall writes what it has judged: it judges nothing here."""
    return Created(name, realised="metadata", note="the emulator's firewall has no log")


def _short(name: str) -> str:
    """As Pulumi names them: the digits stay, the name is cut."""
    named = autoname(name)
    digits = named.rpartition("-")[2]
    return named if len(named) <= LONGEST_NAME else f"{name[: LONGEST_NAME - len(digits) - 1]}-{digits}"
