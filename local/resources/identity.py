"""Keys and roles."""

from typing import Any, Final

import orjson

from local.aws import Aws, autoname
from local.resources.created import Created, Inputs

BATCH: Final = "dynamodb:BatchExecuteStatement"
KEY_NOTE: Final = "it is not asked for when tables, files, queues or logs are used, and nothing is encrypted"
TASKS: Final = "ecs-tasks.amazonaws.com"
STARTER_NOTE: Final = "the account may assume it, too: not ECS starts the process here, but this command"
BATCH_NOTE: Final = f"{BATCH} added: the emulator asks for it, AWS for the PartiQL actions alone"
MAIL: Final = "ses:SendEmail"
MAIL_NOTE: Final = f"{MAIL} on everything: the emulator does not see whose mail it is"
SEND: Final = "sqs:SendMessage"
SEND_BATCH: Final = "sqs:SendMessageBatch"
SEND_NOTE: Final = f"{SEND_BATCH} added: the emulator asks for it, AWS for {SEND} alone"
PURPOSE: Final = "kms:EncryptionContext:purpose"
PURPOSE_NOTE: Final = f"conditions on {PURPOSE} left out: the emulator's IAM does not see what is encrypted"


def key(aws: Aws, name: str, given: Inputs) -> Created:
    """A KMS key."""
    kms = aws.client("kms")
    usage = given.get("keyUsage") or "ENCRYPT_DECRYPT"
    made = kms.create_key(
        Description=given.get("description", name),
        Policy=given["policy"],
        KeyUsage=usage,
        KeySpec=given.get("customerMasterKeySpec") or "SYMMETRIC_DEFAULT",
    )["KeyMetadata"]
    if given.get("enableKeyRotation"):
        kms.enable_key_rotation(KeyId=made["KeyId"])
    note = "" if usage == "SIGN_VERIFY" else KEY_NOTE
    return Created(made["KeyId"], {"arn": made["Arn"], "keyId": made["KeyId"]}, note=note)


def key_alias(aws: Aws, _name: str, given: Inputs) -> Created:
    """Another name of a key."""
    aws.client("kms").create_alias(AliasName=given["name"], TargetKeyId=given["targetKeyId"])
    return Created(given["name"], {"arn": f"arn:aws:kms:{aws.region}:{aws.account}:{given['name']}"})


def role(aws: Aws, name: str, given: Inputs) -> Created:
    """A role; the emulator evaluates its policies."""
    physical = given.get("name") or autoname(name)
    trust, note = with_starter(given["assumeRolePolicy"], aws.account)
    made = aws.client("iam").create_role(
        RoleName=physical, AssumeRolePolicyDocument=trust, Path=given.get("path") or "/"
    )["Role"]
    return Created(physical, {"arn": made["Arn"], "name": physical}, note=note)


def with_starter(trust: str, account: str) -> tuple[str, str]:
    """Who may assume a role, and a note when that is not as the program states it: who starts its process."""
    document = orjson.loads(trust)
    trusted = [statement["Principal"].get("Service") for statement in document["Statement"]]
    if TASKS not in trusted:
        return trust, ""
    starter = {"AWS": f"arn:aws:iam::{account}:root"}
    document["Statement"].append({"Effect": "Allow", "Principal": starter, "Action": "sts:AssumeRole"})
    return orjson.dumps(document).decode(), STARTER_NOTE


def role_policy(aws: Aws, name: str, given: Inputs) -> Created:
    """A role's permissions, as the program states them."""
    physical = given.get("name") or autoname(name)
    document, note = as_emulated(given["policy"])
    aws.client("iam").put_role_policy(RoleName=given["role"], PolicyName=physical, PolicyDocument=document)
    return Created(f"{given['role']}:{physical}", {"name": physical}, note=note)


def as_emulated(policy: str) -> tuple[str, str]:
    """A role's policy as the emulator wants it, and a note when that is not as the program states it."""
    document = orjson.loads(policy)
    statements: list[dict[str, Any]] = document["Statement"]
    actions = {action for statement in statements for action in _listed(statement["Action"])}
    notes: list[str] = []
    for action, asked, note in (
        (BATCH, any(action.startswith("dynamodb:PartiQL") for action in actions), BATCH_NOTE),
        (MAIL, MAIL in actions, MAIL_NOTE),
    ):
        if asked:
            statements.append({"Effect": "Allow", "Action": action, "Resource": "*"})
            notes.append(note)
    for statement in statements:
        if SEND in (listed := _listed(statement["Action"])):
            statement["Action"] = [*listed, SEND_BATCH]
            notes.append(SEND_NOTE)
        if PURPOSE in statement.get("Condition", {}).get("StringEquals", {}):
            del statement["Condition"]["StringEquals"][PURPOSE]
            notes.append(PURPOSE_NOTE)
    return (orjson.dumps(document).decode(), "; ".join(notes)) if notes else (policy, "")


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
