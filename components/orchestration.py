"""Phase 4: a job's way through Step Functions, and the functions that walk it."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

from components._api import Binding, bind_function
from components._function import Function, FunctionArgs, Runtime
from components._iam import (
    NO_RESOURCE_LEVEL,
    TABLE_KEY,
    TRACE,
    USE_KEY,
    WRITE_ITEMS,
    Statement,
    key_through,
    policy,
    trust,
)
from components._state_machine import TIMEOUT_S, Definition, definition
from foreman_core.schema import RecordSchema
from foreman_core.schema.graphql import IMPORT_FIELDS, upsert_field

MEMORY_MB: Final[Mapping[str, int]] = {
    "ingest": 512,
    "validate": 1769,  # from here on a function has a whole CPU
    "plan": 1024,
    "seal": 512,
    "mutate": 512,
    "reconcile": 512,
    "notify": 512,
    "fail": 512,
}


@frozen(kw_only=True)
class OrchestrationArgs:
    """What the state machine and its functions work on."""

    runtime: Runtime
    record_schema: RecordSchema
    state_machine_arn: pulumi.Input[str]
    bucket: pulumi.Input[str]
    bucket_arn: pulumi.Input[str]
    ledger_table: pulumi.Input[str]
    ledger_table_arn: pulumi.Input[str]
    records_table: pulumi.Input[str]
    records_table_arn: pulumi.Input[str]
    topic_arn: pulumi.Input[str]
    api_id: pulumi.Input[str]
    api_arn: pulumi.Input[str]
    graphql_url: pulumi.Input[str]
    chunk_rows: int
    map_concurrency: int
    mutate_concurrency: int | None


class Orchestration(pulumi.ComponentResource):
    """The state machine, its functions, and the two fields of the API that start it."""

    state_machine_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: OrchestrationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("foreman:index:Orchestration", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        arns = {role: self._function(role).arn for role in TIMEOUT_S}
        machine = self._state_machine(arns)
        self._imports()
        self._alarms(machine)

        self.state_machine_arn = machine.arn
        self.register_outputs({"state_machine_arn": self.state_machine_arn})

    def _function(self, role: str) -> Function:
        return Function(
            f"{self._name}-{role}",
            FunctionArgs(
                runtime=self._args.runtime,
                role=role,
                memory_mb=MEMORY_MB[role],
                timeout_s=TIMEOUT_S[role],
                environment={"LEDGER_TABLE": self._args.ledger_table, **self._environment(role)},
                permissions=[*self._use_ledger(), *self._permissions(role)],
                reserved_concurrency=self._args.mutate_concurrency if role == "mutate" else None,
            ),
            opts=self._child,
        )

    def _environment(self, role: str) -> Mapping[str, pulumi.Input[str]]:
        args = self._args
        if role == "notify":
            return {"TOPIC_ARN": args.topic_arn}
        own: dict[str, dict[str, pulumi.Input[str]]] = {
            "validate": {"CHUNK_ROWS": str(args.chunk_rows)},
            "plan": {"RECORDS_TABLE": args.records_table},
            "mutate": {"GRAPHQL_URL": args.graphql_url},
        }
        return {"INTAKE_BUCKET": args.bucket, **own.get(role, {})}

    def _permissions(self, role: str) -> Sequence[Statement]:
        """Give what one step may do beside using the ledger; the S3 layout is in docs/architecture.md."""
        steps: Mapping[str, Sequence[Statement]] = {
            "ingest": [*self._read_uploads()],
            "validate": [*self._read_uploads(), self._write("jobs/*")],
            "plan": [
                self._read("jobs/*/accepted.jsonl", "jobs/*/plan/*"),
                self._write("jobs/*/plan/*"),
                *self._open_files(),
                Statement(
                    sid="CompareWithRecords",
                    actions=["dynamodb:BatchGetItem", "dynamodb:GetItem"],
                    resources=[self._args.records_table_arn],
                ),
            ],
            "seal": [self._read("jobs/*"), self._write("jobs/*"), *self._open_files()],
            "mutate": [
                self._read("jobs/*/plan/*"),
                *self._open_files(),
                Statement(
                    sid="WriteRecordsThroughTheApi",
                    actions=["appsync:GraphQL"],
                    resources=[
                        pulumi.Output.concat(
                            self._args.api_arn,
                            "/types/Mutation/fields/",
                            upsert_field(self._args.record_schema),
                        )
                    ],
                ),
            ],
            "reconcile": [self._read("jobs/*"), self._write("jobs/*"), *self._open_files()],
            "notify": [*self._publish()],
            "fail": [self._read("jobs/*"), self._write("jobs/*"), *self._open_files()],
        }
        return steps[role]

    def _use_ledger(self) -> list[Statement]:
        runtime = self._args.runtime
        return [
            Statement(sid="UseLedger", actions=WRITE_ITEMS, resources=[self._args.ledger_table_arn]),
            key_through("OpenTables", runtime.key_arn, "dynamodb", runtime.region, TABLE_KEY),
        ]

    def _objects(self, prefixes: Sequence[str]) -> list[pulumi.Output[str]]:
        return [pulumi.Output.concat(self._args.bucket_arn, "/", prefix) for prefix in prefixes]

    def _read(self, *prefixes: str) -> Statement:
        return Statement(sid="ReadFiles", actions=["s3:GetObject"], resources=self._objects(prefixes))

    def _write(self, *prefixes: str) -> Statement:
        return Statement(
            sid="WriteFiles",
            actions=["s3:PutObject", "s3:AbortMultipartUpload"],
            resources=self._objects(prefixes),
        )

    def _open_files(self) -> list[Statement]:
        runtime = self._args.runtime
        return [key_through("OpenFiles", runtime.key_arn, "s3", runtime.region)]

    def _read_uploads(self) -> list[Statement]:
        """Read the uploaded version; listing is what makes S3 say «gone» (404) instead of «forbidden» (403)."""
        return [
            Statement(
                sid="ReadUploads",
                actions=["s3:GetObject", "s3:GetObjectVersion"],
                resources=self._objects(["incoming/*", "submitted/*"]),
            ),
            Statement(
                sid="TellGoneFromForbidden",
                actions=["s3:ListBucket", "s3:ListBucketVersions"],
                resources=[self._args.bucket_arn],
            ),
            *self._open_files(),
        ]

    def _publish(self) -> list[Statement]:
        runtime = self._args.runtime
        return [
            Statement(sid="SendNotice", actions=["sns:Publish"], resources=[self._args.topic_arn]),
            key_through("SealNotice", runtime.key_arn, "sns", runtime.region),
        ]

    def _state_machine(self, arns: Mapping[str, pulumi.Output[str]]) -> aws.sfn.StateMachine:
        args, runtime = self._args, self._args.runtime
        log = aws.cloudwatch.LogGroup(
            f"{self._name}-log",
            name=f"/aws/vendedlogs/states/{state_machine_name(runtime.stack)}",
            retention_in_days=runtime.log_retention_days,
            kms_key_id=runtime.key_arn,
            opts=self._child,
        )
        role = aws.iam.Role(
            f"{self._name}-role",
            assume_role_policy=trust("states.amazonaws.com", account_id=runtime.account_id),
            opts=self._child,
        )
        allowed = aws.iam.RolePolicy(
            f"{self._name}-policy",
            role=role.name,
            policy=policy(self._machine_permissions(list(arns.values()))),
            opts=self._child,
        )
        document = pulumi.Output.all(
            functions=arns, bucket=args.bucket, ledger_table=args.ledger_table, topic_arn=args.topic_arn
        ).apply(
            lambda known: json.dumps(
                definition(Definition(max_concurrency=args.map_concurrency, **known)), indent=1
            )
        )
        return aws.sfn.StateMachine(
            f"{self._name}-import",
            # fixed: the intake's functions compute its ARN
            name=state_machine_name(runtime.stack),
            type="STANDARD",
            role_arn=role.arn,
            definition=document,
            logging_configuration={
                "level": "ALL",
                "include_execution_data": False,
                "log_destination": pulumi.Output.concat(log.arn, ":*"),
            },
            tracing_configuration={"enabled": runtime.tracing},
            encryption_configuration={
                "type": "CUSTOMER_MANAGED_KMS_KEY",
                "kms_key_id": runtime.key_arn,
                "kms_data_key_reuse_period_seconds": 300,
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[allowed]),
        )

    def _machine_permissions(self, functions: Sequence[pulumi.Output[str]]) -> list[Statement]:
        args, runtime = self._args, self._args.runtime
        machine = pulumi.Output.from_input(args.state_machine_arn)
        executions = machine.apply(lambda arn: arn.replace(":stateMachine:", ":execution:") + "/*")
        deliveries = pulumi.Output.concat("arn:aws:logs:", runtime.region, ":", runtime.account_id, ":*")
        delivery = [action for action in NO_RESOURCE_LEVEL if action.startswith("logs:")]
        return [
            Statement(sid="RunSteps", actions=["lambda:InvokeFunction"], resources=functions),
            Statement(sid="FanOut", actions=["states:StartExecution"], resources=[machine]),
            Statement(
                sid="WatchFanOut",
                actions=["states:DescribeExecution", "states:StopExecution"],
                resources=[executions],
            ),
            Statement(
                sid="ReadItemFiles",
                actions=["s3:GetObject"],
                resources=self._objects(["jobs/*/chunks.json", "jobs/*/plan-chunks.json"]),
            ),
            *self._open_files(),
            Statement(
                sid="RecordFailureNatively",
                actions=["dynamodb:UpdateItem"],
                resources=[args.ledger_table_arn],
            ),
            key_through("OpenLedger", runtime.key_arn, "dynamodb", runtime.region, TABLE_KEY),
            *self._publish(),
            Statement(
                sid="SealOwnHistory",
                actions=USE_KEY,
                resources=[runtime.key_arn],
                conditions={"StringEquals": {"kms:EncryptionContext:aws:states:stateMachineArn": machine}},
            ),
            Statement(
                sid="SealDeliveredLogs",
                actions=["kms:GenerateDataKey"],
                resources=[runtime.key_arn],
                conditions={"StringEquals": {"kms:EncryptionContext:SourceArn": deliveries}},
            ),
            Statement(sid="DeliverLogs", actions=delivery, resources=["*"]),
            *([TRACE] if runtime.tracing else []),
        ]

    def _imports(self) -> None:
        args, runtime = self._args, self._args.runtime
        function = Function(
            f"{self._name}-imports",
            FunctionArgs(
                runtime=runtime,
                role="imports",
                memory_mb=512,
                timeout_s=29,  # AppSync gives up at 30
                environment={
                    "LEDGER_TABLE": args.ledger_table,
                    "INTAKE_BUCKET": args.bucket,
                    "STATE_MACHINE_ARN": args.state_machine_arn,
                    "RECORD_TYPE": args.record_schema.name,
                },
                permissions=[
                    *self._use_ledger(),
                    *self._read_uploads(),
                    self._read("jobs/*/plan.json", "jobs/*/plan-chunks.json"),
                    Statement(
                        sid="StartJobs",
                        actions=["states:StartExecution"],
                        resources=[args.state_machine_arn],
                    ),
                    key_through("SealJobInput", runtime.key_arn, "states", runtime.region),
                ],
            ),
            opts=self._child,
        )
        bind_function(
            f"{self._name}-imports",
            Binding(
                api_id=args.api_id,
                function_arn=function.arn,
                account_id=runtime.account_id,
                fields=IMPORT_FIELDS,
            ),
            parent=self,
        )

    def _alarms(self, machine: aws.sfn.StateMachine) -> None:
        machine_of = {"StateMachineArn": machine.arn}
        api_of = {"GraphQLAPIId": self._args.api_id}
        for what, namespace, metric, of, meaning in (
            (
                "failed",
                "AWS/States",
                "ExecutionsFailed",
                machine_of,
                "A job failed in Foreman, not in its file.",
            ),
            ("timed-out", "AWS/States", "ExecutionsTimedOut", machine_of, "A job ran out of time."),
            ("api-errors", "AWS/AppSync", "5XXError", api_of, "The GraphQL API answered with its own error."),
        ):
            aws.cloudwatch.MetricAlarm(
                f"{self._name}-{what}",
                alarm_description=meaning,
                namespace=namespace,
                metric_name=metric,
                dimensions=of,
                statistic="Sum",
                period=60,
                evaluation_periods=1,
                comparison_operator="GreaterThanThreshold",
                threshold=0,
                treat_missing_data="notBreaching",
                alarm_actions=[self._args.topic_arn],
                ok_actions=[self._args.topic_arn],
                opts=self._child,
            )


def state_machine_name(stack: str) -> str:
    """Give the state machine's physical name; it is fixed, so that its ARN is known before it exists."""
    return f"foreman-{stack}-import"
