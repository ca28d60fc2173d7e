"""Write the receipt of a job: the fates of all rows, in the order of the file, under a signed hash."""

import base64
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from typing import IO, Final

import orjson

from foreman_core.ahead import ahead
from foreman_core.models import Counts, Job, PlannedChunk
from foreman_core.pipeline.judged import VERDICTS, judged_by
from foreman_core.receipt import (
    ALGORITHM,
    Content,
    Fate,
    Run,
    Tally,
    Unit,
    fates_balance,
    runs_of,
    statement,
    tallied,
)
from foreman_core.signing import Signer
from foreman_core.storage import IN_MEMORY, Files, job_key

RECEIPT: Final = "receipt.json"
DISPOSITIONS: Final = "receipt-dispositions.jsonl"

_DONE: Final = {"create": "created", "update": "updated", "unchanged": "unchanged"}


def write_receipt(
    files: Files, signer: Signer, job: Job, *, at: str, counts: Counts, chunks: Sequence[PlannedChunk]
) -> None:
    """Read the file once more, hash its lines with what became of them, and sign that.

    The memory it takes does not grow with the file. RuntimeError when the fates of the single rows are not
    what the account says.
    """
    content = Content(files.open(job.source.key, version_id=job.source.version_id))
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as runs:
        tally = _tally(content, content.unit(job.options.encoding), _fates(files, job, chunks), runs)
        if not fates_balance(counts, tally.rows):
            raise RuntimeError(f"the rows of {job.id} have the fates {tally.rows}, not those of its account")
        runs.seek(0)
        with files.writer(job_key(job.id, DISPOSITIONS), "application/jsonl") as out:
            while block := runs.read(IN_MEMORY):
                out.write(block)
    sha256 = content.sha256()  # which reads the rest, and knows the size then
    said = statement(
        job_id=job.id,
        record_type=job.record_type,
        plan_id=job.plan_id,
        at=at,
        file={"name": job.source.name, "bytes": content.size, "sha256": sha256},
        unit=tally.unit,
        units=tally.units,
        rows=tally.rows,
        root=tally.root,
    )
    files.put_json(
        job_key(job.id, RECEIPT),
        {
            "statement": said,
            "algorithm": ALGORITHM,
            "signature": base64.b64encode(signer.sign(said)).decode(),
            "public_key": base64.b64encode(signer.public_key()).decode(),
        },
    )


def _tally(content: Content, unit: Unit, fates: Iterable[Fate], runs: IO[bytes]) -> Tally:
    def write(run: Run) -> None:
        runs.write(orjson.dumps(run, option=orjson.OPT_APPEND_NEWLINE))

    return tallied(unit, runs_of(content, unit, fates), write)


def _fates(files: Files, job: Job, chunks: Sequence[PlannedChunk]) -> Iterator[Fate]:
    """What became of every row, in the order of the file."""
    return merge(_not_accepted(files, job), _accepted(files, chunks))


def _not_accepted(files: Files, job: Job) -> Iterator[Fate]:
    for line in files.open(judged_by(job, VERDICTS)).iter_lines():
        row, physical, fate = line.decode().split()
        yield int(row), int(physical), fate


def _accepted(files: Files, chunks: Sequence[PlannedChunk]) -> Iterator[Fate]:
    plans = ahead(files.read, [key for chunk in chunks for key in _plans(chunk)])
    for chunk in chunks:
        planned_rows, *planned_again = (next(plans) for _ in _plans(chunk))
        done = {fault.row: "conflict" for fault in chunk.conflicts}
        done |= {fault.row: "rejected" for fault in chunk.rejects}
        for again in planned_again:
            done = {row: _DONE[disposition] for row, _, disposition in _dispositions(again)} | done
        for row, line, disposition in _dispositions(planned_rows):
            planned = disposition == "unchanged" or chunk.loaded_at is not None
            yield row, line, done.get(row, _DONE[disposition] if planned else "pending")


def _plans(chunk: PlannedChunk) -> Iterator[str]:
    """The keys of what was planned for a chunk, the first plan first."""
    yield chunk.key
    if chunk.replanned is not None:
        yield chunk.replanned.key


def _dispositions(lines: bytes) -> Iterator[Fate]:
    for line in lines.splitlines():
        row = orjson.loads(line)
        yield row["row"], row["line"], row["disposition"]
