"""The functions behind the states: what each is given, and what it may do. Nothing here makes a resource."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
from attrs import field, frozen

from components._function import Runtime
from components._iam import GET, OPEN, PUT, QUERY, UPDATE, USE_KEY, Statement, key_through, use_table
from foreman_core.schema import RecordSchema
from foreman_core.schema.graphql import upsert_field

UPLOADS: Final = ("incoming/*", "submitted/*")


@frozen(kw_only=True)
class StepArgs:
    """Where the steps find jobs, files and records. What lies where is in docs/architecture.md."""

    runtime: Runtime
    record_schema: RecordSchema
    bucket: pulumi.Input[str]
    bucket_arn: pulumi.Input[str]
    ledger_table: pulumi.Input[str]
    ledger_table_arn: pulumi.Input[str]
    records_table: pulumi.Input[str]
    records_table_arn: pulumi.Input[str]
    topic_arn: pulumi.Input[str]
    api_arn: pulumi.Input[str]
    graphql_url: pulumi.Input[str]
    receipt_key_arn: pulumi.Input[str]
    chunk_rows: int
    validate_memory_mb: int
    validate_storage_mb: int


@frozen(kw_only=True)
class Step:
    """One function: its size, what it is told beside the ledger's name, and what it may do."""

    environment: Mapping[str, pulumi.Input[str]]
    permissions: Sequence[Statement]
    polars: bool = field(default=False)
    memory_mb: int = field(default=512)
    storage_mb: int = field(default=512)


def steps(of: StepArgs) -> Mapping[str, Step]:
    """Give the steps by the names of their handlers."""
    bucket = {"INTAKE_BUCKET": of.bucket}
    return {
        "ingest": Step(
            environment=bucket,
            permissions=[
                *use_ledger(of, GET, PUT, UPDATE),
                *read_uploads(of, *UPLOADS),
                open_files(of, OPEN),
            ],
        ),
        "undo": Step(
            environment=bucket,
            permissions=[
                *use_ledger(of, GET, PUT, QUERY, UPDATE),
                write_files(of, "jobs/*/chunks.json"),
                open_files(of),
            ],
        ),
        "validate": Step(
            polars=True,
            memory_mb=of.validate_memory_mb,
            storage_mb=of.validate_storage_mb,
            environment={**bucket, "CHUNK_ROWS": str(of.chunk_rows)},
            permissions=[
                *use_ledger(of, GET, PUT, QUERY, UPDATE),
                *read_uploads(of, *UPLOADS),
                # of a job whose rejects file comes back
                read_files(of, "jobs/*/corrected.txt", "jobs/*/mapping.json", "jobs/*/rejects.csv"),
                write_files(of, "jobs/*"),
                open_files(of),
            ],
        ),
        "plan": Step(
            memory_mb=1024,
            environment={**bucket, "RECORDS_TABLE": of.records_table},
            permissions=[
                *use_ledger(of, GET, PUT),
                *_compare(of),
                open_files(of),
            ],
        ),
        "seal": Step(
            environment=bucket,
            permissions=[*use_ledger(of, GET, PUT, QUERY, UPDATE), *write_job_files(of)],
        ),
        "mutate": Step(
            environment={**bucket, "GRAPHQL_URL": of.graphql_url, "RECORDS_TABLE": of.records_table},
            permissions=[
                *use_ledger(of, GET, UPDATE),
                # rows whose records have moved are compared once more
                *_compare(of),
                open_files(of),
                _write_records(of),
            ],
        ),
        "reconcile": Step(
            # the file may have to be read again, and a workbook is read as a whole
            memory_mb=of.validate_memory_mb,
            storage_mb=of.validate_storage_mb,
            environment={**bucket, "RECEIPT_KEY": of.receipt_key_arn},
            permissions=[
                *use_ledger(of, GET, PUT, QUERY, UPDATE),
                *write_job_files(of),
                Statement(
                    sid="SignReceipts",
                    actions=["kms:GetPublicKey", "kms:Sign"],
                    resources=[of.receipt_key_arn],
                ),
                # rows that were refused while they were loaded join the rejects file as they came
                *read_uploads(of, *UPLOADS),
                read_files(
                    of,
                    "jobs/*/corrected.txt",
                    "jobs/*/corrects.txt",
                    "jobs/*/plan/*",
                    "jobs/*/rejects.csv",
                    "jobs/*/rejects-validated.csv",
                    "jobs/*/verdicts.txt",
                ),
            ],
        ),
        "notify": Step(
            environment={"TOPIC_ARN": of.topic_arn},
            permissions=[*use_ledger(of, GET, UPDATE), *send_notices(of)],
        ),
        "fail": Step(
            environment=bucket,
            permissions=[*use_ledger(of, GET, PUT, QUERY, UPDATE), *write_job_files(of)],
        ),
    }


def use_ledger(of: StepArgs, *actions: str) -> list[Statement]:
    """Do this with the ledger's items."""
    return use_table(
        "Ledger", of.ledger_table_arn, actions, key_arn=of.runtime.key_arn, region=of.runtime.region
    )


def read_files(of: StepArgs, *prefixes: str) -> Statement:
    """Read objects that the steps have written."""
    return Statement(sid="ReadFiles", actions=["s3:GetObject"], resources=_objects(of, prefixes))


def write_files(of: StepArgs, *prefixes: str) -> Statement:
    """Write objects, in parts when they are large."""
    return Statement(
        sid="WriteFiles",
        actions=["s3:PutObject", "s3:AbortMultipartUpload"],
        resources=_objects(of, prefixes),
    )


def read_uploads(of: StepArgs, *prefixes: str) -> list[Statement]:
    """Read the uploaded version; with the right to list, S3 says «gone» (404) instead of «forbidden» (403).

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    return [
        Statement(
            sid="ReadUploads",
            actions=["s3:GetObject", "s3:GetObjectVersion"],
            resources=_objects(of, prefixes),
        ),
        Statement(
            sid="TellGoneFromForbidden",
            actions=["s3:ListBucket", "s3:ListBucketVersions"],
            resources=[of.bucket_arn],
        ),
    ]


def open_files(of: StepArgs, actions: Sequence[str] = USE_KEY) -> Statement:
    """Use the key for the bucket's objects: to read them, and, unless told otherwise, to write them."""
    return key_through("OpenFiles", of.runtime.key_arn, "s3", of.runtime.region, actions)


def send_notices(of: StepArgs) -> list[Statement]:
    """Publish on the topic, which is encrypted."""
    return [
        Statement(sid="SendNotice", actions=["sns:Publish"], resources=[of.topic_arn]),
        key_through("SealNotice", of.runtime.key_arn, "sns", of.runtime.region),
    ]


def _compare(of: StepArgs) -> list[Statement]:
    """Compare rows, or the plan of a job to be undone, with the records, and store what is planned."""
    return [
        read_files(of, "jobs/*/accepted.jsonl", "jobs/*/plan/*"),
        write_files(of, "jobs/*/plan/*"),
        # the key through DynamoDB is opened for the ledger already
        Statement(
            sid="CompareWithRecords",
            actions=["dynamodb:BatchGetItem"],
            resources=[of.records_table_arn],
        ),
    ]


def write_job_files(of: StepArgs) -> list[Statement]:
    """Write whatever belongs to a job."""
    return [write_files(of, "jobs/*"), open_files(of)]


def _write_records(of: StepArgs) -> Statement:
    field_arn = pulumi.Output.concat(of.api_arn, "/types/Mutation/fields/", upsert_field(of.record_schema))
    return Statement(sid="WriteRecordsThroughTheApi", actions=["appsync:GraphQL"], resources=[field_arn])


def _objects(of: StepArgs, prefixes: Sequence[str]) -> list[pulumi.Output[str]]:
    return [pulumi.Output.concat(of.bucket_arn, "/", prefix) for prefix in prefixes]
