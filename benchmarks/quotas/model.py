"""From a load and the program's settings to the use of every quota, to seconds and to dollars."""

import math
from collections.abc import Iterator, Mapping
from typing import Final

from attrs import field, frozen

from benchmarks.quotas.limits import PRICES, QUOTAS, Quota
from benchmarks.quotas.program import UNIT, Measured, Program, Way

_MILLION: Final = 1e6
_DATA_KEY_S: Final = 300
"""Services keep a data key of ours for five minutes, and S3 a bucket's for a while."""


@frozen(kw_only=True)
class Load:
    """So many rows in a file; so many files an hour, or one file alone (0)."""

    rows: int
    files_per_hour: float = 0


@frozen(kw_only=True)
class Use:
    """How much of a limit is taken, and what lifts it. `source` is AWS's documentation, or the program."""

    name: str
    used: float
    limit: float
    unit: str
    lift: str
    source: str
    checked: str | None = None

    @property
    def share(self) -> float:
        """1 is all of it: beyond, the load does not go through, or is throttled."""
        return self.used / self.limit


@frozen(kw_only=True)
class Forecast:
    """What a load comes to."""

    load: Load
    way: Way
    chunks: int
    rows_a_second: float
    seconds: Mapping[str, float]
    dollars: Mapping[str, float]
    uses: tuple[Use, ...]

    @property
    def binding(self) -> Use:
        """The limit of which most is taken."""
        return max(self.uses, key=lambda use: use.share)


def forecast(load: Load, program: Program | None = None, measured: Measured | None = None) -> Forecast:
    """Work out a load. What is limited by a rate is worked out at the rate that the settings lead to."""
    sums = _Sums(load, program or Program(), measured or Measured())
    return Forecast(
        load=load,
        way=sums.way,
        chunks=sums.chunks,
        rows_a_second=sums.rows_a_second,
        seconds=sums.seconds(),
        dollars=sums.dollars(),
        uses=tuple(sorted([*sums.aws(), *sums.own()], key=lambda use: -use.share)),
    )


@frozen
class _Sums:
    load: Load
    by: Program
    of: Measured
    size: float = field(init=False)
    chunks: int = field(init=False)
    way: Way = field(init=False)
    per_second: float = field(init=False)
    """Files a second."""

    def __attrs_post_init__(self) -> None:
        rows, size = self.load.rows, self.load.rows * self.of.source_bytes
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "chunks", math.ceil(rows / self.by.chunk_rows))
        object.__setattr__(self, "way", self.by.way(rows, size))
        object.__setattr__(self, "per_second", self.load.files_per_hour / 3600)

    @property
    def at_once(self) -> int:
        """Chunks of one file that are worked on side by side."""
        wanted = {"function": 4, "map": self.by.map_concurrency, "worker": self.by.worker_threads}[self.way]
        return min(wanted, self.chunks)

    @property
    def row_units(self) -> int:
        """Write units of a record."""
        return math.ceil(self.of.record_bytes / UNIT)

    @property
    def writing(self) -> float:
        """Rows a second that one file's writers come to, whatever the table takes."""
        each = self.of.chunk_load_s if self.way == "map" else self.of.chunk_small_s
        return self.at_once * min(self.by.chunk_rows, self.load.rows) / each

    @property
    def rows_a_second(self) -> float:
        """Rows a second that reach the table: of one file, or of all that come."""
        if self.load.files_per_hour:
            return self.per_second * self.load.rows
        table = QUOTAS["DynamoDB: write units of a table"].limit / self.row_units
        return min(self.writing, table)

    @property
    def chunks_a_second(self) -> float:
        return self.rows_a_second / min(self.by.chunk_rows, self.load.rows)

    def seconds(self) -> dict[str, float]:
        """Of one file, by step; a file among many takes as long as one alone."""
        of, rows = self.of, self.load.rows
        rate = min(self.writing, QUOTAS["DynamoDB: write units of a table"].limit / self.row_units)
        return {
            "ingest": self.size / of.hash_bytes_a_second,
            "validate": rows * of.validate_row_s,
            "plan": self.chunks * of.chunk_plan_s / self.at_once,
            "seal": self.chunks * 140e-6,
            "mutate": rows / rate,
            "reconcile": rows * of.account_row_s + self.chunks * of.get_s / self.by.at_once,
        }

    def dollars(self) -> dict[str, float]:
        """Of one file, or of an hour of files."""
        files = self.load.files_per_hour or 1
        seconds, chunks = self.seconds(), self.chunks
        writes = self.load.rows * self.row_units + chunks * 3 + 2 * self.of.job_changes * 3
        reads = self.load.rows + chunks * 6
        children = chunks * 2 if self.way == "map" else 0
        gb = self.by.validate_memory_mb / 1024
        own = (
            seconds["validate"]
            + seconds["reconcile"]
            + (seconds["plan"] + seconds["mutate"] if self.way == "function" else 0)
        )
        resolver = chunks * (self.of.chunk_small_s - 0.1)
        functions = chunks * (self.of.chunk_plan_s + self.of.chunk_load_s * 0.5) if self.way == "map" else 0
        sums = {
            "DynamoDB writes": writes / _MILLION * PRICES["DynamoDB: million write units"],
            "DynamoDB reads": reads / _MILLION * PRICES["DynamoDB: million read units"],
            "Step Functions": (children + 12) / _MILLION * PRICES["Step Functions: million transitions"],
            "Lambda": (children + chunks + 8) / _MILLION * PRICES["Lambda: million requests"]
            + (functions + resolver) * PRICES["Lambda: GB-second (arm64)"]
            + (own * gb * PRICES["Lambda: GB-second (arm64)"] if self.way != "worker" else 0),
            "AppSync": chunks / _MILLION * PRICES["AppSync: million requests"],
            "S3": chunks / _MILLION * PRICES["S3: million PUT"]
            + 3 * chunks / _MILLION * PRICES["S3: million GET"],
            "logs": (children * 5_000 + chunks * 1_000 + 20_000)
            / 1e9
            * PRICES["CloudWatch Logs: GB taken in"],
            "Fargate": sum(seconds.values())
            / 3600
            * (
                self.by.worker_cpus * PRICES["Fargate: vCPU-hour (arm64)"]
                + self.by.worker_gb * PRICES["Fargate: GB-hour (arm64)"]
            )
            if self.way == "worker"
            else 0,
        }
        return {name: value * files for name, value in sums.items()}

    def aws(self) -> Iterator[Use]:
        """What is taken of AWS's quotas."""
        by, of, per_second = self.by, self.of, self.per_second
        chunks_a_second, units = self.chunks_a_second, self.row_units
        total = sum(self.seconds().values())
        open_at_once = per_second * total if per_second else 1
        children = self.at_once * open_at_once if self.way == "map" else 0
        steps = 12 * per_second + (chunks_a_second * 2 if self.way == "map" else 0)
        workers = self.at_once * open_at_once
        concurrency = {"function": open_at_once * (1 + self.at_once), "map": 2 * workers, "worker": workers}
        job_units = math.ceil(of.job_item_bytes / UNIT) * of.job_changes
        result = self.chunks * len("{},")
        calls = per_second * 20 + chunks_a_second * 3
        yield _use("Step Functions: state transitions", steps, "ask for more; workerBytes: a worker has two")
        yield _use("Step Functions: StartExecution", per_second, "ask for more")
        yield _use("Step Functions: open executions", open_at_once + children, "ask for more")
        if self.way == "map":
            yield _use(
                "Step Functions: open map runs", open_at_once, "functionBytes up: small files have none"
            )
            yield _use("Step Functions: children of a map at once", self.at_once, "mapConcurrency down")
            yield _use(
                "Step Functions: bytes of a state, the results of a map among them",
                result,
                "workerBytes, so that such a file goes to a worker; or a ResultWriter",
            )
        yield _use("Step Functions: events in a history", 12 * 6, "none is needed: chunks have their own")
        yield _use(
            "Lambda: concurrent executions", concurrency[self.way], "ask for more, or mapConcurrency down"
        )
        table = self.rows_a_second * units
        yield _use("DynamoDB: write units of a table", table, "ask for more, then mapConcurrency up")
        yield _use(
            "DynamoDB: write units of a new table at first",
            table,
            "warm throughput; the writers pace themselves",
        )
        yield _use("DynamoDB: read units of a table", self.rows_a_second, "ask for more")
        if not per_second:
            chunk_units = math.ceil(of.chunk_item_bytes / UNIT)
            yield _part(
                "of a job's chunks",
                "DynamoDB: write units of a partition",
                chunks_a_second * 2 * chunk_units,
                "chunks in more than one partition; none of AWS's lifts it",
            )
            yield _part(
                "of a job's chunks", "DynamoDB: read units of a partition", chunks_a_second * 5, "as above"
            )
        yield _part(
            "of the index jobs-by-time (one key for all jobs)",
            "DynamoDB: write units of a partition",
            per_second * job_units,
            "a key a day in the index; none of AWS's lifts it",
        )
        tokens = chunks_a_second * max(math.ceil(of.chunk_small_s / 1.5), 1)
        yield _use("AppSync: request tokens", tokens, "ask for more")
        body = min(min(by.chunk_rows, self.load.rows) * (of.accepted_bytes + 60), by.request_bytes)
        yield _use("AppSync: bytes of a request", body, "chunkRows down; the loader cuts requests by itself")
        yield _use("AppSync: seconds of a request", of.chunk_small_s, "chunkRows down")
        yield _use("S3: bytes of an object", self.size, "split the file")
        yield _use("S3: PUT of a prefix", chunks_a_second + per_second * 10, "none is needed")
        yield _use("S3: GET of a prefix", chunks_a_second * 3 + per_second * 10, "none is needed")
        yield _use("SQS: messages in flight", max(per_second * 60, 1), "ask for more")
        keys = (open_at_once * 8 + workers * 2 + 20) / _DATA_KEY_S + per_second * 3
        yield _use("KMS: requests of the region", keys, "ask for more; the bucket has a key of its own")
        yield _use("KMS: signatures with elliptic curves", max(per_second, 1 / max(total, 1)), "ask for more")
        yield _use("CloudWatch Logs: PutLogEvents", calls, "logLevel WARNING; ask for more")

    def own(self) -> Iterator[Use]:
        """What is taken of the limits that the program sets itself."""
        by, of, seconds = self.by, self.of, self.seconds()
        if self.way == "worker":
            prepare = seconds["validate"] + seconds["plan"] + seconds["seal"]
            yield _own(
                "a worker's seconds in a phase",
                max(prepare, seconds["mutate"] + seconds["reconcile"]),
                by.worker_seconds,
                "s",
                "more threads: WORKER_THREADS; WORKER_S up",
            )
            disk = (self.load.rows * of.accepted_bytes + self.size) / 1e9
            yield _own(
                "a worker's GB of disk", disk, by.worker_disk_gb, "GB", "ephemeral storage up to 200 GB"
            )
            memory = self.chunks * of.chunk_memory_bytes * 1.7 / 2**30
            yield _own(
                "a worker's GB of memory, for the chunks of a job",
                memory,
                by.worker_gb,
                "GB",
                "a larger task",
            )
            yield _own(
                "seconds of ingest",
                seconds["ingest"],
                by.step_seconds["ingest"],
                "s",
                "more memory: its network is faster",
            )
        elif self.way == "map":
            for step in ("ingest", "validate", "seal", "reconcile"):
                lift = "900 s are Lambda's last; workerBytes, so that such a file goes to a worker"
                yield _own(f"seconds of {step}", seconds[step], by.step_seconds[step], "s", lift)
            disk = (self.load.rows * (of.accepted_bytes + of.key_bytes)) / 1e6
            yield _own(
                "MB of disk of validate",
                disk,
                by.validate_storage_mb,
                "MB",
                "validateStorageMb, 10,240 at most; then workerBytes",
            )
            memory = 100 + self.chunks * of.chunk_memory_bytes * 1.7 / 2**20
            yield _own(
                "MB of memory of seal, for the chunks of a job",
                memory,
                by.seal_memory_mb,
                "MB",
                "a larger function; then workerBytes",
            )
        else:
            phase = max(seconds["validate"] + seconds["plan"], seconds["mutate"] + seconds["reconcile"])
            yield _own(
                "seconds of prepare or load", phase, by.step_seconds["load"], "s", "functionBytes down"
            )
        yield _own(
            "seconds of a job's execution", sum(seconds.values()), by.guard_seconds, "s", "mapConcurrency up"
        )
        if self.per_second:
            kept = self.load.files_per_hour * 24 * by.incoming_days
            yield _own(
                "seconds of a search for lost files",
                kept / 1000 * of.list_seconds + kept / 100 * of.known_seconds / by.at_once,
                by.find_minutes * 60,
                "s",
                "retention.incomingDays down: every file that is kept is looked at",
            )


def _use(name: str, used: float, lift: str) -> Use:
    return _of(QUOTAS[name], name, used, lift)


def _part(of_what: str, name: str, used: float, lift: str) -> Use:
    return _of(QUOTAS[name], f"{name}, {of_what}", used, lift)


def _of(quota: Quota, name: str, used: float, lift: str) -> Use:
    return Use(
        name=name,
        used=used,
        limit=quota.limit,
        unit=quota.unit,
        lift=lift,
        source=quota.source,
        checked=quota.checked,
    )


def _own(name: str, used: float, limit: float, unit: str, lift: str) -> Use:
    return Use(name=f"Foreman: {name}", used=used, limit=limit, unit=unit, lift=lift, source="the program")
