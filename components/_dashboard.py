"""The dashboard's body: a pure function from names to the document that CloudWatch draws.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from attrs import field, frozen

Widget = dict[str, object]
Series = list[object]

WIDTH: Final = 24
"""Columns of the grid; the rows below have widgets of equal width."""

HEIGHT: Final = 6
PERIOD_S: Final = 300
OURS: Final = "Foreman"
"""The namespace of what the functions report: `handlers/_metrics.py`."""

STEPS: Final = (
    *("ingest", "undo", "validate", "prepare", "plan", "seal", "approval", "mutate", "load", "reconcile"),
    *("notify", "fail", "sweep", "find_lost", "announce", "deliver", "digest"),
)
RESOLVERS: Final = ("records", "jobs", "imports", "subscriptions")
SCHEDULED: Final = ("sweep", "find_lost", "digest")
FUNCTIONS: Final = ("intake", *RESOLVERS, *STEPS)
WORKER: Final = "worker"
ENDS: Final = ("succeeded", "partially_succeeded", "needs_review", "failed", "cancelled", "undone")
FATES: Final = (
    *("Created", "Updated", "Unchanged", "Rejected", "Duplicate"),
    *("Blank", "Conflict", "Kept", "Deleted"),
)
OPERATIONS: Final = (
    *("BatchExecuteStatement", "BatchGetItem", "GetItem", "PutItem"),
    *("Query", "Scan", "TransactWriteItems", "UpdateItem"),
)
"""What Foreman asks of its tables; some of DynamoDB's metrics are by operation only."""


@frozen(kw_only=True)
class WatchedService:
    """A service of containers as ECS names it, and the `balancer` before it with its `targets`, if any."""

    cluster: str
    service: str
    balancer: str | None = None
    targets: str | None = None


@frozen(kw_only=True)
class Watched:
    """The names of what a stack consists of. `queues` and `dead_letters` are queues by what waits in them,
    `services` the containers by what they are for.
    """

    stack: str
    region: str
    record_type: str
    api_id: str
    state_machine_arn: str
    topic: str
    queues: Mapping[str, str]
    dead_letters: Mapping[str, str]
    records_table: str
    ledger_table: str
    alarm_arns: Sequence[str]
    services: Mapping[str, WatchedService] = field(factory=dict[str, WatchedService])


def dashboard(of: Watched) -> dict[str, object]:
    """Give the body: what is wrong first, then jobs and rows, then the services from the door inwards."""
    rows: list[list[Widget]] = [
        [_alarms(of)],
        [_jobs(of), _rows(of), _rejects(of), _durations(of)],
        [_intake_lag(of), _watchers(of), _lambda(of, "Invocations", "Sum", "Calls by schedules", SCHEDULED)],
        [_queues(of), _oldest(of), _dead_letters(of)],
        [_notices_failed(of), _mail(of)],
        [_machine(of), _steps(of), _steps_failed(of)],
        [
            _lambda(of, "Errors", "Sum", "Function errors"),
            _function_throttles(of),
        ],
        [
            _lambda(of, "ConcurrentExecutions", "Maximum", "Functions at a time"),
            _lambda(of, "Duration", "p95", "Function duration, p95 (ms)"),
        ],
        [_api_errors(of), _api_latency(of), _throttled_writes(of)],
        [_table_use(of), _table_throttles(of), _table_latency(of), _table_errors(of)],
        *([[_tasks(of), *_use_of_containers(of)]] if of.services else []),
        *([_requests(web), _request_errors(web), _request_seconds(web), _hosts(web)] for web in _webs(of)),
    ]
    return {"widgets": [widget for y, row in enumerate(rows) for widget in _placed(row, y * HEIGHT)]}


def dashboard_name(stack: str) -> str:
    """Give the dashboard's name; the letters of a stack's name are letters of this."""
    return f"foreman-{stack}"


def dashboard_url(stack: str, region: str) -> str:
    """Give the address of the dashboard in the console."""
    home = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    return f"{home}#dashboards/dashboard/{dashboard_name(stack)}"


def function_name(stack: str, role: str) -> str:
    """Give the name of a stack's function, as `components._function` makes it."""
    return f"foreman-{stack}-{role}"


def _placed(row: Sequence[Widget], y: int) -> list[Widget]:
    width = WIDTH // len(row)
    return [
        {"x": number * width, "y": y, "width": width, "height": HEIGHT, **widget}
        for number, widget in enumerate(row)
    ]


def _metrics(
    of: Watched,
    title: str,
    series: Sequence[Series],
    *,
    stat: str = "Sum",
    view: Literal["timeSeries", "bar"] = "timeSeries",
    stacked: bool = False,
) -> Widget:
    return {
        "type": "metric",
        "properties": {
            "title": title,
            "region": of.region,
            "view": view,
            "stacked": stacked,
            "stat": stat,
            "period": PERIOD_S,
            "metrics": list(series),
        },
    }


def _series(
    namespace: str, metric: str, dimensions: Mapping[str, str], label: str, **options: object
) -> Series:
    pairs = [part for pair in dimensions.items() for part in pair]
    return [namespace, metric, *pairs, {"label": label, **options}]


def _ours(of: Watched, metric: str, label: str, *, stat: str = "Sum", **by: str) -> Series:
    return _series(OURS, metric, {"stack": of.stack, **by}, label, stat=stat)


def _alarms(of: Watched) -> Widget:
    return {"type": "alarm", "properties": {"title": "Alarms", "alarms": list(of.alarm_arns)}}


def _jobs(of: Watched) -> Widget:
    ends = [_ours(of, "JobsEnded", end.replace("_", " "), state=end) for end in ENDS]
    return _metrics(of, "Jobs by the state they ended in", ends, stacked=True)


def _rows(of: Watched) -> Widget:
    fates = [_ours(of, f"Rows{fate}", fate.lower(), record_type=of.record_type) for fate in FATES]
    return _metrics(of, "Rows by what became of them", fates, stacked=True)


def _rejects(of: Watched) -> Widget:
    series = [
        _ours(of, metric, label, record_type=of.record_type)
        for metric, label in (("RowsRead", "read"), ("RowsRejected", "rejected"))
    ]
    return _metrics(of, "Rows read and rejected", series)


def _durations(of: Watched) -> Widget:
    return _metrics(
        of,
        "Job duration and time to readable (s)",
        [
            _ours(of, metric, f"{what}, {stat}", stat=stat, record_type=of.record_type)
            for metric, what in (("JobSeconds", "to its end"), ("ReadableSeconds", "to readable"))
            for stat in ("p50", "p95")
        ],
    )


def _intake_lag(of: Watched) -> Widget:
    lag = [_ours(of, "IntakeSeconds", stat, stat=stat) for stat in ("p50", "p95", "Maximum")]
    return _metrics(of, "From S3's event to the job (s)", lag)


def _queues(of: Watched) -> Widget:
    return _of_queues(of, "Messages waiting", "ApproximateNumberOfMessagesVisible", of.queues)


def _oldest(of: Watched) -> Widget:
    return _of_queues(of, "Age of the oldest message (s)", "ApproximateAgeOfOldestMessage", of.queues)


def _dead_letters(of: Watched) -> Widget:
    return _of_queues(of, "Dead letters", "ApproximateNumberOfMessagesVisible", of.dead_letters)


def _of_queues(of: Watched, title: str, metric: str, queues: Mapping[str, str]) -> Widget:
    series = [_series("AWS/SQS", metric, {"QueueName": queue}, what) for what, queue in queues.items()]
    return _metrics(of, title, series, stat="Maximum")


def _notices_failed(of: Watched) -> Widget:
    failed = _series("AWS/SNS", "NumberOfNotificationsFailed", {"TopicName": of.topic}, "failed")
    return _metrics(of, "Notices that did not reach a subscriber", [failed])


def _mail(of: Watched) -> Widget:
    """What SES counts of the whole account, by which it may stop its mail."""
    kinds = {"Reputation.BounceRate": "comes back", "Reputation.ComplaintRate": "is called spam"}
    series = [_series("AWS/SES", metric, {}, label) for metric, label in kinds.items()]
    return _metrics(of, "Mail of the account that …, as a share", series, stat="Maximum")


def _watchers(of: Watched) -> Widget:
    return _metrics(
        of,
        "Jobs in, restarted, given up",
        [
            _ours(of, "JobsCreated", "recorded", record_type=of.record_type),
            _ours(of, "JobsRestarted", "restarted by the sweeper"),
            _ours(of, "JobsGivenUp", "given up"),
            _ours(of, "JobsNotSwept", "the sweeper failed over"),
        ],
    )


def _machine(of: Watched) -> Widget:
    metrics = {
        "ExecutionsStarted": "started",
        "ExecutionsSucceeded": "succeeded",
        "ExecutionsFailed": "failed",
        "ExecutionsTimedOut": "timed out",
        "ExecutionsAborted": "aborted",
        "ExecutionThrottled": "throttled",
    }
    machine = {"StateMachineArn": of.state_machine_arn}
    series = [_series("AWS/States", metric, machine, label) for metric, label in metrics.items()]
    return _metrics(of, "Executions", series)


def _all_steps(of: Watched) -> Sequence[str]:
    """The functions that are steps, and the container that does several of them at once."""
    return (*STEPS, *(name for name in of.services if name == WORKER))


def _steps(of: Watched) -> Widget:
    series = [_ours(of, "StepSeconds", step, stat="p95", function=step) for step in _all_steps(of)]
    return _metrics(of, "Steps, p95 (s)", series, stat="p95")


def _steps_failed(of: Watched) -> Widget:
    steps = [_ours(of, "StepsFailed", step, function=step) for step in _all_steps(of)]
    fields = [_ours(of, "FieldsFailed", role, function=role) for role in RESOLVERS]
    return _metrics(of, "Steps and fields that broke", [*steps, *fields])


def _lambda(of: Watched, metric: str, stat: str, title: str, roles: Sequence[str] = FUNCTIONS) -> Widget:
    return _metrics(of, title, _of_functions(of, metric, roles), stat=stat)


def _function_throttles(of: Watched) -> Widget:
    account = _series("AWS/Lambda", "Throttles", {}, "the whole account")
    return _metrics(of, "Function throttles", [account, *_of_functions(of, "Throttles", FUNCTIONS)])


def _of_functions(of: Watched, metric: str, roles: Sequence[str]) -> list[Series]:
    return [
        _series("AWS/Lambda", metric, {"FunctionName": function_name(of.stack, role)}, role) for role in roles
    ]


def _api_errors(of: Watched) -> Widget:
    api = {"GraphQLAPIId": of.api_id}
    kinds = {"4XXError": "the caller's (4xx)", "5XXError": "ours (5xx)"}
    return _metrics(
        of, "GraphQL errors", [_series("AWS/AppSync", name, api, label) for name, label in kinds.items()]
    )


def _api_latency(of: Watched) -> Widget:
    api = {"GraphQLAPIId": of.api_id}
    stats = ("p50", "p95", "Maximum")
    series = [_series("AWS/AppSync", "Latency", api, stat, stat=stat) for stat in stats]
    return _metrics(of, "GraphQL latency (ms)", series)


def _throttled_writes(of: Watched) -> Widget:
    return _metrics(
        of,
        "Writes of records that had to wait",
        [_ours(of, "WritesThrottled", "throttled", record_type=of.record_type)],
    )


def _tables(of: Watched) -> Mapping[str, str]:
    return {"records": of.records_table, "ledger": of.ledger_table}


def _table_use(of: Watched) -> Widget:
    kinds = {"ConsumedWriteCapacityUnits": "write", "ConsumedReadCapacityUnits": "read"}
    return _metrics(of, "Table use (units)", _of_tables(of, kinds))


def _table_throttles(of: Watched) -> Widget:
    kinds = {"WriteThrottleEvents": "write", "ReadThrottleEvents": "read"}
    return _metrics(of, "Table throttles", _of_tables(of, kinds))


def _of_tables(of: Watched, kinds: Mapping[str, str]) -> list[Series]:
    return [
        _series("AWS/DynamoDB", metric, {"TableName": table}, f"{what}, {kind}")
        for what, table in _tables(of).items()
        for metric, kind in kinds.items()
    ]


def _table_latency(of: Watched) -> Widget:
    operations = {"records": ("BatchExecuteStatement", "BatchGetItem"), "ledger": ("GetItem", "UpdateItem")}
    series = _of_operations(of, "SuccessfulRequestLatency", operations)
    return _metrics(of, "Table latency, p95 (ms)", series, stat="p95")


def _table_errors(of: Watched) -> Widget:
    series = _of_operations(of, "SystemErrors", dict.fromkeys(_tables(of), OPERATIONS))
    return _metrics(of, "Failures of DynamoDB's own", series)


def _of_operations(of: Watched, metric: str, operations: Mapping[str, Sequence[str]]) -> list[Series]:
    tables = _tables(of)
    return [
        _series(
            "AWS/DynamoDB",
            metric,
            {"TableName": tables[what], "Operation": operation},
            f"{what}, {operation}",
        )
        for what, asked in operations.items()
        for operation in asked
    ]


def _tasks(of: Watched) -> Widget:
    series = [
        _series("ECS/ContainerInsights", metric, _of_service(service), f"{name}, {label}")
        for name, service in of.services.items()
        for metric, label in (("RunningTaskCount", "running"), ("DesiredTaskCount", "wanted"))
    ]
    return _metrics(of, "Tasks", series, stat="Maximum")


def _use_of_containers(of: Watched) -> list[Widget]:
    return [
        _metrics(
            of,
            f"{title} of containers (%)",
            [_series("AWS/ECS", metric, _of_service(service), name) for name, service in of.services.items()],
            stat="Maximum",
        )
        for title, metric in (("Processor", "CPUUtilization"), ("Memory", "MemoryUtilization"))
    ]


def _of_service(service: WatchedService) -> Mapping[str, str]:
    return {"ClusterName": service.cluster, "ServiceName": service.service}


@frozen
class _Web:
    """A service behind a balancer; dimensions of the balancer alone, and of its targets too."""

    of: Watched
    balancer: Mapping[str, str]
    targets: Mapping[str, str]


def _webs(of: Watched) -> Iterator[_Web]:
    for service in of.services.values():
        if service.balancer is not None and service.targets is not None:
            balancer = {"LoadBalancer": service.balancer}
            yield _Web(of, balancer, {"TargetGroup": service.targets, **balancer})


def _requests(web: _Web) -> Widget:
    answers = {"2XX": "2xx", "3XX": "3xx", "4XX": "the caller's (4xx)"}
    series = [
        _series("AWS/ApplicationELB", f"HTTPCode_Target_{kind}_Count", web.targets, label)
        for kind, label in answers.items()
    ]
    return _metrics(web.of, "Requests to the web service", series, stacked=True)


def _request_errors(web: _Web) -> Widget:
    series = [
        _series("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", web.targets, "the service's (5xx)"),
        _series("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", web.balancer, "the balancer's (5xx)"),
    ]
    return _metrics(web.of, "Errors of the web service", series)


def _request_seconds(web: _Web) -> Widget:
    series = [
        _series("AWS/ApplicationELB", "TargetResponseTime", web.targets, stat, stat=stat)
        for stat in ("p50", "p95", "Maximum")
    ]
    return _metrics(web.of, "Answers of the web service (s)", series)


def _hosts(web: _Web) -> Widget:
    kinds = {"HealthyHostCount": "healthy", "UnHealthyHostCount": "not healthy"}
    series = [
        _series(
            "AWS/ApplicationELB",
            metric,
            web.targets,
            label,
            stat="Minimum" if label == "healthy" else "Maximum",
        )
        for metric, label in kinds.items()
    ]
    return _metrics(web.of, "Targets of the web service", series)
