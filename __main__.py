"""Wiring: the configuration, the provider, the components in the order of their dependencies, the outputs."""

from datetime import UTC, datetime

import pulumi
import pulumi_aws as aws
from attrs import asdict

from components._provider import make_provider
from components._steps import StepArgs
from components.config import load_config
from components.containers import Containers, ContainersArgs
from components.core_api import CoreApi, CoreApiArgs, api_key_expiry
from components.intake import Intake, IntakeArgs
from components.notices import Notices, NoticesArgs
from components.observability import Observability, ObservabilityArgs
from components.orchestration import Orchestration, OrchestrationArgs, state_machine_name
from foreman_core.schema import find_schema

config = load_config()
record_schema = find_schema(config.record_type)
provider = make_provider(config)
opts = pulumi.ResourceOptions(provider=provider)
account_id = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(provider=provider)).account_id

# computed: the intake starts the state machine, and the state machine reads the intake's bucket
state_machine_arn = pulumi.Output.concat(
    f"arn:aws:states:{config.region}:", account_id, f":stateMachine:{state_machine_name(config.stack)}"
)

core = CoreApi(
    "core",
    CoreApiArgs(
        stack=config.stack,
        region=config.region,
        account_id=account_id,
        record_schema=record_schema,
        package_dir=config.package_dir,
        architecture=config.architecture,
        python_version=config.python_version,
        log_level=config.log_level,
        log_retention_days=config.log_retention_days,
        tracing=config.tracing,
        protect=config.protect,
        introspection=config.introspection,
        api_key_expires=api_key_expiry(datetime.now(UTC), config.api_key_days),
        user_pool_id=config.user_pool_id,
    ),
    opts,
)
intake = Intake(
    "intake",
    IntakeArgs(
        runtime=core.runtime,
        ledger_table=core.ledger_table,
        ledger_table_arn=core.ledger_table_arn,
        state_machine_arn=state_machine_arn,
        record_type=record_schema.name,
        protect=config.protect,
        notify_email=config.notify_email,
        incoming_days=config.retention.incoming_days,
        submitted_days=config.retention.submitted_days,
        jobs_days=config.retention.jobs_days,
        noncurrent_days=config.retention.noncurrent_days,
        access_log_days=config.retention.access_log_days,
    ),
    opts,
)
steps = StepArgs(
    runtime=core.runtime,
    record_schema=record_schema,
    state_machine_arn=state_machine_arn,
    bucket=intake.bucket,
    bucket_arn=intake.bucket_arn,
    ledger_table=core.ledger_table,
    ledger_table_arn=core.ledger_table_arn,
    records_table=core.records_table,
    records_table_arn=core.records_table_arn,
    topic_arn=intake.topic_arn,
    api_arn=core.api_arn,
    graphql_url=core.graphql_url,
    receipt_key_arn=core.receipt_key_arn,
    chunk_rows=config.chunk_rows,
    validate_memory_mb=config.validate_memory_mb,
    validate_storage_mb=config.validate_storage_mb,
    function_bytes=config.function_bytes,
    worker_bytes=config.worker_bytes,
    approval=config.approval,
)
containers = (
    Containers(
        "containers",
        ContainersArgs(
            settings=config.containers,
            steps=steps,
            user_pool_id=config.user_pool_id,
            user_pool_keys_url=config.user_pool_keys_url,
            protect=config.protect,
            access_log_days=config.retention.access_log_days,
            noncurrent_days=config.retention.noncurrent_days,
        ),
        opts,
    )
    if config.containers
    else None
)
work_queue = containers.work_queue if containers else None
orchestration = Orchestration(
    "orchestration",
    OrchestrationArgs(
        **asdict(steps, recurse=False),
        api_id=core.api_id,
        map_concurrency=config.map_concurrency,
        mutate_concurrency=config.mutate_concurrency,
        tolerated_percent=config.tolerated_chunk_percent,
        approval_hours=config.approval_hours,
        work_queue_url=work_queue.url if work_queue else None,
        work_queue_arn=work_queue.arn if work_queue else None,
    ),
    opts,
)
notices = Notices(
    "notices",
    NoticesArgs(
        runtime=core.runtime,
        topic_arn=intake.topic_arn,
        api_id=core.api_id,
        ledger_table=core.ledger_table,
        ledger_table_arn=core.ledger_table_arn,
        mail_from=config.mail_from,
        web_url=config.web_url,
        networks=config.notices.networks,
        retry_s=config.notices.retry_seconds,
        attempts=config.notices.attempts,
        notice_days=config.notices.keep_days,
        digest_hour=config.notices.digest_hour,
    ),
    opts,
)
observability = Observability(
    "observability",
    ObservabilityArgs(
        stack=config.stack,
        region=config.region,
        record_type=record_schema.name,
        topic_arn=intake.topic_arn,
        topic=intake.topic,
        api_id=core.api_id,
        state_machine_arn=orchestration.state_machine_arn,
        queues={
            "intake": intake.queue,
            **notices.queues,
            **({"work": work_queue.name} if work_queue else {}),
        },
        dead_letters={
            "intake": intake.dead_letter_queue,
            **notices.dead_letters,
            **({"work": work_queue.dead_letters} if work_queue else {}),
        },
        records_table=core.records_table,
        ledger_table=core.ledger_table,
        alarm_arns=[
            *intake.alarm_arns,
            *orchestration.alarm_arns,
            *notices.alarm_arns,
            *(containers.alarm_arns if containers else ()),
        ],
        services=containers.watched if containers else {},
        log_groups=containers.log_groups if containers else (),
    ),
    opts,
)

if config.user_pool_id is not None:
    pulumi.export("user_pool_id", config.user_pool_id)
if containers is not None:
    for output, value in containers.outputs.items():
        pulumi.export(output, value)

pulumi.export("graphql_url", core.graphql_url)
pulumi.export("graphql_api_id", core.api_id)
pulumi.export("api_key", core.api_key)
pulumi.export("intake_bucket", intake.bucket)
pulumi.export("intake_queue_url", intake.queue_url)
pulumi.export("dead_letter_queue_url", intake.dead_letter_queue_url)
pulumi.export("state_machine_arn", orchestration.state_machine_arn)
pulumi.export("records_table", core.records_table)
pulumi.export("ledger_table", core.ledger_table)
pulumi.export("notification_topic_arn", intake.topic_arn)
pulumi.export("success_topic_arn", notices.topic_arns["success"])
pulumi.export("partial_topic_arn", notices.topic_arns["partial"])
pulumi.export("failure_topic_arn", notices.topic_arns["failure"])
for output, queue_url in notices.queue_urls.items():
    pulumi.export(output, queue_url)
pulumi.export("receipt_key_fingerprint", core.receipt_key_fingerprint)
pulumi.export("dashboard_url", observability.dashboard_url)
pulumi.export("region", config.region)
pulumi.export("role", "primary")
