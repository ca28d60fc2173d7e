"""A function that is called every so many minutes, and the role that lets the schedule call it alone."""

import pulumi
import pulumi_aws as aws

from components._function import Function, Runtime
from components._iam import Statement, policy, trust


def call_regularly(
    name: str, function: Function, *, minutes: int, what_for: str, runtime: Runtime, parent: pulumi.Resource
) -> None:
    """Make the schedule. The next call does what one that was lost should have done: it is not repeated."""
    child = pulumi.ResourceOptions(parent=parent)
    role = aws.iam.Role(
        f"{name}-schedule-role",
        assume_role_policy=trust("scheduler.amazonaws.com", account_id=runtime.account_id),
        opts=child,
    )
    allowed = aws.iam.RolePolicy(
        f"{name}-schedule-policy",
        role=role.name,
        policy=policy([Statement(sid="Call", actions=["lambda:InvokeFunction"], resources=[function.arn])]),
        opts=child,
    )
    aws.scheduler.Schedule(
        f"{name}-schedule",
        description=what_for,
        schedule_expression=f"rate({minutes} minutes)",
        flexible_time_window={"mode": "OFF"},
        kms_key_arn=runtime.key_arn,
        target={
            "arn": function.arn,
            "role_arn": role.arn,
            "input": "{}",
            "retry_policy": {"maximum_retry_attempts": 0, "maximum_event_age_in_seconds": 60},
        },
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[allowed]),
    )
