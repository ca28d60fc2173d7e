"""A whole phase in one process: every chunk of a job, several at once, over the very same steps.

A function does this for small files, and a worker for the largest. What is done is in the ledger, so a
process that stops, or is stopped, is followed by another one that does the rest.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Final, TypeVar

import cattrs
import orjson
from attrs import frozen

from foreman_core.api import GraphQL
from foreman_core.models import ChunkRef, Job, JobState, PlanChunkRef
from foreman_core.pipeline.approval import Approval
from foreman_core.pipeline.comparing import Comparison
from foreman_core.pipeline.mutate import mutate_chunk
from foreman_core.pipeline.outcome import reconcile
from foreman_core.pipeline.plan import PLAN_CHUNKS, plan_chunk, seal_plan
from foreman_core.pipeline.undo import prepare_undo
from foreman_core.pipeline.validate import Recalls, validate
from foreman_core.signing import Signer
from foreman_core.storage import job_key

GoOn = Callable[[], bool]
"""Asked before each chunk: False when the process is to stop."""

AHEAD: Final = 2
"""Chunks that wait for each thread: none of them idles, and few are begun that need not be."""

Ref = TypeVar("Ref", ChunkRef, PlanChunkRef)


class Paused(Exception):  # noqa: N818 - nothing has failed
    """The process has stopped between two chunks; another one goes on with the rest."""


@frozen(kw_only=True)
class Preparing:
    """What it takes to validate, plan and seal. `chunk_rows` is the size of a chunk, `threads` how many of
    them are planned at once.
    """

    comparison: Comparison
    recalls: Recalls
    chunk_rows: int
    approval: Approval
    threads: int


@frozen(kw_only=True)
class Writing:
    """What it takes to mutate and reconcile; `threads` is how many chunks are loaded at once."""

    comparison: Comparison
    api: GraphQL
    signer: Signer
    threads: int


def prepare(
    by: Preparing, job_id: str, *, attempt: int | None, go_on: GoOn, most_chunks: int | None = None
) -> Job:
    """Validate, plan and seal a job. The job as it then is; one with more chunks than `most_chunks` is still
    VALIDATING, and none of its chunks is planned.

    Paused when `go_on` said so. The error of the first chunk that breaks; no further one is begun then.
    """
    ledger, files = by.comparison.ledger, by.comparison.files
    if ledger.job(job_id).undoes is not None:
        job = prepare_undo(ledger, files, job_id)
    else:
        job = validate(ledger, files, by.comparison.schemas, by.recalls, job_id, chunk_rows=by.chunk_rows)
    if job is not None and most_chunks is not None and job.chunks > most_chunks:
        return job
    if job is not None and job.chunks_key is not None:
        planned = {chunk.index for chunk in ledger.chunks(job_id)}
        refs = [ref for ref in _refs(by.comparison, job.chunks_key, ChunkRef) if ref.index not in planned]
        _each(refs, lambda ref: plan_chunk(by.comparison, ref), by.threads, go_on, all_of_them=False)
    return seal_plan(ledger, files, by.comparison.schemas, job_id, attempt=attempt, approval=by.approval)


def load(by: Writing, job_id: str, *, attempt: int | None, go_on: GoOn) -> Job:
    """Mutate the chunks of a job that have no outcome yet, and reconcile it. The job as it then is.

    Paused when `go_on` said so. A chunk that breaks does not keep the others back; then its error is raised.
    """
    ledger, files = by.comparison.ledger, by.comparison.files
    job = ledger.job(job_id)
    if job.state is JobState.LOADING and not job.is_stale(attempt):
        loaded = {chunk.index for chunk in ledger.chunks(job_id) if chunk.loaded_at is not None}
        key = job_key(job_id, PLAN_CHUNKS)
        refs = [ref for ref in _refs(by.comparison, key, PlanChunkRef) if ref.index not in loaded]
        _each(refs, lambda ref: mutate_chunk(by.comparison, by.api, ref), by.threads, go_on, all_of_them=True)
    return reconcile(ledger, files, by.signer, job_id, attempt=attempt)


def _refs(by: Comparison, key: str, kind: type[Ref]) -> list[Ref]:
    found: list[Any] = orjson.loads(by.files.read(key))
    return [cattrs.structure(ref, kind) for ref in found]


def _each(
    refs: Iterable[Ref], work: Callable[[Ref], object], threads: int, go_on: GoOn, *, all_of_them: bool
) -> None:
    """Do this for every chunk, the first ones first. The first error is raised when those under way are done,
    or `all_of_them`.
    """
    first: BaseException | None = None
    waiting = list(reversed(list(refs)))
    under_way: set[Future[object]] = set()
    with ThreadPoolExecutor(threads) as pool:
        while under_way or (waiting and go_on()):
            while waiting and len(under_way) < threads * AHEAD and go_on():
                under_way.add(pool.submit(work, waiting.pop()))
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for error in (future.exception() for future in done):
                first = first or error
                if error is not None and not (all_of_them and isinstance(error, Exception)):
                    waiting.clear()
    if first is not None:
        raise first
    if waiting:
        raise Paused(f"{len(waiting)} chunks are left")
