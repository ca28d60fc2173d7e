"""The policies of the stack's keys: the account's IAM decides; of the one key for data, five services may use
it for us, too.
"""

from collections.abc import Sequence
from typing import Final

import pulumi

from components._iam import USE_KEY, policy_json

ROOT_STATEMENT: Final = "LetIamDecide"
"""The one statement with a wildcard action: without `kms:*` for the account, nobody might manage the key.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

_LOG_USE: Final = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def key_policy(account_id: pulumi.Input[str], region: str) -> pulumi.Output[str]:
    """Give the key policy as JSON; in it, the resource `*` is this key and nothing else."""
    own_account = {"StringEquals": {"aws:SourceAccount": account_id}}
    log_groups = pulumi.Output.concat("arn:aws:logs:", region, ":", account_id, ":log-group:*")
    deliveries = pulumi.Output.concat("arn:aws:logs:", region, ":", account_id, ":*")
    return policy_json(
        [
            _let_iam_decide(account_id),
            _service(
                "EncryptLogs",
                f"logs.{region}.amazonaws.com",
                _LOG_USE,
                {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
            ),
            _service(
                "DeliverStateMachineLogs",
                "delivery.logs.amazonaws.com",
                ["kms:Decrypt"],
                {"StringEquals": {"kms:EncryptionContext:SourceArn": deliveries}},
            ),
            _service("QueueFileEvents", "s3.amazonaws.com", USE_KEY, own_account),
            _service("QueueNotices", "sns.amazonaws.com", USE_KEY, own_account),
            _service("SendAlarms", "cloudwatch.amazonaws.com", USE_KEY, own_account),
        ]
    )


def receipt_key_policy(account_id: pulumi.Input[str]) -> pulumi.Output[str]:
    """Give the policy of the key that signs: no service uses it for us."""
    return policy_json([_let_iam_decide(account_id)])


def _let_iam_decide(account_id: pulumi.Input[str]) -> dict[str, object]:
    return {
        "Sid": ROOT_STATEMENT,
        "Effect": "Allow",
        "Principal": {"AWS": pulumi.Output.concat("arn:aws:iam::", account_id, ":root")},
        "Action": "kms:*",
        "Resource": "*",
    }


def _service(sid: str, service: str, actions: Sequence[str], condition: object) -> dict[str, object]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": list(actions),
        "Resource": "*",
        "Condition": condition,
    }
