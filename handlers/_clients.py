"""The one place where AWS clients are made: time-outs, retries with jitter, one connection pool each."""

import threading
from functools import cache
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from requests.auth import AuthBase
from requests_aws4auth import AWS4Auth

from foreman_core.serialising import serialise_batches

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient
    from requests import PreparedRequest

CONFIG: Final = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 5},
    tcp_keepalive=True,
)
BRIEF: Final = CONFIG.merge(
    Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
)
"""For those for whom somebody waits: a call without an answer is given up after 24 seconds at most, three
times a connection and an answer, and pauses of one and two seconds.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""
_S3: Final = Config(
    signature_version="s3v4",
    s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
)
"""Left alone, the client signs forms in the oldest regions with version 2, which S3 does not take for what is
encrypted with KMS, and sends them to an address that is not the region's own. An address given as an IP stays
as it is.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""


@cache
def dynamodb(config: Config = CONFIG) -> "DynamoDBClient":
    """The DynamoDB client."""
    client = boto3.client("dynamodb", config=config)  # pyright: ignore[reportUnknownMemberType]
    serialise_batches(client)
    return client


@cache
def kms() -> "KMSClient":
    """The KMS client."""
    return boto3.client("kms", config=CONFIG)  # pyright: ignore[reportUnknownMemberType]


@cache
def s3(config: Config = CONFIG) -> "S3Client":
    """The S3 client."""
    return boto3.client("s3", config=config.merge(_S3))  # pyright: ignore[reportUnknownMemberType]


@cache
def ses() -> "SESV2Client":
    """The SES client."""
    return boto3.client("sesv2", config=CONFIG)  # pyright: ignore[reportUnknownMemberType]


@cache
def sns() -> "SNSClient":
    """The SNS client."""
    return boto3.client("sns", config=CONFIG)  # pyright: ignore[reportUnknownMemberType]


@cache
def sqs() -> "SQSClient":
    """The SQS client; its requests may wait for a message, which takes less than the time-out."""
    return boto3.client("sqs", config=CONFIG.merge(Config(read_timeout=30)))  # pyright: ignore[reportUnknownMemberType]


@cache
def states(config: Config = CONFIG) -> "SFNClient":
    """The Step Functions client."""
    return boto3.client("stepfunctions", config=config)  # pyright: ignore[reportUnknownMemberType]


class OneAtATime(AuthBase):
    """Signs one request after the other: while credentials are renewed, threads would mix old and new
    ones.
    """

    def __init__(self, auth: AuthBase) -> None:
        self._auth = auth
        self._lock = threading.Lock()

    def __call__(self, request: "PreparedRequest") -> "PreparedRequest":
        """The request, signed."""
        with self._lock:
            return self._auth(request)


@cache
def appsync_auth() -> AuthBase:
    """Signs requests to AppSync with the function's own role; RuntimeError when it has no credentials."""
    session = boto3.Session()
    credentials = session.get_credentials()
    if credentials is None:
        raise RuntimeError("the function has no AWS credentials to sign requests with")
    return OneAtATime(
        AWS4Auth(region=session.region_name, service="appsync", refreshable_credentials=credentials)
    )
