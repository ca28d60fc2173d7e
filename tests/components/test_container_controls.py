"""The published controls on the containers: each holds, and each is broken by the input that it is about."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from attrs import evolve, frozen

from components._endpoints import INTERFACES
from components._firewall import MANAGED
from components.containers import Containers
from tests import _pulumi
from tests._pulumi import Outcome, Recorded
from tests.components import _given

Inputs = Mapping[str, Any]
Holds = Callable[[Outcome], bool]
Break = Callable[[Outcome], Outcome]
OPEN = {"0.0.0.0/0", "::/0"}
WORLD = {"cidrIpv4": "0.0.0.0/0"}


@pytest.fixture(scope="module")
def containers() -> Outcome:
    return _pulumi.run(lambda: Containers("containers", _given.containers()))


@frozen
class Control:
    """`holds` is what the control asks for; `broken` is the same program with a mistake."""

    holds: Holds
    broken: Break


def every(kind: str, ask: Callable[[Inputs], bool]) -> Holds:
    return lambda of: bool(of.of(kind)) and all(ask(each.inputs) for each in of.of(kind))


def every_container(ask: Callable[[Inputs], bool]) -> Holds:
    return every(
        "ecs.TaskDefinition",
        lambda inputs: all(ask(container) for container in json.loads(inputs["containerDefinitions"])),
    )


def each_has(kind: str, other: str, key: str, *, by: Callable[[Recorded], str]) -> Holds:
    """Whether every resource of a kind is named by one of another kind."""
    return lambda of: (
        bool(of.of(kind))
        and {by(each) for each in of.of(kind)} <= {each.inputs[key] for each in of.of(other)}
    )


def with_inputs(kind: str, change: Callable[[Inputs], Inputs]) -> Break:
    return lambda of: evolve(
        of,
        resources=tuple(
            evolve(each, inputs=change(each.inputs)) if each in of.of(kind) else each for each in of.resources
        ),
    )


def with_input(kind: str, **changed: object) -> Break:
    return with_inputs(kind, lambda inputs: {**inputs, **changed})


def with_container(**changed: object) -> Break:
    return with_inputs(
        "ecs.TaskDefinition",
        lambda inputs: {
            **inputs,
            "containerDefinitions": json.dumps(
                [{**container, **changed} for container in json.loads(inputs["containerDefinitions"])]
            ),
        },
    )


def without(kind: str) -> Break:
    return lambda of: evolve(of, resources=tuple(each for each in of.resources if each not in of.of(kind)))


def is_id(each: Recorded) -> str:
    return f"{each.name}-id"


def queue_url(each: Recorded) -> str:
    return f"https://sqs.{_pulumi.REGION}.amazonaws.com/{_pulumi.ACCOUNT}/{each.name}-1a2b3c4"


def arn_of(place: str) -> Callable[[Recorded], str]:
    return lambda each: f"arn:aws:{place.format(name=each.name)}"


HERE = f"{_pulumi.REGION}:{_pulumi.ACCOUNT}"
BALANCER = arn_of(f"elasticloadbalancing:{HERE}:loadbalancer/app/{{name}}-1a2b3c4/1")
ACL = arn_of(f"wafv2:{HERE}:regional/webacl/{{name}}-1a2b3c4/1")


HIDDEN: Mapping[str, Inputs] = {
    "paths": {"uriPath": {}},  # the key of a record
    "queries": {"queryString": {}},  # the key of the last record of a page
    **{name: {"singleHeader": {"name": name}} for name in ("authorization", "cookie", "x-api-key")},
}


def hides(part: str) -> Holds:
    return every("wafv2.WebAclLoggingConfiguration", lambda inputs: HIDDEN[part] in inputs["redactedFields"])


def is_well_named(group: str) -> Holds:
    return every(
        "wafv2.WebAcl",
        lambda inputs: (
            group
            in {
                rule["statement"].get("managedRuleGroupStatement", {}).get("name") for rule in inputs["rules"]
            }
        ),
    )


def denies_plain_http(inputs: Inputs) -> bool:
    statements = json.loads(inputs["policy"])["Statement"]
    return any(
        statement["Effect"] == "Deny"
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in statements
    ) and all(statement["Effect"] == "Deny" or statement["Principal"] != "*" for statement in statements)


def is_listened_to_safely(inputs: Inputs) -> bool:
    (action,) = inputs["defaultActions"]
    if inputs["port"] == 443:
        return inputs["protocol"] == "HTTPS" and bool(inputs["certificateArn"])
    return inputs["port"] == 80 and action.get("redirect", {}).get("protocol") == "HTTPS"


def has_no_secret(container: Inputs) -> bool:
    suspicious = ("SECRET", "PASSWORD", "TOKEN", "API_KEY", "PRIVATE")
    return not any(word in each["name"] for each in container["environment"] for word in suspicious)


CONTROLS: Final[Mapping[str, Control]] = {
    "ECS-01": Control(
        every("ecs.Cluster", lambda i: i["settings"] == [{"name": "containerInsights", "value": "enhanced"}]),
        with_input("ecs.Cluster", settings=[{"name": "containerInsights", "value": "disabled"}]),
    ),
    "ECS-02": Control(
        every("ecs.Service", lambda i: i["networkConfiguration"]["assignPublicIp"] is False),
        with_input("ecs.Service", networkConfiguration={"assignPublicIp": True}),
    ),
    "ECS-03": Control(
        every_container(lambda c: c["readonlyRootFilesystem"]), with_container(readonlyRootFilesystem=False)
    ),
    "ECS-04 privileged": Control(
        every_container(lambda c: not c["privileged"]), with_container(privileged=True)
    ),
    "ECS-04 user": Control(
        every_container(lambda c: c["user"].split(":")[0].isdigit() and c["user"].split(":")[0] != "0"),
        with_container(user="0:0"),
    ),
    "ECS-05": Control(
        every("ecs.TaskDefinition", lambda i: not {"host"} & {i.get("pidMode"), i.get("ipcMode")}),
        with_input("ecs.TaskDefinition", pidMode="host"),
    ),
    "ECS-06": Control(
        every_container(lambda c: c["logConfiguration"]["options"]["mode"] == "non-blocking"),
        with_container(logConfiguration={"logDriver": "awslogs", "options": {"mode": "blocking"}}),
    ),
    "ECS-07": Control(
        every_container(has_no_secret),
        with_container(environment=[{"name": "DB_PASSWORD", "value": "x"}]),
    ),
    "ECS-08": Control(
        every("ecs.TaskDefinition", lambda i: i["taskRoleArn"] != i["executionRoleArn"]),
        with_input("ecs.TaskDefinition", taskRoleArn="r", executionRoleArn="r"),
    ),
    "ECS-09": Control(
        every("ecs.Service", lambda i: i["platformVersion"] == "LATEST"),
        with_input("ecs.Service", platformVersion="1.3.0"),
    ),
    "ECS-10": Control(
        every("ecs.Service", lambda i: i["enableExecuteCommand"] is False),
        with_input("ecs.Service", enableExecuteCommand=True),
    ),
    "ALB-01": Control(
        every("lb.LoadBalancer", lambda i: i["accessLogs"]["enabled"] is True),
        with_input("lb.LoadBalancer", accessLogs={"enabled": False}),
    ),
    "ALB-02": Control(
        every("lb.Listener", is_listened_to_safely), with_input("lb.Listener", port=443, protocol="HTTP")
    ),
    "ALB-03": Control(
        every("lb.Listener", lambda i: i["port"] == 80 or "TLS13-1-2" in i["sslPolicy"]),
        with_input("lb.Listener", sslPolicy="ELBSecurityPolicy-2016-08"),
    ),
    "ALB-04": Control(
        every("lb.LoadBalancer", lambda i: i["dropInvalidHeaderFields"]),
        with_input("lb.LoadBalancer", dropInvalidHeaderFields=False),
    ),
    "ALB-05": Control(
        every("lb.LoadBalancer", lambda i: i["enableDeletionProtection"]),
        with_input("lb.LoadBalancer", enableDeletionProtection=False),
    ),
    "ALB-06": Control(
        every("lb.LoadBalancer", lambda i: i["desyncMitigationMode"] == "strictest"),
        with_input("lb.LoadBalancer", desyncMitigationMode="monitor"),
    ),
    "ALB-07": Control(
        each_has("lb.LoadBalancer", "wafv2.WebAclAssociation", "resourceArn", by=BALANCER),
        without("wafv2.WebAclAssociation"),
    ),
    "ALB-08": Control(
        every("lb.LoadBalancer", lambda i: len(set(i["subnets"])) >= 2),
        with_input("lb.LoadBalancer", subnets=["one"]),
    ),
    "ALB-09": Control(
        every("lb.TargetGroup", lambda i: i["protocol"] == "HTTPS" and i["healthCheck"]["path"] == "/health"),
        with_input("lb.TargetGroup", protocol="HTTP"),
    ),
    "WAF-01": Control(
        every(
            "wafv2.WebAcl",
            lambda i: (
                all(each["visibilityConfig"]["cloudwatchMetricsEnabled"] for each in [i, *i["rules"]])
                and len(i["rules"]) >= 1
            ),
        ),
        with_input("wafv2.WebAcl", rules=[]),
    ),
    "WAF-02 one for each": Control(
        each_has("wafv2.WebAcl", "wafv2.WebAclLoggingConfiguration", "resourceArn", by=ACL),
        without("wafv2.WebAclLoggingConfiguration"),
    ),
    **{
        f"WAF-02 redacted {part}": Control(
            hides(part),
            with_input(
                "wafv2.WebAclLoggingConfiguration",
                redactedFields=[field for name, field in HIDDEN.items() if name != part],
            ),
        )
        for part in HIDDEN
    },
    "WAF-03": Control(
        is_well_named("AWSManagedRulesKnownBadInputsRuleSet"), with_input("wafv2.WebAcl", rules=[])
    ),
    **{
        f"WAF-04 {group}": Control(is_well_named(group), with_input("wafv2.WebAcl", rules=[]))
        for group in MANAGED
    },
    "WAF-04 rate": Control(
        every("wafv2.WebAcl", lambda i: any("rateBasedStatement" in r["statement"] for r in i["rules"])),
        with_input("wafv2.WebAcl", rules=[]),
    ),
    "SQS-01": Control(
        every("sqs.Queue", lambda i: i.get("kmsMasterKeyId") == _given.KEY),
        with_input("sqs.Queue", kmsMasterKeyId=None),
    ),
    "SQS-02": Control(
        every(
            "sqs.Queue",
            lambda i: (
                3 <= json.loads(i["redrivePolicy"])["maxReceiveCount"] <= 10
                if "redrivePolicy" in i
                else i["messageRetentionSeconds"] == 14 * 86_400
            ),
        ),
        with_input("sqs.Queue", redrivePolicy='{"maxReceiveCount": 1000}'),
    ),
    "SQS-03 one for each": Control(
        each_has("sqs.Queue", "sqs.QueuePolicy", "queueUrl", by=queue_url), without("sqs.QueuePolicy")
    ),
    "SQS-03 denied": Control(
        every("sqs.QueuePolicy", denies_plain_http),
        with_input("sqs.QueuePolicy", policy='{"Statement": [{"Effect": "Allow", "Principal": "*"}]}'),
    ),
    "VPC-01": Control(each_has("ec2.Vpc", "ec2.FlowLog", "vpcId", by=is_id), without("ec2.FlowLog")),
    "VPC-02 taken over": Control(
        each_has("ec2.Vpc", "ec2.DefaultSecurityGroup", "vpcId", by=is_id),
        without("ec2.DefaultSecurityGroup"),
    ),
    "VPC-02 empty": Control(
        every("ec2.DefaultSecurityGroup", lambda i: i["ingress"] == i["egress"] == []),
        with_input("ec2.DefaultSecurityGroup", egress=[{"protocol": "-1"}]),
    ),
    "VPC-03": Control(
        every("ec2.Subnet", lambda i: i["mapPublicIpOnLaunch"] is False),
        with_input("ec2.Subnet", mapPublicIpOnLaunch=True),
    ),
    "VPC-04": Control(
        every("vpc.SecurityGroupIngressRule", lambda i: i.get("cidrIpv4") not in OPEN),
        with_input("vpc.SecurityGroupIngressRule", **WORLD),
    ),
    "VPC-04 inline": Control(
        every("ec2.SecurityGroup", lambda i: not {"ingress", "egress"} & set(i)),
        with_input("ec2.SecurityGroup", ingress=[{"cidrBlocks": ["0.0.0.0/0"]}]),
    ),
    "VPC-05 ports": Control(
        every(
            "vpc.SecurityGroupEgressRule", lambda i: i["fromPort"] == i["toPort"] and i["ipProtocol"] == "tcp"
        ),
        with_input("vpc.SecurityGroupEgressRule", ipProtocol="-1", **WORLD),
    ),
    "VPC-05 described": Control(
        every("vpc.SecurityGroupEgressRule", lambda i: bool(i.get("description"))),
        with_input("vpc.SecurityGroupEgressRule", description=None),
    ),
    # the list of the control has SNS, too; no task publishes, notices are sent by functions
    "VPC-06 services": Control(
        lambda of: (
            {
                each.inputs["serviceName"].removeprefix(f"com.amazonaws.{_pulumi.REGION}.")
                for each in of.of("ec2.VpcEndpoint")
            }
            == {"s3", "dynamodb", *INTERFACES}
            and {"kms", "states", "sqs", "logs", "ecr.api", "ecr.dkr"} <= set(INTERFACES)
        ),
        without("ec2.VpcEndpoint"),
    ),
    "VPC-06 policies": Control(
        every(
            "ec2.VpcEndpoint",
            lambda i: (
                json.loads(i["policy"])["Statement"][0]["Condition"]
                == {"StringEquals": {"aws:PrincipalAccount": _pulumi.ACCOUNT}}
            ),
        ),
        with_input("ec2.VpcEndpoint", policy='{"Statement": [{"Effect": "Allow", "Condition": {}}]}'),
    ),
    "ECR-01": Control(
        every("ecr.Repository", lambda i: i["imageTagMutability"] == "IMMUTABLE"),
        with_input("ecr.Repository", imageTagMutability="MUTABLE"),
    ),
    "ECR-02": Control(
        every("ecr.Repository", lambda i: i["imageScanningConfiguration"] == {"scanOnPush": True}),
        with_input("ecr.Repository", imageScanningConfiguration={"scanOnPush": False}),
    ),
    "ECR-03 key": Control(
        every(
            "ecr.Repository",
            lambda i: i["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": _given.KEY}],
        ),
        with_input("ecr.Repository", encryptionConfigurations=[{"encryptionType": "AES256"}]),
    ),
    "ECR-03 end": Control(
        each_has(
            "ecr.Repository", "ecr.LifecyclePolicy", "repository", by=lambda each: f"{each.name}-1a2b3c4"
        ),
        without("ecr.LifecyclePolicy"),
    ),
    "CWL": Control(
        every("cloudwatch.LogGroup", lambda i: i["kmsKeyId"] == _given.KEY and i["retentionInDays"] == 30),
        with_input("cloudwatch.LogGroup", retentionInDays=None),
    ),
}


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_holds(containers: Outcome, control: str) -> None:
    assert CONTROLS[control].holds(containers)


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_bites(containers: Outcome, control: str) -> None:
    assert not CONTROLS[control].holds(CONTROLS[control].broken(containers))


def test_no_policy_of_a_repository_makes_it_public(containers: Outcome) -> None:
    assert not containers.of("ecr.RepositoryPolicy")
