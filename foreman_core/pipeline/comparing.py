"""A chunk compared with the live table: rows of a file, or rows of a job that is to be undone."""

from collections.abc import Callable, Collection, Sequence

from attrs import frozen

from foreman_core.inverse import invert
from foreman_core.ledger import Ledger
from foreman_core.models import ChunkRef, Job, PlannedRow, Sealed
from foreman_core.pipeline.undo import written_rows
from foreman_core.planning import encode, plan_rows, read_accepted, seal
from foreman_core.records import Records, StoredRecord
from foreman_core.schema import Schemas
from foreman_core.storage import Files, job_key

RecordsOf = Callable[[str], Records]
"""The records of a type, by its name."""

Planned = tuple[list[PlannedRow], dict[str, StoredRecord]]
"""Rows with what they are to do, and the records and tombstones that this was decided upon."""


@frozen(kw_only=True)
class Comparison:
    """Where the rows come from, and where the records are."""

    ledger: Ledger
    files: Files
    schemas: Schemas
    table: RecordsOf

    def plan(self, job: Job, ref: ChunkRef, *, only: Collection[int] | None = None) -> Planned:
        """What a chunk's rows are to do to the records as they are now; `only` names rows by number."""
        if job.undoes is not None:
            return self._inverse(job, job.undoes, ref.index, only)
        schema = self.schemas(job.record_type)
        rows = read_accepted(self.files.read(ref.key, start=ref.start, end=ref.end), schema)
        rows = [row for row in rows if only is None or row.row in only]
        stored = self._stored(job, [str(row.values[schema.primary_key]) for row in rows])
        return plan_rows(schema, rows, stored, columns=job.fields), stored

    def store(self, job_id: str, rows: Sequence[PlannedRow]) -> Sealed:
        """Store planned rows, under the hash of their content."""
        lines = encode(rows)
        sha256 = seal(lines)
        key = job_key(job_id, f"plan/{sha256}.jsonl")
        self.files.put(key, lines, "application/jsonl")
        return Sealed(key=key, sha256=sha256)

    def _inverse(self, job: Job, undone_id: str, index: int, only: Collection[int] | None) -> Planned:
        rows = [
            undone
            for undone in written_rows(self.files, self.ledger.chunk(undone_id, index), undone_id)
            if only is None or undone.row.row in only
        ]
        stored = self._stored(job, [undone.row.id for undone in rows])
        schema = self.schemas(job.record_type)
        return [invert(schema, undone, stored.get(undone.row.id)) for undone in rows], stored

    def _stored(self, job: Job, ids: Sequence[str]) -> dict[str, StoredRecord]:
        return self.table(job.record_type).trace_many(ids)
