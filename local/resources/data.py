"""Tables."""

from collections.abc import Mapping
from typing import Any, Final

from local.aws import Aws, autoname
from local.resources.created import Created, Inputs, pascal

MOST_RECOVERY_DAYS: Final = 35


def table(aws: Aws, name: str, given: Inputs) -> Created:
    """A DynamoDB table with its indexes, stream, time to live and backups."""
    dynamodb = aws.client("dynamodb")
    physical = given.get("name") or autoname(name)
    asked: dict[str, Any] = {
        "TableName": physical,
        "BillingMode": given["billingMode"],
        "AttributeDefinitions": [
            {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
            for attribute in given.blocks("attributes")
        ],
        "KeySchema": _keys(given),
        "DeletionProtectionEnabled": bool(given.get("deletionProtectionEnabled")),
    }
    indexes: list[dict[str, Any]] = [
        {
            "IndexName": index["name"],
            "KeySchema": pascal(index["keySchemas"]) if index.get("keySchemas") else _keys(index),
            "Projection": {"ProjectionType": index["projectionType"]},
        }
        for index in given.blocks("globalSecondaryIndexes")
    ]
    if indexes:
        asked["GlobalSecondaryIndexes"] = indexes
    if given.get("streamEnabled"):
        asked["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": given["streamViewType"]}
    if given.block("serverSideEncryption").get("enabled"):
        asked["SSESpecification"] = {
            "Enabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": given["serverSideEncryption"]["kmsKeyArn"],
        }
    made = dynamodb.create_table(**asked)["TableDescription"]
    if given.get("ttl"):
        dynamodb.update_time_to_live(
            TableName=physical,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": given["ttl"]["attributeName"]},
        )
    recovery = given.block("pointInTimeRecovery")
    if recovery.get("enabled"):
        dynamodb.update_continuous_backups(
            TableName=physical,
            PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": True,
                "RecoveryPeriodInDays": recovery.get("recoveryPeriodInDays") or MOST_RECOVERY_DAYS,
            },
        )
    outputs = {"arn": made["TableArn"], "name": physical, "streamArn": made.get("LatestStreamArn")}
    return Created(physical, outputs)


def _keys(of: Mapping[str, Any]) -> list[dict[str, str]]:
    keys = [{"AttributeName": of["hashKey"], "KeyType": "HASH"}]
    if of.get("rangeKey"):
        keys.append({"AttributeName": of["rangeKey"], "KeyType": "RANGE"})
    return keys
