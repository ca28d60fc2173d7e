"""The quotas and prices that loads run into: what AWS gives an account by default, in a large region.

`checked` is the day on which the number was read in AWS's documentation; None: from memory, to be looked up
before anybody relies on it. Small regions and new accounts have less of some of them.
"""

from typing import Final

from attrs import frozen

_READ: Final = "2026-11-23"
_SFN: Final = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"
_LAMBDA: Final = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_DYNAMODB: Final = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"
_ON_DEMAND: Final = (
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html"
)
_PARTITIONS: Final = (
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
_APPSYNC: Final = "https://docs.aws.amazon.com/general/latest/gr/appsync.html"
_S3: Final = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html"
_S3_OBJECTS: Final = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"
_SQS: Final = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html"
_KMS: Final = "https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html"
_LOGS: Final = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"


@frozen
class Quota:
    """A limit, its unit, whether AWS raises it on request, and where it is written."""

    name: str
    limit: float
    unit: str
    adjustable: bool
    source: str
    checked: str | None


QUOTAS: Final = {
    quota.name: quota
    for quota in (
        Quota("Step Functions: state transitions", 5_000, "/s", True, _SFN, None),
        Quota("Step Functions: StartExecution", 300, "/s", True, _SFN, None),
        Quota("Step Functions: open executions", 1_000_000, "", True, _SFN, None),
        Quota("Step Functions: open map runs", 1_000, "", False, _SFN, _READ),
        Quota("Step Functions: children of a map at once", 10_000, "", False, _SFN, _READ),
        Quota("Step Functions: events in a history", 25_000, "", False, _SFN, _READ),
        Quota(
            "Step Functions: bytes of a state, the results of a map among them",
            262_144,
            "B",
            False,
            _SFN,
            _READ,
        ),
        Quota("Lambda: concurrent executions", 1_000, "", True, _LAMBDA, None),
        Quota("Lambda: seconds of a run", 900, "s", False, _LAMBDA, _READ),
        Quota("Lambda: MB of disk", 10_240, "MB", False, _LAMBDA, _READ),
        Quota("DynamoDB: write units of a table", 40_000, "/s", True, _DYNAMODB, _READ),
        Quota("DynamoDB: write units of a new table at first", 4_000, "/s", False, _ON_DEMAND, _READ),
        Quota("DynamoDB: write units of a partition", 1_000, "/s", False, _PARTITIONS, _READ),
        Quota("DynamoDB: read units of a partition", 3_000, "/s", False, _PARTITIONS, _READ),
        Quota("DynamoDB: read units of a table", 40_000, "/s", True, _DYNAMODB, None),
        Quota("AppSync: request tokens", 5_000, "/s", True, _APPSYNC, _READ),
        Quota("AppSync: bytes of a request", 1_000_000, "B", False, _APPSYNC, None),
        Quota("AppSync: seconds of a request", 30, "s", False, _APPSYNC, _READ),
        Quota("S3: bytes of an object", 488 * (1 << 40) // 10, "B", False, _S3_OBJECTS, "2026-11-26"),
        Quota("S3: PUT of a prefix", 3_500, "/s", False, _S3, None),
        Quota("S3: GET of a prefix", 5_500, "/s", False, _S3, None),
        Quota("SQS: messages in flight", 120_000, "", True, _SQS, None),
        Quota("KMS: requests of the region", 10_000, "/s", True, _KMS, None),
        Quota("KMS: signatures with elliptic curves", 1_000, "/s", True, _KMS, None),
        Quota("CloudWatch Logs: PutLogEvents", 5_000, "/s", True, _LOGS, None),
    )
}

PRICES: Final = {
    "DynamoDB: million write units": 0.625,
    "DynamoDB: million read units": 0.125,
    "Step Functions: million transitions": 25.0,
    "Lambda: million requests": 0.20,
    "Lambda: GB-second (arm64)": 0.0000133334,
    "AppSync: million requests": 4.0,
    "S3: million PUT": 5.0,
    "S3: million GET": 0.4,
    "CloudWatch Logs: GB taken in": 0.50,
    "Fargate: vCPU-hour (arm64)": 0.03238,
    "Fargate: GB-hour (arm64)": 0.00356,
}
"""Dollars in us-east-1, none of them looked up: https://aws.amazon.com/pricing/. Other regions add 5 to 25 %;
storage, backups and replicas are not in them."""
