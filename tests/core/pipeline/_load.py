"""A load in this process: the real ledger, bucket, records table and resolver; no AppSync in between."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import cattrs
import orjson
from attrs import define, field

from foreman_core.errors import Unavailable
from foreman_core.ledger import Ledger
from foreman_core.models import ChunkRef, Counts, Job, JobState, Mode, Moment, Options, PlanChunkRef, Source
from foreman_core.notices import Notices
from foreman_core.pipeline import edit
from foreman_core.pipeline.approval import Approval
from foreman_core.pipeline.comparing import Comparison
from foreman_core.pipeline.judged import ACCEPTED, REJECTS, VERDICTS, judged_by
from foreman_core.pipeline.mutate import mutate_chunk
from foreman_core.pipeline.options import DEFAULTS
from foreman_core.pipeline.outcome import reconcile
from foreman_core.pipeline.plan import plan_chunk, seal_plan
from foreman_core.pipeline.undo import prepare_undo, put_chunks
from foreman_core.pipeline.validate import validate
from foreman_core.records import Records, StoredRecord
from foreman_core.schema import Field, RecordSchema
from foreman_core.signing import KmsSigner
from foreman_core.storage import Files, job_key
from foreman_core.workflow import Entrance, Workflow, execution_name

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEMA = RecordSchema(
    name="thing",
    plural="things",
    primary_key="id",
    version="sha256:0",
    fields=(Field(name="id"), Field(name="colour"), Field(name="maker")),
)
Hook = Callable[[], object]


@define
class Api:
    """Answers `upsertThings` as the resolver does; `before` and `after` run once around the next request."""

    records: Records
    before: Hook | None = None
    after: Hook | None = None
    requests: int = 0

    def ask(self, document: str, variables: Mapping[str, object]) -> dict[str, Any]:
        assert "upsertThings" in document
        self.requests += 1
        given: Any = variables["input"]
        self._run("before")
        outcomes = edit.upsert(self.records, SCHEMA, **given)
        self._run("after")
        return {"upsertThings": {"outcomes": outcomes}}

    def _run(self, name: str) -> None:
        hook = getattr(self, name)
        setattr(self, name, None)
        if hook is not None:
            hook()


@define
class Started(Workflow):
    """What was started, instead of Step Functions: (execution, where); which of these still run, and the
    tokens that were answered. `waiting` are those that somebody waits with. Asked about a `broken` job, Step
    Functions fails; about a `deadly` one, whoever asks is killed.
    """

    starts: list[tuple[str, str]] = field(factory=list[tuple[str, str]])
    running: set[str] = field(factory=set[str])
    stopped: set[str] = field(factory=set[str])
    waiting: set[str] = field(factory=set[str])
    released: list[str] = field(factory=list[str])
    broken: set[str] = field(factory=set[str])
    deadly: set[str] = field(factory=set[str])

    def start(self, job: Job, at: Entrance) -> None:
        if execution_name(job) not in dict(self.starts):
            self.starts.append((execution_name(job), at))
            self.running.add(execution_name(job))

    def is_running(self, job: Job) -> bool:
        return execution_name(job) in self.running

    def redrive(self, job: Job) -> bool:
        if job.id in self.broken:
            raise Unavailable("states", "broken")
        if job.id in self.deadly:
            raise KeyboardInterrupt
        if execution_name(job) not in self.stopped:
            return False
        self.running.add(execution_name(job))
        return True

    def release(self, token: str) -> bool:
        if token not in self.waiting:
            return False
        self.waiting.remove(token)
        self.released.append(token)
        return True


class Told(Notices):
    """Remembers what it was to tell."""

    def __init__(self) -> None:
        self.sent: list[Job] = []

    def send(self, job: Job) -> None:
        self.sent.append(job)


def no_recall(_columns: tuple[str, ...]) -> None:
    """What is remembered of columns."""


@define
class Loading:
    """Jobs taken through the steps from Plan to Reconcile."""

    s3: "S3Client"
    ledger: Ledger
    files: Files
    records: Records
    api: Api
    signer: KmsSigner
    approval: Approval = "never"

    @property
    def comparison(self) -> Comparison:
        return Comparison(
            ledger=self.ledger, files=self.files, schemas=lambda _: SCHEMA, table=lambda _: self.records
        )

    def file(self, *rows: Mapping[str, str], mode: Mode = "load") -> Job:
        """A job whose file has been validated: every row was accepted."""
        name = uuid.uuid4().hex
        columns = list(rows[0])
        lines = [columns, *([row[column] for column in columns] for row in rows)]
        body = "".join(",".join(line) + "\n" for line in lines).encode()
        put = self.s3.put_object(Bucket=self.files.bucket, Key=f"submitted/{name}.csv", Body=body)
        now = self.ledger.now()
        source = Source(
            bucket=self.files.bucket,
            key=f"submitted/{name}.csv",
            version_id=put["VersionId"],
            name="file.csv",
            sha256=name,
        )
        job = Job(
            id=f"job-{name}",
            state=JobState.VALIDATING,
            mode=mode,
            record_type="thing",
            source=source,
            created_at=now,
            updated_at=now,
            counts=Counts(read=len(rows), accepted=len(rows)),
            chunks=1,
            validated=True,
            judged="once",
            fields=tuple(columns),
            timeline=(Moment(state=JobState.VALIDATING, at=now),),
        )
        self.ledger.create(job)
        accepted = b"".join(
            orjson.dumps({**row, "_row": n, "_line": n + 1}, option=orjson.OPT_APPEND_NEWLINE)
            for n, row in enumerate(rows, 1)
        )
        key = judged_by(job, ACCEPTED)
        self.files.put(key, accepted, "application/jsonl")
        self.files.put(judged_by(job, REJECTS), b"", "text/csv")
        self.files.put(judged_by(job, VERDICTS), b"", "text/plain")
        ref = ChunkRef(job_id=job.id, index=0, key=key, start=0, end=len(accepted), rows=len(rows))
        return self.ledger.amend(job.id, job.state, chunks_key=put_chunks(self.files, job.id, [ref]))

    def judge(
        self,
        body: bytes,
        *,
        schema: RecordSchema = SCHEMA,
        options: Options = DEFAULTS,
        key: str | None = None,
    ) -> Job:
        """A job whose file has been through validation; without a key it is a file of its own."""
        job = self.identified(body, options=options, key=key)
        validate(self.ledger, self.files, lambda _: schema, lambda _: no_recall, job.id, chunk_rows=2)
        return self.ledger.job(job.id)

    def identified(self, body: bytes, *, options: Options = DEFAULTS, key: str | None = None) -> Job:
        """A job whose file is to be validated."""
        key = key or f"incoming/{uuid.uuid4().hex}"
        put = self.s3.put_object(Bucket=self.files.bucket, Key=key, Body=body)
        now = self.ledger.now()
        return self.ledger.create(
            Job(
                id=f"job-{put['VersionId']}",
                state=JobState.VALIDATING,
                mode="load",
                record_type="thing",
                source=Source(
                    bucket=self.files.bucket, key=key, version_id=put["VersionId"], name="file.csv"
                ),
                created_at=now,
                updated_at=now,
                options=options,
                timeline=(Moment(state=JobState.VALIDATING, at=now),),
            )
        )

    def plan(self, job: Job) -> Job:
        """Plan and seal the chunks of a job."""
        if job.undoes is not None:
            prepare_undo(self.ledger, self.files, job.id)
        key = self.ledger.job(job.id).chunks_key
        for ref in self._refs(key) if key else ():
            plan_chunk(self.comparison, cattrs.structure(ref, ChunkRef))
        return self.seal(job)

    def seal(self, job: Job, *, attempt: int | None = None) -> Job:
        """Seal the plan of a job, or find it sealed and begin to load it."""
        return seal_plan(
            self.ledger, self.files, lambda _: SCHEMA, job.id, attempt=attempt, approval=self.approval
        )

    def mutate(self, job: Job) -> None:
        """Load every chunk of a sealed plan, as often as it takes."""
        for ref in self._refs(job_key(job.id, "plan-chunks.json")):
            try:
                mutate_chunk(self.comparison, self.api, cattrs.structure(ref, PlanChunkRef))
            except Unavailable:
                mutate_chunk(self.comparison, self.api, cattrs.structure(ref, PlanChunkRef))

    def load(self, job: Job) -> Job:
        """Take a job from its plan to its end."""
        self.seal(self.plan(job))
        self.mutate(job)
        reconcile(self.ledger, self.files, self.signer, job.id, attempt=None)
        return reconcile(self.ledger, self.files, self.signer, job.id, attempt=None)

    def edit(self, key: str, **values: str) -> StoredRecord:
        """A single edit, on whatever version there is."""
        stored = self.records.get(key)
        version = 0 if stored is None else stored.version
        return edit.update(self.records, SCHEMA, record_id=key, expected_version=version, values=values)

    def values(self, key: str) -> Mapping[str, object] | None:
        stored = self.records.get(key)
        return None if stored is None else stored.values

    def _refs(self, key: str) -> Sequence[Any]:
        return orjson.loads(self.files.read(key))


def lost() -> None:
    """The answer to a request does not arrive."""
    raise Unavailable("api", "the answer was lost")


def fates(job: Job) -> dict[str, int]:
    """The counts that are not 0."""
    counts: dict[str, int] = attrs.asdict(job.counts)
    return {name: number for name, number in counts.items() if number and name not in {"read", "accepted"}}
