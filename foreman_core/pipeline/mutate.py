"""Mutate: one sealed chunk through the API into the table; rows whose records moved are planned once more."""

from collections.abc import Mapping, Sequence
from functools import partial

import attrs

from foreman_core.api import GraphQL
from foreman_core.errors import Unavailable
from foreman_core.loading import Loaded, load_rows
from foreman_core.models import Job, JobState, PlanChunkRef, PlannedChunk, PlannedRow
from foreman_core.pipeline.comparing import Comparison
from foreman_core.planning import decode, overwrites


def mutate_chunk(by: Comparison, api: GraphQL, ref: PlanChunkRef) -> PlannedChunk:
    """Carry out one chunk of the plan, and record what came of its rows. Doing it again changes nothing.

    Unavailable when another run of this step has planned rows again meanwhile, which belong to the outcome.
    """
    chunk = by.ledger.chunk(ref.job_id, ref.index)
    job = by.ledger.job(ref.job_id)
    if chunk.loaded_at is not None or job.state is not JobState.LOADING or job.cancelling:
        return chunk
    first = by.ledger.begin_chunk(job.id, ref.index)
    load = partial(load_rows, api, by.schemas(job.record_type), job_id=job.id, file=job.source.name)
    rows = decode(by.files.read(ref.key), ref.sha256)
    loaded, turned = load(rows=rows), 0
    is_whole = not loaded.conflicts
    if loaded.conflicts:
        moved = {fault.row for fault in loaded.conflicts}
        if first:
            _plan_again(by, job, chunk, {row.row: row for row in rows if row.row in moved})
        again = _planned_again(by, job, chunk.index)
        is_whole = again is not None
        if again is not None:
            turned = sum(row.disposition == "unchanged" and row.why is None for row in again)
            loaded = _joined(loaded, load(rows=again), again)
    outcome = attrs.asdict(loaded, recurse=False) | {"loaded_at": by.ledger.now(), "turned_unchanged": turned}
    by.ledger.finish_chunk(job.id, ref.index, is_whole=is_whole, **outcome)
    found = by.ledger.chunk(job.id, ref.index)
    if found.loaded_at is None:
        raise Unavailable("contention", f"rows of chunk {ref.index} were planned again meanwhile")
    return found


def _plan_again(by: Comparison, job: Job, chunk: PlannedChunk, moved: Mapping[int, PlannedRow]) -> None:
    """Plan rows anew whose records have moved, and store that once, before any of it is loaded.

    Left out are rows that would overwrite what is newer than the plan. After a break nothing is planned anew:
    a row in conflict may have been written before somebody else wrote.
    """
    if chunk.of is None:
        return
    planned, stored = by.plan(job, chunk.of, only=moved)
    live = {key: record.values for key, record in stored.items()}
    if job.undoes is None:
        planned = [row for row in planned if not overwrites(moved[row.row], row, live.get(row.id, {}))]
    by.ledger.replan_chunk(job.id, chunk.index, by.store(job.id, planned))


def _planned_again(by: Comparison, job: Job, index: int) -> list[PlannedRow] | None:
    """The rows that were planned again; None when there are none, or the chunk had its outcome before."""
    replanned = by.ledger.chunk(job.id, index).replanned
    return None if replanned is None else decode(by.files.read(replanned.key), replanned.sha256)


def _joined(first: Loaded, second: Loaded, again: Sequence[PlannedRow]) -> Loaded:
    """What came of a chunk in both rounds; what was planned again counts as in the second."""
    settled = {row.row for row in again}
    whole = sum(row.disposition == "unchanged" and row.why is not None for row in again)
    return Loaded(
        created=first.created + second.created,
        updated=first.updated + second.updated,
        deleted=first.deleted + second.deleted,
        kept=first.kept + second.kept + whole,
        conflicts=[fault for fault in first.conflicts if fault.row not in settled] + second.conflicts,
        rejects=first.rejects + second.rejects,
    )
