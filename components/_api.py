"""Fields of the GraphQL API that a Lambda function answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

from components._iam import Statement, policy, trust

_RESOLVER: Final = Path(__file__).with_name("resolver.js")


@frozen(kw_only=True)
class Binding:
    """Which fields of which API a function answers; a field is (type, field), as in ("Query", "job")."""

    api_id: pulumi.Input[str]
    function_arn: pulumi.Input[str]
    account_id: pulumi.Input[str]
    fields: Sequence[tuple[str, str]]


def bind_function(name: str, to: Binding, *, parent: pulumi.Resource) -> None:
    """Make the data source, the role that lets AppSync call this one function, and a resolver per field."""
    child = pulumi.ResourceOptions(parent=parent)
    role = aws.iam.Role(
        f"{name}-source-role",
        assume_role_policy=trust("appsync.amazonaws.com", account_id=to.account_id),
        opts=child,
    )
    allowed = aws.iam.RolePolicy(
        f"{name}-source-policy",
        role=role.name,
        policy=policy(
            [Statement(sid="AnswerFields", actions=["lambda:InvokeFunction"], resources=[to.function_arn])]
        ),
        opts=child,
    )
    source = aws.appsync.DataSource(
        f"{name}-source",
        api_id=to.api_id,
        name=name.replace("-", "_"),
        type="AWS_LAMBDA",
        lambda_config={"function_arn": to.function_arn},
        service_role_arn=role.arn,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[allowed]),
    )
    for type_name, field_name in to.fields:
        aws.appsync.Resolver(
            f"{name}-{type_name.lower()}-{field_name}",
            api_id=to.api_id,
            type=type_name,
            field=field_name,
            kind="UNIT",
            data_source=source.name,
            code=_RESOLVER.read_text(encoding="utf-8"),
            runtime={"name": "APPSYNC_JS", "runtime_version": "1.0.0"},
            opts=child,
        )
