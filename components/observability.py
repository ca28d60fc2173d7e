"""What watches over a stack as a whole: the dashboard, the saved queries, alarms on what all parts share."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import cattrs
import pulumi
import pulumi_aws as aws
from attrs import field, frozen

from components._alarm import AlarmArgs, MathAlarmArgs, raise_alarm, raise_math_alarm
from components._dashboard import (
    FUNCTIONS,
    OPERATIONS,
    OURS,
    RESOLVERS,
    Watched,
    dashboard,
    dashboard_name,
    dashboard_url,
    function_name,
)
from components._queries import QUERIES

SLOW_MS: Final = 15_000
"""Half of the 30 s that AppSync gives a request."""
REJECTED_PERCENT: Final = 25
LEAST_ROWS: Final = 100
"""Of fewer rows in an hour the rate of rejects says nothing."""
RESTARTS: Final = 2
"""In an hour; one or two executions that are lost are what the sweeper is for."""
SILENT_MINUTES: Final = 15
"""Three calls of the sweeper, which is called every five minutes."""
FINDER_SILENT_MINUTES: Final = 45
"""Three calls of the finder of lost files, which is called every fifteen minutes."""


@frozen(kw_only=True)
class ObservabilityArgs:
    """What there is to watch, and the `alarm_arns` of the parts that watch themselves.

    `queues` and `dead_letters` are queues by what waits in them, `services` the containers by what they are
    for, with the names of a `WatchedService`, and `log_groups` what these write into.
    """

    stack: str
    region: str
    record_type: str
    topic_arn: pulumi.Input[str]
    topic: pulumi.Input[str]
    api_id: pulumi.Input[str]
    state_machine_arn: pulumi.Input[str]
    queues: Mapping[str, pulumi.Input[str]]
    dead_letters: Mapping[str, pulumi.Input[str]]
    records_table: pulumi.Input[str]
    ledger_table: pulumi.Input[str]
    alarm_arns: Sequence[pulumi.Input[str]] = field(factory=tuple)
    services: Mapping[str, Mapping[str, pulumi.Input[str]]] = field(
        factory=dict[str, Mapping[str, pulumi.Input[str]]]
    )
    log_groups: Sequence[pulumi.Input[str]] = field(factory=tuple)


class Observability(pulumi.ComponentResource):
    """One dashboard, the questions that are asked of the logs, and alarms."""

    dashboard_url: pulumi.Output[str]

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("foreman:index:Observability", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        self._dashboard(self._alarms())
        self._queries()

        self.dashboard_url = pulumi.Output.from_input(dashboard_url(args.stack, args.region))
        self.register_outputs({"dashboard_url": self.dashboard_url})

    def _alarms(self) -> list[pulumi.Output[str]]:
        args = self._args
        single, combined = alarms(args), math_alarms(args)
        return [
            *(
                raise_alarm(f"{self._name}-{what}", alarm, topic_arn=args.topic_arn, parent=self).arn
                for what, alarm in single.items()
            ),
            *(
                raise_math_alarm(f"{self._name}-{what}", alarm, topic_arn=args.topic_arn, parent=self).arn
                for what, alarm in combined.items()
            ),
        ]

    def _dashboard(self, own_alarms: Sequence[pulumi.Input[str]]) -> None:
        args = self._args
        known: Mapping[str, Any] = {
            "api_id": args.api_id,
            "state_machine_arn": args.state_machine_arn,
            "queues": args.queues,
            "dead_letters": args.dead_letters,
            "records_table": args.records_table,
            "ledger_table": args.ledger_table,
            "alarm_arns": [*args.alarm_arns, *own_alarms],
            "services": args.services,
        }

        def write(names: Mapping[str, Any]) -> str:
            given = {"stack": args.stack, "region": args.region, "record_type": args.record_type, **names}
            of = cattrs.structure(given, Watched)
            return json.dumps(dashboard(of))

        aws.cloudwatch.Dashboard(
            f"{self._name}-dashboard",
            dashboard_name=dashboard_name(args.stack),
            dashboard_body=pulumi.Output.all(**known).apply(write),
            opts=self._child,
        )

    def _queries(self) -> None:
        groups = [f"/aws/lambda/{function_name(self._args.stack, role)}" for role in FUNCTIONS]
        for query, text in QUERIES.items():
            aws.cloudwatch.QueryDefinition(
                f"{self._name}-{query}",
                # what stands before the slash is a folder
                name=f"foreman-{self._args.stack}/{query}",
                query_string=text,
                log_group_names=[*groups, *self._args.log_groups],
                opts=self._child,
            )


def alarms(of: ObservabilityArgs) -> Mapping[str, AlarmArgs]:
    """Give the alarms on single metrics, by what their names end with."""
    stack = {"stack": of.stack}
    sweeper = function_name(of.stack, "sweep")
    finder = function_name(of.stack, "find_lost")
    digest = function_name(of.stack, "digest")
    return {
        "sweeper-silent": AlarmArgs(
            meaning="The sweeper is not called: a job that stands still would not be found.",
            namespace="AWS/Lambda",
            metric="Invocations",
            dimensions={"FunctionName": sweeper},
            above=False,
            minutes=SILENT_MINUTES,
            silence="bad",
        ),
        "sweeper-errors": AlarmArgs(
            meaning="The sweeper breaks.",
            namespace="AWS/Lambda",
            metric="Errors",
            dimensions={"FunctionName": sweeper},
            minutes=5,
            periods=2,
        ),
        "finder-silent": AlarmArgs(
            meaning="The finder of lost files is not called: a file whose event was lost would not be found.",
            namespace="AWS/Lambda",
            metric="Invocations",
            dimensions={"FunctionName": finder},
            above=False,
            minutes=FINDER_SILENT_MINUTES,
            silence="bad",
        ),
        "finder-errors": AlarmArgs(
            meaning="The finder of lost files breaks.",
            namespace="AWS/Lambda",
            metric="Errors",
            dimensions={"FunctionName": finder},
            minutes=15,
            periods=2,
        ),
        "digest-silent": AlarmArgs(
            meaning="No digests are made up: notices that wait for one do not go out.",
            namespace="AWS/Lambda",
            metric="Invocations",
            dimensions={"FunctionName": digest},
            above=False,
            minutes=60,
            periods=2,
            silence="bad",
        ),
        "digest-errors": AlarmArgs(
            meaning="Digests do not go out.",
            namespace="AWS/Lambda",
            metric="Errors",
            dimensions={"FunctionName": digest},
            minutes=60,
        ),
        "metrics-silent": AlarmArgs(
            meaning="Foreman's own metrics do not arrive: alarms on them would not rise.",
            namespace=OURS,
            metric="StepSeconds",
            dimensions={**stack, "function": "sweep"},
            statistic="SampleCount",
            above=False,
            minutes=SILENT_MINUTES,
            silence="bad",
        ),
        "restarts": AlarmArgs(
            meaning="Executions of jobs are lost, and the sweeper starts them again.",
            namespace=OURS,
            metric="JobsRestarted",
            dimensions=stack,
            threshold=RESTARTS,
            minutes=60,
        ),
        "given-up": AlarmArgs(
            meaning="A job did not come to an end in three executions, and was given up.",
            namespace=OURS,
            metric="JobsGivenUp",
            dimensions=stack,
        ),
        "intake-errors": AlarmArgs(
            meaning="The intake function breaks.",
            namespace="AWS/Lambda",
            metric="Errors",
            dimensions={"FunctionName": function_name(of.stack, "intake")},
        ),
        **{
            f"{role}-errors": AlarmArgs(
                meaning=f"The function {role}, behind the GraphQL API, breaks.",
                namespace="AWS/Lambda",
                metric="Errors",
                dimensions={"FunctionName": function_name(of.stack, role)},
            )
            for role in RESOLVERS
        },
        "throttled-functions": AlarmArgs(
            meaning="The account has no concurrency left for Lambda functions in this region.",
            namespace="AWS/Lambda",
            metric="Throttles",
            dimensions={},
            minutes=5,
            periods=2,
        ),
        "throttled-executions": AlarmArgs(
            meaning="Step Functions holds executions back.",
            namespace="AWS/States",
            metric="ExecutionThrottled",
            dimensions={"StateMachineArn": of.state_machine_arn},
            minutes=5,
            periods=2,
        ),
        "slow-api": AlarmArgs(
            meaning="The GraphQL API is slow: at 30 s AppSync gives up.",
            namespace="AWS/AppSync",
            metric="Latency",
            dimensions={"GraphQLAPIId": of.api_id},
            statistic="p95",
            threshold=SLOW_MS,
            minutes=5,
            periods=2,
        ),
        **{
            f"{what}-throttled": AlarmArgs(
                meaning=f"The table of the {what} takes less than is written, for a quarter of an hour.",
                namespace="AWS/DynamoDB",
                metric="WriteThrottleEvents",
                dimensions={"TableName": table},
                minutes=5,
                periods=3,
            )
            for what, table in (("records", of.records_table), ("ledger", of.ledger_table))
        },
        "notices-failing": AlarmArgs(
            meaning="Notices do not reach a subscriber of the topic.",
            namespace="AWS/SNS",
            metric="NumberOfNotificationsFailed",
            dimensions={"TopicName": of.topic},
            minutes=5,
        ),
    }


def math_alarms(of: ObservabilityArgs) -> Mapping[str, MathAlarmArgs]:
    """Give the alarms on several metrics, by what their names end with."""
    rows = {"stack": of.stack, "record_type": of.record_type}
    return {
        "many-rejects": MathAlarmArgs(
            meaning=f"More than {REJECTED_PERCENT} % of an hour's rows were rejected.",
            namespace=OURS,
            expression=f"IF(read >= {LEAST_ROWS}, 100 * rejected / read, 0)",
            terms={"read": ("RowsRead", rows), "rejected": ("RowsRejected", rows)},
            threshold=REJECTED_PERCENT,
            minutes=60,
        ),
        **{
            f"{what}-table-errors": MathAlarmArgs(
                meaning=f"DynamoDB has failures of its own at the table of the {what}.",
                namespace="AWS/DynamoDB",
                expression="SUM(METRICS())",
                terms={
                    f"m{number}": ("SystemErrors", {"TableName": table, "Operation": operation})
                    for number, operation in enumerate(OPERATIONS)
                },
                minutes=5,
                periods=2,
            )
            for what, table in (("records", of.records_table), ("ledger", of.ledger_table))
        },
    }
