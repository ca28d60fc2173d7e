"""Tables and buckets of the emulator for single tests; it starts when the first test asks for one."""

import uuid
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from local import emulator
from local.aws import Aws
from local.home import Home

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Generator[Aws]:
    home = Home(tmp_path_factory.mktemp("emulator"))
    port = emulator.choose_port(None, None)
    pid = emulator.start(home, port, lambda _: None)
    try:
        yield Aws(f"http://{emulator.HOST}:{port}", "eu-central-1", home.root / "layers")
    finally:
        emulator.stop(pid, home)


@pytest.fixture
def dynamodb(aws: Aws) -> "DynamoDBClient":
    return aws.client("dynamodb")


@pytest.fixture
def s3(aws: Aws) -> "S3Client":
    return aws.client("s3")


@pytest.fixture
def kms(aws: Aws) -> "KMSClient":
    return aws.client("kms")


@pytest.fixture
def ledger_table(dynamodb: "DynamoDBClient") -> str:
    name = f"ledger-{uuid.uuid4().hex[:8]}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"}
            for attribute in ("pk", "sk", "list_pk", "list_sk", "at_work")
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "jobs-by-time",
                "KeySchema": [
                    {"AttributeName": "list_pk", "KeyType": "HASH"},
                    {"AttributeName": "list_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            },
            {
                "IndexName": "jobs-at-work",
                "KeySchema": [
                    {"AttributeName": "at_work", "KeyType": "HASH"},
                    {"AttributeName": "list_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
    )
    return name


@pytest.fixture
def records_table(dynamodb: "DynamoDBClient") -> str:
    name = f"records-{uuid.uuid4().hex[:8]}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    return name
