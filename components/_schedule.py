"""A function that is called at set times, and the role that lets the schedules call it alone."""

from collections.abc import Mapping
from typing import Final

import orjson
import pulumi
import pulumi_aws as aws
from attrs import field, frozen

from components._function import Function, Runtime
from components._iam import OPEN, Statement, policy, trust

_EVENT_AGE_S: Final = 60
"""The least that EventBridge Scheduler takes:
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html"""


@frozen(kw_only=True)
class Call:
    """When a function is called, as EventBridge Scheduler writes it, and what it is given.

    One that fails to be delivered is repeated up to `retries` times within `age_s` seconds. By default it is
    not: the next call does what this one should have done.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """

    when: str
    what_for: str
    given: Mapping[str, str] = field(factory=dict[str, str])
    retries: int = 0
    age_s: int = _EVENT_AGE_S


def call_regularly(
    name: str,
    function: Function,
    calls: Mapping[str, Call],
    *,
    runtime: Runtime,
    parent: pulumi.Resource,
) -> None:
    """Make the schedules, by their names, and their role."""
    child = pulumi.ResourceOptions(parent=parent)
    role = aws.iam.Role(
        f"{name}-schedule-role",
        assume_role_policy=trust("scheduler.amazonaws.com", account_id=runtime.account_id),
        opts=child,
    )
    allowed = aws.iam.RolePolicy(
        f"{name}-schedule-policy",
        role=role.name,
        policy=policy(
            [
                Statement(sid="Call", actions=["lambda:InvokeFunction"], resources=[function.arn]),
                # with the role, what a schedule gives is opened before each call:
                # https://docs.aws.amazon.com/scheduler/latest/UserGuide/encryption-rest.html
                Statement(sid="OpenWhatIsGiven", actions=OPEN, resources=[runtime.key_arn]),
            ]
        ),
        opts=child,
    )
    for schedule, call in calls.items():
        aws.scheduler.Schedule(
            schedule,
            description=call.what_for,
            schedule_expression=call.when,
            flexible_time_window={"mode": "OFF"},
            kms_key_arn=runtime.key_arn,
            target={
                "arn": function.arn,
                "role_arn": role.arn,
                "input": orjson.dumps(dict(call.given)).decode(),
                "retry_policy": {
                    "maximum_retry_attempts": call.retries,
                    "maximum_event_age_in_seconds": call.age_s,
                },
            },
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[allowed]),
        )
