"""What a load in this process works on."""

import uuid
from typing import TYPE_CHECKING

import pytest

from foreman_core.ledger import Ledger
from foreman_core.records import Records
from foreman_core.signing import KmsSigner
from foreman_core.storage import Files
from tests.core.pipeline._load import Api, Loading

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def signer(kms: "KMSClient") -> KmsSigner:
    made = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]
    return KmsSigner(kms, made.get("Arn", ""))


@pytest.fixture
def loading(
    dynamodb: "DynamoDBClient", s3: "S3Client", ledger_table: str, records_table: str, signer: KmsSigner
) -> Loading:
    bucket = f"intake-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    records = Records(dynamodb, records_table, "thing")
    return Loading(s3, Ledger(dynamodb, ledger_table), Files(s3, bucket), records, Api(records), signer)
