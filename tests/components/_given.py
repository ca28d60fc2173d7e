"""What the components are given in these tests: short names, that can be told apart in what comes out."""

from typing import Any

import pulumi
from attrs import evolve

from components._container_settings import ContainerSettings, WebSettings, WorkerSettings
from components._function import Runtime
from components.containers import ContainersArgs
from components.core_api import CoreApiArgs
from components.intake import IntakeArgs
from components.notices import NoticesArgs
from components.orchestration import OrchestrationArgs
from foreman_core.schema import find_schema
from tests._pulumi import ACCOUNT, REGION

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
LEDGER = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/ledger"
RECORDS = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/records"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:foreman-dev-import"
BUCKET = "arn:aws:s3:::files"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:notices"
PACKAGE = "where conftest puts the archives"
RECEIPT_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/receipts"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/foreman@sha256:{'5' * 64}"
API = f"arn:aws:appsync:{REGION}:{ACCOUNT}:apis/api1"


def runtime(**changed: Any) -> Runtime:  # noqa: ANN401 - any argument
    return evolve(
        Runtime(
            stack="dev",
            region=REGION,
            account_id=ACCOUNT,
            code=pulumi.FileArchive("code.zip"),
            layer_arn="arn:layer",
            polars_layer_arn="arn:polars",
            architecture="arm64",
            python_version="3.13",
            key_arn=KEY,
            log_level="INFO",
            log_retention_days=30,
            tracing=True,
        ),
        **changed,
    )


def core_api(**changed: Any) -> CoreApiArgs:  # noqa: ANN401 - as above
    return evolve(
        CoreApiArgs(
            stack="dev",
            region=REGION,
            account_id=ACCOUNT,
            record_schema=find_schema("customer"),
            package_dir=PACKAGE,
            architecture="arm64",
            python_version="3.13",
            log_level="INFO",
            log_retention_days=30,
            tracing=True,
            protect=True,
            introspection=False,
            api_key_expires="2030-01-02T00:00:00Z",
            user_pool_id=None,
        ),
        **changed,
    )


def intake(**changed: Any) -> IntakeArgs:  # noqa: ANN401 - as above
    return evolve(
        IntakeArgs(
            runtime=runtime(),
            ledger_table="ledger",
            ledger_table_arn=LEDGER,
            state_machine_arn=MACHINE,
            record_type="customer",
            protect=True,
            notify_email=None,
            incoming_days=11,
            submitted_days=22,
            jobs_days=33,
            noncurrent_days=44,
            access_log_days=55,
        ),
        **changed,
    )


def orchestration(**changed: Any) -> OrchestrationArgs:  # noqa: ANN401 - as above
    return evolve(
        OrchestrationArgs(
            runtime=runtime(),
            record_schema=find_schema("customer"),
            state_machine_arn=MACHINE,
            bucket="files",
            bucket_arn=BUCKET,
            ledger_table="ledger",
            ledger_table_arn=LEDGER,
            records_table="records",
            records_table_arn=RECORDS,
            topic_arn=TOPIC,
            tolerated_percent=40,
            function_bytes=1000,
            worker_bytes=0,
            approval="never",
            approval_hours=48,
            work_queue_url=None,
            work_queue_arn=None,
            api_id="api1",
            api_arn=API,
            graphql_url="https://api.example/graphql",
            receipt_key_arn=RECEIPT_KEY,
            chunk_rows=250,
            map_concurrency=7,
            mutate_concurrency=None,
            validate_memory_mb=2000,
            validate_storage_mb=3000,
        ),
        **changed,
    )


def notices(**changed: Any) -> NoticesArgs:  # noqa: ANN401 - as above
    return evolve(
        NoticesArgs(
            runtime=runtime(),
            topic_arn=TOPIC,
            api_id="api1",
            ledger_table="ledger",
            ledger_table_arn=LEDGER,
            mail_from="foreman@mail.example.org",
            web_url=None,
            networks=(),
            retry_s=60,
            attempts=7,
            notice_days=30,
            digest_hour=6,
        ),
        **changed,
    )


def web(**changed: Any) -> WebSettings:  # noqa: ANN401 - as above
    return evolve(
        WebSettings(
            certificate_arn=f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/c",
            user_pool_client_id="client",
            allow=("pl-0a1b", "192.0.2.0/24"),
            host="foreman.example.org",
        ),
        **changed,
    )


def containers(**changed: Any) -> ContainersArgs:  # noqa: ANN401 - as above
    return evolve(
        ContainersArgs(
            settings=ContainerSettings(image=IMAGE, web=web(), worker=WorkerSettings()),
            steps=orchestration(),
            user_pool_id="eu-central-1_pool",
            user_pool_keys_url="https://keys",
            protect=True,
            access_log_days=55,
            noncurrent_days=44,
        ),
        **changed,
    )
