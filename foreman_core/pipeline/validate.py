"""Validate: the file read once; its good rows written as chunks, the others with their reasons."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing

from attrs import frozen

from foreman_core.errors import Corrupted, Refused
from foreman_core.ledger import Ledger
from foreman_core.mapping import from_json
from foreman_core.models import ChunkRef, Counts, Job, JobState
from foreman_core.pipeline.check import CheckReport, Recall, check
from foreman_core.pipeline.correct import REFUSED_WHOLE, Corrections, kept_mapping
from foreman_core.pipeline.ingest import BLOCK
from foreman_core.pipeline.judged import ACCEPTED, ADMITTED, MAPPING, REJECTS, VERDICTS, judged_key
from foreman_core.pipeline.judging import Lines
from foreman_core.pipeline.outcome import refused
from foreman_core.pipeline.outputs import AcceptedWriter, IssuesWriter, RejectsWriter, VerdictsWriter
from foreman_core.pipeline.pausing import GoOn, Paused
from foreman_core.pipeline.rejects import publish_rejects
from foreman_core.pipeline.undo import put_chunks
from foreman_core.reading.table import Digest
from foreman_core.schema import RecordSchema, Schemas
from foreman_core.storage import Files, job_key

Recalls = Callable[[str], Recall]
"""How to recall mappings, by record type."""


class Chunks:
    """Cuts the accepted rows into chunks while they are written: each a byte range of the same object."""

    def __init__(self, writer: AcceptedWriter, *, job_id: str, rows: int) -> None:
        self._writer = writer
        self._job_id = job_id
        self._limit = rows
        self._parts: list[tuple[int, int, int]] = []
        self._start = 0
        self._rows = 0

    def write(self, lines: Lines) -> None:
        """Write rows, and end each chunk that becomes full."""
        while len(lines):
            count = min(self._limit - self._rows, len(lines))
            self._writer.write(lines, count)
            self._rows += count
            if self._rows == self._limit:
                self.cut()

    def cut(self) -> None:
        """End the chunk, if it has any rows."""
        if not self._rows:
            return
        end = self._writer.position
        self._parts.append((self._start, end, self._rows))
        self._start, self._rows = end, 0

    def refs(self, key: str) -> list[ChunkRef]:
        """The chunks of this object, once all rows are written."""
        return [
            ChunkRef(job_id=self._job_id, index=index, key=key, start=start, end=end, rows=rows)
            for index, (start, end, rows) in enumerate(self._parts)
        ]


def validate(
    ledger: Ledger,
    files: Files,
    schemas: Schemas,
    recalls: Recalls,
    job_id: str,
    *,
    chunk_rows: int,
    go_on: GoOn = lambda: True,
) -> Job | None:
    """Judge a job's file, and write the list of its chunks. The job, or None when it has ended or a person
    must say how to go on: the ledger says why. Of several who do so at once, the first one counts.
    Paused when `go_on` said so; nothing is recorded then.
    """
    job = ledger.job(job_id)
    if job.state is not JobState.VALIDATING:
        return None
    if not job.validated:
        schema = schemas(job.record_type)
        try:
            found = _judged(
                ledger, files, schema, job, recalls(job.record_type), chunk_rows=chunk_rows, go_on=go_on
            )
        except Refused as refusal:
            refused(ledger, job, refusal)
            return None
        job = _recorded(ledger, files, schema, job_id, found)
    if job is not None and job.judged is not None and job.state is JobState.VALIDATING:
        publish_rejects(files, job_id, job.judged)  # also for who recorded it, and has not come to this
    return job


def gate(schema: RecordSchema, counts: Counts, *, is_correction: bool) -> Refused | None:
    """Why a file with these counts is not loaded at all; None when it may be. How many rows are rejected, is
    no question for a correction: what is not corrected yet may come later.
    """
    if counts.accepted == 0:
        return Refused(
            REFUSED_WHOLE,
            f"None of {counts.read:,} rows can be loaded. Correct the rejects file, and send that."
            if counts.read
            else "The file has a header, and no rows below it.",
        )
    limit = schema.max_rejected_percent
    if limit is not None and not is_correction and counts.rejected * 100 > limit * counts.read:
        return Refused(
            "too-many-rejects",
            f"{counts.rejected:,} of {counts.read:,} rows are rejected; {schema.name} allows {limit:g} %. "
            "Nothing was loaded. Correct the rows in the file, and send it again.",
        )
    return None


@frozen(kw_only=True)
class _Found:
    """What one reading of a file has found, and stored under its hash."""

    judged: str
    report: CheckReport
    refs: Sequence[ChunkRef]
    corrects: str | None


def _recorded(ledger: Ledger, files: Files, schema: RecordSchema, job_id: str, found: _Found) -> Job | None:
    """Record what was found, unless another one's findings are recorded: then the job is one of those."""
    job = ledger.job(job_id)
    if job.validated:
        return job
    report = found.report
    changes = {
        "counts": report.counts,
        "issues_by_code": report.issues_by_code,
        "issues_by_field": report.issues_by_field,
        "chunks": len(found.refs),
        "fields": [match.field for match in report.mapping.matches],
        "corrects": found.corrects,
        "judged": found.judged,
    }
    refusal = gate(schema, report.counts, is_correction=found.corrects is not None)
    if refusal is not None:
        publish_rejects(files, job_id, found.judged)
        refused(ledger, job, refusal, **changes)
        return None
    changes |= {"validated": True, "chunks_key": put_chunks(files, job_id, found.refs)}
    return ledger.amend(job_id, JobState.VALIDATING, once=["chunks_key"], **changes)


def _verify(job: Job, body: Digest) -> None:
    """Corrupted when the file is not the one that was identified; then nothing may be written of it."""
    while body.read(BLOCK):
        pass
    if job.source.sha256 is not None and body.sha256 != job.source.sha256:
        raise Corrupted("corrupted", f"The object of {job.id} is not read as it was when it was identified.")


def _judged(
    ledger: Ledger,
    files: Files,
    schema: RecordSchema,
    job: Job,
    recall: Recall,
    *,
    chunk_rows: int,
    go_on: GoOn,
) -> _Found:
    """Read the file once, and write what was accepted, what was rejected, and every issue."""
    judged = ""

    def place(name: str) -> Callable[[], str]:
        return lambda: judged_key(job.id, judged, name)

    with ExitStack() as stack:
        source = stack.enter_context(closing(files.open(job.source.key, version_id=job.source.version_id)))
        body = Digest(source)
        rows = AcceptedWriter(stack.enter_context(files.writer(place(ACCEPTED), "application/jsonl")))
        chunks = Chunks(rows, job_id=job.id, rows=chunk_rows)
        rejected = RejectsWriter(stack.enter_context(files.writer(place(REJECTS), "text/csv")), job_id=job.id)
        issues = stack.enter_context(files.writer(job_key(job.id, "issues.csv"), "text/csv"))
        admitted = stack.enter_context(files.writer(place(ADMITTED), "text/plain"))
        corrections = Corrections(ledger, files, job, admitted)
        verdicts = VerdictsWriter(stack.enter_context(files.writer(place(VERDICTS), "text/plain")))

        def accepted(lines: Lines) -> None:  # of each block, be it none
            if not go_on():
                raise Paused("the file is not judged to its end")
            chunks.write(lines)

        try:
            report = check(
                body,
                name=job.source.name,
                schema=schema,
                decided=None if job.options.mapping is None else from_json(job.options.mapping),
                recall=recall,
                encoding=job.options.encoding,
                delimiter=job.options.delimiter,
                header=job.options.header,
                sheet=job.options.sheet,
                corrections=corrections,
                on_accepted=accepted,
                on_issue=IssuesWriter(issues).write,
                on_table=rejected.begin,
                on_rejected=rejected.write,
                on_verdict=verdicts.write,
            )
        except Refused:
            _verify(job, body)  # a damaged file can look like one of another kind
            raise
        _verify(job, body)
        chunks.cut()
        mapping = kept_mapping(report.mapping)
        found = (rows.digest.digest(), verdicts.digest.digest(), mapping)
        judged = hashlib.sha256(b"".join(found)).hexdigest()
        files.put(place(MAPPING)(), mapping, "application/json")
    return _Found(
        judged=judged, report=report, refs=chunks.refs(place(ACCEPTED)()), corrects=corrections.corrected
    )
