"""Who spoke with whom in a network."""

import pulumi
import pulumi_aws as aws

from components._function import Runtime
from components._iam import Statement, policy, trust


def log_flows(name: str, vpc_id: pulumi.Input[str], runtime: Runtime, *, parent: pulumi.Resource) -> None:
    """Write accepted and rejected connections to a log group.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """
    child = pulumi.ResourceOptions(parent=parent)
    group = aws.cloudwatch.LogGroup(
        f"{name}-log",
        name=f"/foreman/{runtime.stack}/flows",
        retention_in_days=runtime.log_retention_days,
        kms_key_id=runtime.key_arn,
        opts=child,
    )
    role = aws.iam.Role(
        f"{name}-role",
        assume_role_policy=trust("vpc-flow-logs.amazonaws.com", account_id=runtime.account_id),
        opts=child,
    )
    allowed = aws.iam.RolePolicy(
        f"{name}-policy",
        role=role.name,
        policy=policy(
            [
                Statement(
                    sid="WriteFlows",
                    actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    resources=[pulumi.Output.concat(group.arn, ":*")],
                ),
                Statement(sid="FindOwnGroup", actions=["logs:DescribeLogGroups"], resources=["*"]),
            ]
        ),
        opts=child,
    )
    aws.ec2.FlowLog(
        f"{name}",
        vpc_id=vpc_id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[allowed]),
    )
