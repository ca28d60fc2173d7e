"""All services of one run, with the real handlers behind them, and the history of what took effect."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from attrs import frozen

from components._state_machine import TIMEOUT_S, Definition, definition
from foreman_core.items import from_item
from foreman_core.pacing import Pace
from foreman_core.schema.graphql import record_fields
from simulation.api import Api
from simulation.dynamodb import Change, DynamoDB, Table
from simulation.faults import Faults
from simulation.functions import Function, FunctionFailed, Functions
from simulation.kernel import Kernel
from simulation.kms import Kms
from simulation.queue import Queue
from simulation.record import SCHEMA
from simulation.s3 import S3
from simulation.stage import handler_of
from simulation.states import Execution, StateMachine
from simulation.topic import Notice, Topic
from simulation.wire import Trace, Wire

BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
BUCKET: Final = "intake"
RECORDS: Final = "records"
LEDGER: Final = "ledger"
CONCURRENCY: Final = 3
TOLERATED_PERCENT: Final = 50
APPROVAL_HOURS: Final = 1
APPROVALS: Final = ("never", "never", "dropped", "always")
INTAKE_S: Final = 60.0
SWEEP_S: Final = 120.0
FIND_S: Final = 890.0
RESOLVER_S: Final = 29.0
RESOLVERS: Final = ("records", "imports", "jobs")
JOB_FIELDS: Final[Mapping[str, str]] = {
    "startImport": "imports",
    "approvePlan": "imports",
    "undoJob": "imports",
    "retryJob": "imports",
    "cancelJob": "imports",
    "rememberMapping": "imports",
    "job": "jobs",
}


@frozen
class JobChange:
    """A job's item before and after a write, as plain values."""

    at: float
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class World:
    """One run's services and history. `odd` collects what no service would object to, and still is wrong."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - a schedule, not a secret
        self.kernel = Kernel()
        self.trace = Trace()
        self.faults = Faults.drawn(self.random)
        self.wire = Wire(self.kernel, self.random, self.faults, self.trace)
        self.pace = Pace()
        self.environment = {
            "APPROVAL": self.random.choice(APPROVALS),
            # every file whole, by chunks, or by chunks only once they turn out to be many
            "FUNCTION_BYTES": self.random.choice(("0", "100000")),
            "FUNCTION_CHUNKS": self.random.choice(("0", "1", "20")),
        }
        self.records = Table(RECORDS, ("pk",))
        self.ledger = Table(LEDGER, ("pk", "sk"))
        self.writes: list[Change] = []
        self.job_changes: dict[str, list[JobChange]] = {}
        self.notices: list[Notice] = []
        self.odd: list[str] = []
        self.functions = Functions(self.wire, _functions())
        self.dynamodb = DynamoDB(self.wire, [self.records, self.ledger], self._changed)
        self.queue = Queue(self.wire, BUCKET, lambda event: self.functions.invoke("intake", event))
        self.s3 = S3(self.wire, self.queue.announce, self.now)
        self.topic = Topic(self.wire, self.notices.append)
        self.kms = Kms(self.wire)
        self.api = Api(
            self.wire, self.functions, JOB_FIELDS | {name: "records" for _, name in record_fields(SCHEMA)}
        )
        self.states = StateMachine(
            wire=self.wire,
            functions=self.functions,
            definition=_definition(),
            natives={
                "arn:aws:states:::dynamodb:updateItem": lambda given: self.dynamodb.update_item(**given),
                "arn:aws:states:::sns:publish": lambda given: self.topic.publish(**given),
            },
            read=lambda bucket, key: self.s3.get_object(Bucket=bucket, Key=key)["Body"].read(),
            now=self.now,
            started=self._started,
            redriven=self._redriven,
        )

    def now(self) -> datetime:
        """The virtual time."""
        return BEGINNING + timedelta(seconds=self.kernel.now)

    def sleep(self, _seconds: float) -> None:
        """Sleep a time of the seed's choice: what is asked for was drawn from elsewhere."""
        self.kernel.sleep(self.random.random())

    def sweep(self) -> None:
        """Call the sweeper, as its schedule does."""
        self._call("sweep")

    def find_lost(self) -> None:
        """Call the finder of lost files, as its schedule does."""
        self._call("find_lost")

    def _call(self, function: str) -> None:
        """When it fails, the schedule calls it again later."""
        try:
            self.functions.invoke(function, {})
        except FunctionFailed:
            return

    def jobs(self) -> dict[str, dict[str, Any]]:
        """All jobs of the ledger by id, as plain values."""
        return {
            sort_free.removeprefix("JOB#"): from_item(item)
            for (sort_free, sort), item in self.ledger.items.items()
            if sort == "JOB"
        }

    def job(self, job_id: str) -> dict[str, Any] | None:
        """A job's item as plain values."""
        item = self.ledger.items.get((f"JOB#{job_id}", "JOB"))
        return None if item is None else from_item(item)

    def chunks(self, job_id: str) -> list[dict[str, Any]]:
        """The items of a job's chunks."""
        return [
            from_item(item)
            for (job, sort), item in sorted(self.ledger.items.items())
            if job == f"JOB#{job_id}" and sort.startswith("CHUNK#")
        ]

    def audit_trail(self, job_id: str) -> list[str]:
        """The events of a job as they were hashed, in their order."""
        return [
            from_item(item)["event"]
            for (job, sort), item in sorted(self.ledger.items.items())
            if job == f"JOB#{job_id}" and sort.startswith("AUDIT#")
        ]

    def _changed(self, change: Change) -> None:
        if change.table == RECORDS:
            self.writes.append(change)
        elif change.key[1] == "JOB":
            before, after = from_item(change.before or {}), from_item(change.after or {})
            job_id = change.key[0].removeprefix("JOB#")
            self.job_changes.setdefault(job_id, []).append(JobChange(change.at, before, after))

    def _started(self, execution: Execution) -> None:
        job = execution.name[: len("job-") + 26]
        if self.job(job) is None:
            self.odd.append(f"execution {execution.name} was started before its job was recorded")

    def _redriven(self, execution: Execution) -> None:
        if execution.status == "FAILED":
            self.odd.append(f"execution {execution.name} was redriven only to fail again as it had")


def _functions() -> dict[str, Function]:
    limits: dict[str, float] = {
        **TIMEOUT_S,
        "intake": INTAKE_S,
        "sweep": SWEEP_S,
        "find_lost": FIND_S,
        **dict.fromkeys(RESOLVERS, RESOLVER_S),
    }
    return {role: Function(role, handler_of(role), limit) for role, limit in limits.items()}


def _definition() -> Mapping[str, object]:
    return definition(
        Definition(
            functions={role: role for role in TIMEOUT_S},
            bucket=BUCKET,
            ledger_table=LEDGER,
            topic_arn="topic",
            max_concurrency=CONCURRENCY,
            tolerated_percent=TOLERATED_PERCENT,
            approval_hours=APPROVAL_HOURS,
            work_queue_url=None,
        )
    )
