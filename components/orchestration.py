"""Phase 4: a job's way through Step Functions, and the functions that walk it."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

from components._alarm import AlarmArgs, raise_alarm
from components._api import Binding, bind_function
from components._finder import make_finder
from components._function import Function, FunctionArgs
from components._iam import (
    GET,
    NO_RESOURCE_LEVEL,
    OPEN,
    PUT,
    TRACE,
    UPDATE,
    USE_KEY,
    Statement,
    key_through,
    policy,
    trust,
)
from components._state_machine import MAP_LABELS, TIMEOUT_S, Definition, definition
from components._steps import (
    Step,
    StepArgs,
    answer_tasks,
    open_files,
    read_files,
    read_uploads,
    send_notices,
    steps,
    use_ledger,
)
from components._sweeper import make_sweeper, start_jobs
from foreman_core.schema.graphql import IMPORT_FIELDS

DATA_KEY_REUSE_S: Final = 300
WRITERS: Final = ("mutate", "load")
"""The functions that write records, and share the table's ceiling."""


@frozen(kw_only=True)
class OrchestrationArgs(StepArgs):
    """What the state machine needs to know beside what its functions work on.

    Workers take their work from `work_queue_url`; without one, functions do all of it.
    """

    api_id: pulumi.Input[str]
    map_concurrency: int
    mutate_concurrency: int | None
    tolerated_percent: int
    approval_hours: int
    work_queue_url: pulumi.Input[str] | None
    work_queue_arn: pulumi.Input[str] | None


class Orchestration(pulumi.ComponentResource):
    """The state machine, its functions, and the two fields of the API that start it."""

    state_machine_arn: pulumi.Output[str]
    alarm_arns: Sequence[pulumi.Output[str]]

    def __init__(
        self, name: str, args: OrchestrationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("foreman:index:Orchestration", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        arns = {role: self._function(role, step).arn for role, step in steps(args).items()}
        machine = self._state_machine(arns)
        self._imports()
        make_sweeper(name, args, parent=self)
        make_finder(name, args, parent=self)
        self.alarm_arns = self._alarms(machine)

        self.state_machine_arn = machine.arn
        self.register_outputs({"state_machine_arn": self.state_machine_arn})

    def _function(self, role: str, step: Step) -> Function:
        args = self._args
        return Function(
            f"{self._name}-{role}",
            FunctionArgs(
                runtime=args.runtime,
                role=role,
                polars=step.polars,
                memory_mb=step.memory_mb,
                storage_mb=step.storage_mb,
                timeout_s=TIMEOUT_S[role],
                environment={"LEDGER_TABLE": args.ledger_table, **step.environment},
                permissions=step.permissions,
                reserved_concurrency=args.mutate_concurrency if role in WRITERS else None,
            ),
            opts=self._child,
        )

    def _state_machine(self, arns: Mapping[str, pulumi.Output[str]]) -> aws.sfn.StateMachine:
        runtime = self._args.runtime
        log = self._log()
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
        return aws.sfn.StateMachine(
            f"{self._name}-import",
            # fixed: those who start the machine compute its ARN
            name=state_machine_name(runtime.stack),
            type="STANDARD",
            role_arn=role.arn,
            definition=self._definition(arns),
            logging_configuration={
                "level": "ALL",
                "include_execution_data": False,
                "log_destination": pulumi.Output.concat(log.arn, ":*"),
            },
            tracing_configuration={"enabled": runtime.tracing},
            encryption_configuration={
                "type": "CUSTOMER_MANAGED_KMS_KEY",
                "kms_key_id": runtime.key_arn,
                "kms_data_key_reuse_period_seconds": DATA_KEY_REUSE_S,
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[allowed]),
        )

    def _log(self) -> aws.cloudwatch.LogGroup:
        runtime = self._args.runtime
        return aws.cloudwatch.LogGroup(
            f"{self._name}-log",
            # the prefix keeps the account's policy for delivered logs short:
            # https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
            name=f"/aws/vendedlogs/states/{state_machine_name(runtime.stack)}",
            retention_in_days=runtime.log_retention_days,
            kms_key_id=runtime.key_arn,
            opts=self._child,
        )

    def _definition(self, arns: Mapping[str, pulumi.Output[str]]) -> pulumi.Output[str]:
        args = self._args

        def write(
            bucket: str,
            ledger_table: str,
            topic_arn: str,
            work_queue_url: str | None,
            functions: Mapping[str, str],
        ) -> str:
            document = definition(
                Definition(
                    functions=functions,
                    bucket=bucket,
                    ledger_table=ledger_table,
                    topic_arn=topic_arn,
                    max_concurrency=args.map_concurrency,
                    tolerated_percent=args.tolerated_percent,
                    approval_hours=args.approval_hours,
                    work_queue_url=work_queue_url,
                )
            )
            return json.dumps(document, indent=1)

        names = pulumi.Output.all(args.bucket, args.ledger_table, args.topic_arn, args.work_queue_url)
        return pulumi.Output.all(names, pulumi.Output.all(**arns)).apply(
            lambda known: write(*known[0], functions=known[1])
        )

    def _machine_permissions(self, functions: Sequence[pulumi.Output[str]]) -> list[Statement]:
        args, runtime = self._args, self._args.runtime
        return [
            Statement(sid="RunSteps", actions=["lambda:InvokeFunction"], resources=functions),
            *self._fan_out(),
            read_files(args, "jobs/*/chunks/*", "jobs/*/plan-chunks.json"),
            open_files(args, OPEN),
            *use_ledger(args, UPDATE),
            *send_notices(args),
            *self._hand_out_work(),
            *self._write_history(),
            *([TRACE] if runtime.tracing else []),
        ]

    def _fan_out(self) -> list[Statement]:
        """Run the machine's own distributed maps.

        https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
        """
        machine = self._args.state_machine_arn
        executions = pulumi.Output.from_input(machine).apply(
            lambda arn: arn.replace(":stateMachine:", ":execution:")
        )
        map_runs = [pulumi.Output.concat(executions, "/", label, ":*") for label in MAP_LABELS]
        return [
            Statement(sid="FanOut", actions=["states:StartExecution"], resources=[machine]),
            Statement(
                sid="WatchFanOut",
                actions=["states:DescribeExecution", "states:StopExecution"],
                resources=[
                    pulumi.Output.concat(executions, ":*"),
                    *map_runs,
                ],
            ),
            # a map that is redriven redrives those chunks that had failed:
            # https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
            Statement(sid="GoOnFanningOut", actions=["states:RedriveExecution"], resources=map_runs),
        ]

    def _hand_out_work(self) -> list[Statement]:
        args, runtime = self._args, self._args.runtime
        if args.work_queue_arn is None:
            return []
        return [
            Statement(sid="HandOutWork", actions=["sqs:SendMessage"], resources=[args.work_queue_arn]),
            key_through("SealWork", runtime.key_arn, "sqs", runtime.region),
        ]

    def _write_history(self) -> list[Statement]:
        """Encrypt the history and the logs.

        https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
        """
        machine, runtime = self._args.state_machine_arn, self._args.runtime
        machines = [machine, *(pulumi.Output.concat(machine, "/", label) for label in MAP_LABELS)]
        deliveries = pulumi.Output.concat("arn:aws:logs:", runtime.region, ":", runtime.account_id, ":*")
        delivery = [action for action in NO_RESOURCE_LEVEL if action.startswith("logs:")]
        return [
            Statement(
                sid="SealOwnHistory",
                actions=USE_KEY,
                resources=[runtime.key_arn],
                conditions={"StringEquals": {"kms:EncryptionContext:aws:states:stateMachineArn": machines}},
            ),
            Statement(
                sid="SealDeliveredLogs",
                actions=["kms:GenerateDataKey"],
                resources=[runtime.key_arn],
                conditions={"StringEquals": {"kms:EncryptionContext:SourceArn": deliveries}},
            ),
            Statement(sid="DeliverLogs", actions=delivery, resources=["*"]),
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
                    *use_ledger(args, GET, PUT, UPDATE),
                    *read_uploads(args, "submitted/*"),
                    open_files(args, OPEN),
                    *start_jobs(args),
                    answer_tasks("states:SendTaskSuccess"),
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

    def _alarms(self, machine: aws.sfn.StateMachine) -> list[pulumi.Output[str]]:
        machine_of = {"StateMachineArn": machine.arn}
        alarms = {
            "failed": AlarmArgs(
                meaning="A job failed in Foreman, not in its file.",
                namespace="AWS/States",
                metric="ExecutionsFailed",
                dimensions=machine_of,
            ),
            "timed-out": AlarmArgs(
                meaning="A job ran out of time.",
                namespace="AWS/States",
                metric="ExecutionsTimedOut",
                dimensions=machine_of,
            ),
            "api-errors": AlarmArgs(
                meaning="The GraphQL API answered with an error of its own.",
                namespace="AWS/AppSync",
                metric="5XXError",
                dimensions={"GraphQLAPIId": self._args.api_id},
            ),
        }
        return [
            raise_alarm(f"{self._name}-{what}", alarm, topic_arn=self._args.topic_arn, parent=self).arn
            for what, alarm in alarms.items()
        ]


def state_machine_name(stack: str) -> str:
    """Give the state machine's physical name; it is fixed, so that its ARN is known before it exists."""
    return f"foreman-{stack}-import"
