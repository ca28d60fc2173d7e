"""IAM as data: one statement per purpose, exact actions, exact resources."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pulumi
from attrs import field, frozen

NO_RESOURCE_LEVEL: Final[Mapping[str, str]] = {
    "xray:PutTraceSegments": "X-Ray knows no resource for segments",
    "xray:PutTelemetryRecords": "X-Ray knows no resource for telemetry",
    "ecr:GetAuthorizationToken": "a registry belongs to an account, and has no ARN",
    "logs:CreateLogDelivery": "vended log delivery has no resource level; Step Functions asks for it",
    "logs:GetLogDelivery": "vended log delivery has no resource level; Step Functions asks for it",
    "logs:UpdateLogDelivery": "vended log delivery has no resource level; Step Functions asks for it",
    "logs:DeleteLogDelivery": "vended log delivery has no resource level; Step Functions asks for it",
    "logs:ListLogDeliveries": "vended log delivery has no resource level; Step Functions asks for it",
    "logs:PutResourcePolicy": "account-wide by nature; Step Functions asks for it",
    "logs:DescribeResourcePolicies": "account-wide by nature; Step Functions asks for it",
    "states:SendTaskFailure": "a task is known by its token only",
    "states:SendTaskHeartbeat": "a task is known by its token only",
    "states:SendTaskSuccess": "a task is known by its token only",
    "logs:DescribeLogGroups": "Step Functions looks its group up by listing",
}
"""The only actions that may stand on the resource `*`, each with the reason.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html and the service authorization reference.
"""

DELETE: Final = "dynamodb:DeleteItem"
GET: Final = "dynamodb:GetItem"
PUT: Final = "dynamodb:PutItem"
QUERY: Final = "dynamodb:Query"
UPDATE: Final = "dynamodb:UpdateItem"
OPEN: Final = ("kms:Decrypt",)
USE_KEY: Final = ("kms:Decrypt", "kms:GenerateDataKey")
READ_TABLE_KEY: Final = ("kms:Decrypt", "kms:DescribeKey")
TABLE_KEY: Final = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""What DynamoDB asks of the caller's rights on the key of an encrypted table.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
"""


Condition = pulumi.Input[str] | Sequence[pulumi.Input[str]]


@frozen(kw_only=True)
class Statement:
    """One permission: `sid` says what for. `conditions` is operator -> condition key -> value or values."""

    sid: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    conditions: Mapping[str, Mapping[str, Condition]] = field(factory=dict[str, Mapping[str, Condition]])

    def document(self) -> dict[str, object]:
        """Give the statement as IAM writes it."""
        body: dict[str, object] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": sorted(self.actions),
            "Resource": list(self.resources),
        }
        return body | ({"Condition": self.conditions} if self.conditions else {})


def policy(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """Give the policy document of these statements as JSON."""
    return policy_json([statement.document() for statement in statements])


def united_policy(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """Give the policy document of the statements of several functions, for one role that does their work."""
    return policy(statements).apply(unite)


def unite(document: str) -> str:
    """Make one statement of those with the same sid, which IAM allows only once; without repetitions.

    ValueError when their conditions are not the same.
    """
    parsed: dict[str, Any] = json.loads(document)
    by_sid: dict[str, dict[str, Any]] = {}
    for statement in parsed["Statement"]:
        sid = statement["Sid"]
        known = by_sid.setdefault(sid, {**statement, "Action": [], "Resource": []})
        if known.get("Condition") != statement.get("Condition"):
            raise ValueError(f"the statements {sid} have different conditions")
        known["Action"] = sorted({*known["Action"], *statement["Action"]})
        known["Resource"] = list(dict.fromkeys([*known["Resource"], *statement["Resource"]]))
    return json.dumps({**parsed, "Statement": list(by_sid.values())})


def policy_json(statements: Sequence[Mapping[str, object]]) -> pulumi.Output[str]:
    """Give a policy document as JSON; for resource policies, whose statements also name a principal."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(service: str, *, account_id: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
    """Let one AWS service assume a role; with `account_id` only on behalf of that account.

    Lambda does not say on whose behalf it assumes an execution role, and would be kept out by a condition.
    """
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if account_id is not None:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account_id}}
    return policy_json([statement])


def deny_plain_http(sid: str, actions: Sequence[str], resources: Sequence[object]) -> dict[str, object]:
    """Refuse every request that does not come over TLS; for resource policies."""
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(actions),
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def key_through(
    sid: str, key_arn: pulumi.Input[str], service: str, region: str, actions: Sequence[str] = USE_KEY
) -> Statement:
    """Use the stack's key, but only through one service (`kms:ViaService`), never directly."""
    return Statement(
        sid=sid,
        actions=actions,
        resources=[key_arn],
        conditions={"StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"}},
    )


def use_table(
    what: str, arn: pulumi.Input[str], actions: Sequence[str], *, key_arn: pulumi.Input[str], region: str
) -> list[Statement]:
    """Do this with the items of one table, whose name for the reader is `what`, and use its key for it."""
    key_actions = READ_TABLE_KEY if set(actions) <= {GET, QUERY} else TABLE_KEY
    return [
        Statement(sid=f"Use{what}", actions=actions, resources=[arn]),
        key_through(f"Open{what}", key_arn, "dynamodb", region, key_actions),
    ]


def write_log(group_arn: pulumi.Input[str]) -> Statement:
    """Write to one log group, which exists already."""
    return Statement(
        sid="WriteOwnLog",
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[pulumi.Output.concat(group_arn, ":*")],
    )


TRACE: Final = Statement(
    sid="SendTraces", actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources=["*"]
)
