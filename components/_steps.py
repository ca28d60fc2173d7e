"""The functions behind the states: what each is given, and what it may do. Nothing here makes a resource."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
from attrs import field, frozen

from components._function import Runtime
from components._iam import (
    GET,
    OPEN,
    PUT,
    QUERY,
    UPDATE,
    USE_KEY,
    Statement,
    key_through,
    use_table,
)
from foreman_core.schema import RecordSchema
from foreman_core.schema.graphql import upsert_field

FUNCTION_CHUNKS: Final = 20
"""As many chunks does one function plan or load: some 10,000 rows, in a minute or two."""

INCOMING: Final = "incoming/*"
UPLOADS: Final = (INCOMING, "submitted/*")
JUDGED: Final = "jobs/*/judged/*"
"""What validation has made of the files."""
RETURNED: Final = ("jobs/*/corrected.txt", JUDGED, "jobs/*/rejects.csv")
"""What validation reads: of a job whose rejects file comes back, and what it publishes."""
COMPARED: Final = ("jobs/*/judged/*/accepted.jsonl", "jobs/*/plan/*")
"""What planning reads: rows, or the plan of a job that is to be undone."""
ACCOUNTED: Final = ("jobs/*/corrected.txt", JUDGED, "jobs/*/plan/*")
"""What the account at the end is made of."""


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
    state_machine_arn: pulumi.Input[str]
    api_arn: pulumi.Input[str]
    graphql_url: pulumi.Input[str]
    receipt_key_arn: pulumi.Input[str]
    chunk_rows: int
    validate_memory_mb: int
    validate_storage_mb: int
    function_bytes: int
    worker_bytes: int
    approval: str


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
    ways = {
        **bucket,
        "FUNCTION_BYTES": str(of.function_bytes),
        "FUNCTION_CHUNKS": str(FUNCTION_CHUNKS),
        "WORKER_BYTES": str(of.worker_bytes),
    }
    gate = {**ways, "APPROVAL": of.approval}
    return {
        "ingest": Step(
            memory_mb=1024,  # which gets a large file out of S3 at full speed
            environment=ways,
            permissions=[
                *use_ledger(of, GET, PUT, UPDATE),
                *read_uploads(of, *UPLOADS),
                open_files(of, OPEN),
            ],
        ),
        "undo": Step(
            environment=ways,
            permissions=[
                *use_ledger(of, GET, PUT, QUERY, UPDATE),
                write_files(of, "jobs/*/chunks/*"),
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
                read_files(of, *RETURNED),
                write_files(of, "jobs/*"),
                open_files(of),
            ],
        ),
        "prepare": prepare_step(of, gate),
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
            environment=gate,
            permissions=[
                *use_ledger(of, GET, PUT, QUERY, UPDATE),
                *write_job_files(of),
                # whether a dropped file has a later version
                *read_uploads(of, INCOMING),
            ],
        ),
        "approval": Step(
            environment={"STATE_MACHINE_ARN": of.state_machine_arn, "TOPIC_ARN": of.topic_arn},
            permissions=[
                *use_ledger(of, GET, PUT, UPDATE),
                *send_notices(of),
                answer_tasks("states:SendTaskSuccess"),
                seal_answers(of),
            ],
        ),
        "load": load_step(of),
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
                _sign_receipts(of),
                # rows that were refused while they were loaded join the rejects file as they came
                *read_uploads(of, *UPLOADS),
                read_files(of, *ACCOUNTED),
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


def prepare_step(of: StepArgs, environment: Mapping[str, pulumi.Input[str]]) -> Step:
    """Give the step that validates, plans and seals a small file."""
    return Step(
        polars=True,
        memory_mb=of.validate_memory_mb,
        storage_mb=of.validate_storage_mb,
        environment={**environment, "CHUNK_ROWS": str(of.chunk_rows), "RECORDS_TABLE": of.records_table},
        permissions=[
            *use_ledger(of, GET, PUT, QUERY, UPDATE),
            *read_uploads(of, *UPLOADS),
            read_files(of, "jobs/*/chunks/*", "jobs/*/plan/*", *RETURNED),
            write_files(of, "jobs/*"),
            open_files(of),
            _read_records(of),
        ],
    )


def load_step(of: StepArgs) -> Step:
    """Give the step that loads the chunks of a small file, and adds up what became of its rows."""
    return Step(
        memory_mb=of.validate_memory_mb,
        storage_mb=of.validate_storage_mb,
        environment={
            "INTAKE_BUCKET": of.bucket,
            "GRAPHQL_URL": of.graphql_url,
            "RECEIPT_KEY": of.receipt_key_arn,
            "RECORDS_TABLE": of.records_table,
        },
        permissions=[
            *use_ledger(of, GET, PUT, QUERY, UPDATE),
            *read_uploads(of, *UPLOADS),
            read_files(of, "jobs/*/plan-chunks.json", *ACCOUNTED),
            *write_job_files(of),
            _read_records(of),
            _write_records(of),
            _sign_receipts(of),
        ],
    )


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
    """Read the uploaded version, or learn that it is gone."""
    return [
        Statement(
            sid="ReadUploads",
            actions=["s3:GetObject", "s3:GetObjectVersion"],
            resources=_objects(of, prefixes),
        ),
        tell_gone(of, "s3:ListBucket", "s3:ListBucketVersions"),
    ]


def tell_gone(of: StepArgs, *actions: str) -> Statement:
    """List the bucket: with this right S3 says «gone» (404) of an object instead of «forbidden» (403).

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    return Statement(sid="TellGoneFromForbidden", actions=actions, resources=[of.bucket_arn])


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
    return [read_files(of, *COMPARED), write_files(of, "jobs/*/plan/*"), _read_records(of)]


def _read_records(of: StepArgs) -> Statement:
    """Read records; the key through DynamoDB is opened for the ledger already."""
    return Statement(
        sid="CompareWithRecords", actions=["dynamodb:BatchGetItem"], resources=[of.records_table_arn]
    )


def _sign_receipts(of: StepArgs) -> Statement:
    return Statement(
        sid="SignReceipts", actions=["kms:GetPublicKey", "kms:Sign"], resources=[of.receipt_key_arn]
    )


def answer_tasks(*actions: str) -> Statement:
    """Answer tasks of the state machine that wait with a token."""
    return Statement(sid="AnswerTasks", actions=actions, resources=["*"])


def seal_answers(of: StepArgs) -> Statement:
    """Use the key for what a state machine is told.

    https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
    """
    return key_through("SealJobInput", of.runtime.key_arn, "states", of.runtime.region)


def write_job_files(of: StepArgs) -> list[Statement]:
    """Write whatever belongs to a job."""
    return [write_files(of, "jobs/*"), open_files(of)]


def _write_records(of: StepArgs) -> Statement:
    field_arn = pulumi.Output.concat(of.api_arn, "/types/Mutation/fields/", upsert_field(of.record_schema))
    return Statement(sid="WriteRecordsThroughTheApi", actions=["appsync:GraphQL"], resources=[field_arn])


def _objects(of: StepArgs, prefixes: Sequence[str]) -> list[pulumi.Output[str]]:
    return [pulumi.Output.concat(of.bucket_arn, "/", prefix) for prefix in prefixes]
