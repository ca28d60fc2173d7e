"""Private ways from the tasks to AWS. To AppSync there is none: its endpoints serve private APIs only.

https://docs.aws.amazon.com/appsync/latest/devguide/using-private-apis.html
"""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

from components._function import Runtime
from components._iam import policy_json

PULL: Final = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
)
GATEWAYS: Final[Mapping[str, Sequence[str]]] = {
    "s3": (
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:PutObject",
    ),
    "dynamodb": (
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
    ),
}
"""What the tasks do through the two endpoints that cost nothing."""

INTERFACES: Final[Mapping[str, Sequence[str]]] = {
    "ecr.api": PULL,
    "ecr.dkr": PULL,
    "kms": ("kms:Decrypt", "kms:GenerateDataKey", "kms:GetPublicKey", "kms:Sign"),
    "logs": ("logs:CreateLogStream", "logs:PutLogEvents"),
    "sqs": ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"),
    "states": (
        "states:DescribeExecution",
        "states:RedriveExecution",
        "states:SendTaskFailure",
        "states:SendTaskHeartbeat",
        "states:SendTaskSuccess",
        "states:StartExecution",
    ),
}
"""What the tasks, and ECS for them, do through endpoints that are paid by the hour."""


@frozen(kw_only=True)
class EndpointArgs:
    """Where the endpoints are; `interfaces` says whether there are those that are paid for."""

    runtime: Runtime
    vpc_id: pulumi.Input[str]
    vpc_cidr: str
    subnet_ids: Sequence[pulumi.Input[str]]
    route_table_ids: Sequence[pulumi.Input[str]]
    interfaces: bool


def make_endpoints(name: str, args: EndpointArgs, *, parent: pulumi.Resource) -> None:
    """Make the endpoints; each lets only principals of this account through, and only what is done here."""
    child = pulumi.ResourceOptions(parent=parent)
    region, account_id = args.runtime.region, args.runtime.account_id
    for service, actions in GATEWAYS.items():
        statements = [_own_account(actions, account_id), *([_layers(region)] if service == "s3" else [])]
        aws.ec2.VpcEndpoint(
            f"{name}-{service}",
            vpc_id=args.vpc_id,
            service_name=f"com.amazonaws.{region}.{service}",
            vpc_endpoint_type="Gateway",
            route_table_ids=args.route_table_ids,
            policy=policy_json(statements),
            opts=child,
        )
    if not args.interfaces:
        return
    group = _group(name, args, child)
    for service, actions in INTERFACES.items():
        aws.ec2.VpcEndpoint(
            f"{name}-{service.replace('.', '-')}",
            vpc_id=args.vpc_id,
            service_name=f"com.amazonaws.{region}.{service}",
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=args.subnet_ids,
            security_group_ids=[group.id],
            policy=policy_json([_own_account(actions, account_id)]),
            opts=child,
        )


def _group(name: str, args: EndpointArgs, child: pulumi.ResourceOptions) -> aws.ec2.SecurityGroup:
    group = aws.ec2.SecurityGroup(
        f"{name}-endpoints",
        description="Private endpoints of AWS services",
        vpc_id=args.vpc_id,
        opts=child,
    )
    aws.vpc.SecurityGroupIngressRule(
        f"{name}-endpoints-in",
        security_group_id=group.id,
        description="TLS from within the network",
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
        cidr_ipv4=args.vpc_cidr,
        opts=child,
    )
    return group


def _own_account(actions: Sequence[str], account_id: pulumi.Input[str]) -> dict[str, object]:
    """Let principals of this account through. They are named by a condition: as a principal, an account would
    be its root user alone.

    https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
    """
    return {
        "Sid": "LetOwnAccountThrough",
        "Effect": "Allow",
        "Principal": "*",
        "Action": list(actions),
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": account_id}},
    }


def _layers(region: str) -> dict[str, object]:
    """Let ECR's own addresses of image layers through.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    """
    return {
        "Sid": "LetImageLayersThrough",
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::prod-{region}-starport-layer-bucket/*"],
    }
