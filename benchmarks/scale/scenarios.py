"""The scenarios. Each drops files, waits for their jobs, and judges what has become of every row."""

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path
from statistics import quantiles
from typing import Final

from attrs import asdict, frozen

from benchmarks.scale import poison, sources
from benchmarks.scale.client import Client
from benchmarks.scale.judgement import Judgement
from benchmarks.scale.memory import Watch
from benchmarks.scale.sources import Source
from foreman_core.models import Job, JobState

TIMES: Final = 50
"""How often the same file is dropped."""
LARGEST_OF_MANY: Final = 5_000
GOOD_AMONG_POISON: Final = 20
GOOD_ROWS: Final = 300
READ_AT_ONCE: Final = 1_000
PATIENCE_S: Final = 600.0
PATIENCE_PER_ROW_S: Final = 0.004
"""A stack that shares two processors with other work must still do 250 rows a second."""
PADDING: Final = 380
"""Characters of a column that no field is, so that a row has half a kilobyte."""
LOOK_S: Final = 0.05
CHUNK_ROWS: Final = 500
"""`foreman:chunkRows` of the local stack."""
_REFUSED: Final = {"duplicate-file", "superseded"}


@frozen(kw_only=True)
class Given:
    """What a scenario is given: a stack, a folder to write to, and how much there is to do."""

    client: Client
    folder: Path
    rows: int
    files: int
    seed: int


def large(given: Given) -> Judgement:
    """One file: exact counts, every record there once, a sample cell by cell, memory, rows a second."""
    source = sources.make(given.folder / "large.csv", given.rows, seed=given.seed)
    judgement, client = Judgement(), given.client
    before = client.count()
    with Watch(client.stack, client.home) as watch:
        began = time.monotonic()
        job_id = client.drop(f"large-{given.seed}.csv", source.path)
        job = client.ended([job_id], patience_s=_patience(given.rows))[job_id]
        seconds = time.monotonic() - began
    _judge(judgement, client, [(source, job)])
    judgement.expect("records more in the table", source.accepted, client.count() - before)
    judgement.figures |= {
        "rows": given.rows,
        "bytes": source.path.stat().st_size,
        "seconds": round(seconds, 1),
        "rows a second": round(given.rows / seconds),
        "seconds in states": _phases(job),
        "peak MiB": dict(sorted(watch.peaks.items())),
        "most processes of functions": watch.most_functions,
        "memory over time (s, emulator, others)": watch.timeline[:: max(len(watch.timeline) // 20, 1)],
    }
    return judgement


def many(given: Given) -> Judgement:
    """Many files of all sizes at once, some of them with bad rows: each ends right, and the table is their
    sum.
    """
    rng = random.Random(given.seed)  # noqa: S311 - no secret: made to be repeated
    made = [
        sources.make(
            given.folder / f"many-{number}.csv",
            round(LARGEST_OF_MANY ** rng.random()),
            seed=given.seed * 1_000_000 + number,
            bad_share=rng.choice((0.0, 0.02, 0.2)),
        )
        for number in range(given.files)
    ]
    judgement, client = Judgement(), given.client
    before = client.count()
    with Watch(client.stack, client.home) as watch:
        began = time.monotonic()
        ids = client.drop_all([(f"{given.seed}-{each.path.name}", each.path.read_bytes()) for each in made])
        rows = sum(each.rows for each in made)
        jobs = client.ended(ids, patience_s=_patience(rows, files=given.files))
        seconds = time.monotonic() - began
    _judge(judgement, client, [(source, jobs[job_id]) for source, job_id in zip(made, ids, strict=True)])
    accepted = sum(source.accepted for source in made)
    judgement.expect("records more in the table", accepted, client.count() - before)
    judgement.figures |= {
        "files": given.files,
        "rows": rows,
        "rejected": sum(source.rejected for source in made),
        "seconds": round(seconds, 1),
        "files an hour": round(given.files / seconds * 3600),
        "rows a second": round(rows / seconds),
        "states": dict(Counter(job.state.value for job in jobs.values())),
        "peak MiB": dict(sorted(watch.peaks.items())),
        "most processes of functions": watch.most_functions,
    }
    return judgement


def same(given: Given) -> Judgement:
    """One file many times at once, under one name and under many: it is loaded once."""
    judgement = Judgement()
    for number, under in enumerate(("one name", "many names")):
        seed = given.seed + number
        source = sources.make(given.folder / f"same-{seed}.csv", given.rows, seed=seed, bad_share=0.0)
        body = source.path.read_bytes()
        names = [f"same-{seed}{f'-{each}' * number}.csv" for each in range(TIMES)]
        began = time.monotonic()
        ids = given.client.drop_all([(name, body) for name in names])
        jobs = given.client.ended(ids, patience_s=_patience(given.rows, files=TIMES)).values()
        seconds = time.monotonic() - began
        loaded = [job for job in jobs if job.state is JobState.SUCCEEDED]
        others = [job for job in jobs if job.state is not JobState.SUCCEEDED]
        judgement.expect(f"loads of {TIMES} under {under}", 1, len(loaded))
        odd = [
            f"{job.id} is {job.state} ({job.reason and job.reason.code})"
            for job in others
            if not _refused(job)
        ]
        judgement.expect_none(f"others under {under} that are no duplicates", odd)
        for job in loaded[:1]:
            judgement.expect(f"account under {under}", asdict(source.counts), asdict(job.counts))
            _judge_records(judgement, given.client, source, job)
        reasons = Counter(job.reason.code for job in others if job.reason)
        judgement.figures |= {f"reasons under {under}": dict(reasons), f"seconds, {under}": round(seconds, 1)}
    return judgement


def poisoned(given: Given) -> Judgement:
    """Good files among poisonous ones: these end with their codes, those as if they were alone."""
    good = [
        sources.make(
            given.folder / f"good-{number}.csv",
            GOOD_ROWS,
            seed=given.seed * 1_000_000 + number,
            bad_share=0.02,
        )
        for number in range(GOOD_AMONG_POISON)
    ]
    bad = list(poison.files())
    judgement, client = Judgement(), given.client
    before = client.count()
    drops = [(f"{given.seed}-{each.name}", each.body) for each in bad]
    drops += [(f"{given.seed}-{each.path.name}", each.path.read_bytes()) for each in good]
    random.Random(given.seed).shuffle(drops)  # noqa: S311 - as above
    with Watch(client.stack, client.home) as watch:
        began = time.monotonic()
        ids = dict(zip((name for name, _ in drops), client.drop_all(drops), strict=True))
        jobs = client.ended(ids.values(), patience_s=_patience(0, files=len(drops)))
        seconds = time.monotonic() - began
    for each in bad:
        job = jobs[ids[f"{given.seed}-{each.name}"]]
        judgement.expect(
            each.name, (each.state.value, each.code), (job.state.value, job.reason and job.reason.code)
        )
    _judge(judgement, client, [(each, jobs[ids[f"{given.seed}-{each.path.name}"]]) for each in good])
    accepted = sum(each.accepted for each in good)
    judgement.expect("records more in the table", accepted, client.count() - before)
    judgement.figures |= {"seconds": round(seconds, 1), "peak MiB": dict(sorted(watch.peaks.items()))}
    return judgement


def latency(given: Given) -> Judgement:
    """Drops one after the other: seconds from the put until every row can be read through GraphQL."""
    judgement, client = Judgement(), given.client
    found: list[float] = []
    size = 0
    for number in range(given.files + 1):
        source = sources.make(
            given.folder / "latency.csv", given.rows, seed=given.seed * 1_000_000 + number, bad_share=0.0
        )
        body = _padded(source.path)
        size = len(body)
        last = _last_of_chunks(source)
        began = time.monotonic()
        job_id = client.drop(f"latency-{given.seed}-{number}.csv", body)
        while last:
            if client.is_readable(last[-1]):
                last.pop()
            elif time.monotonic() - began > _patience(given.rows):
                break
            else:
                time.sleep(LOOK_S)
        passed = time.monotonic() - began
        job = client.ended([job_id], patience_s=_patience(given.rows))[job_id]
        judgement.expect(
            f"drop {number}", (JobState.SUCCEEDED, source.accepted), (job.state, job.counts.created)
        )
        found.append(passed)
    found = found[1:]  # the first one finds everything cold
    centiles = quantiles(found, n=100, method="inclusive")
    judgement.figures |= {
        "drops": len(found),
        "rows": given.rows,
        "bytes": size,
        "p50": round(centiles[49], 2),
        "p95": round(centiles[94], 2),
        "max": round(max(found), 2),
    }
    return judgement


SCENARIOS: Final = {"large": large, "many": many, "same": same, "poison": poisoned, "latency": latency}


def _judge(judgement: Judgement, client: Client, ended: Sequence[tuple[Source, Job]]) -> None:
    """How each job has ended, and every record that it has made."""
    other_ends = [
        f"{source.path.name}: {job.state} {job.reason and job.reason.code} {asdict(job.counts)}"
        for source, job in ended
        if (job.state, job.counts) != (source.state, source.counts)
    ]
    judgement.expect_none("jobs that ended otherwise than their files say", other_ends)
    if len(ended) == 1:
        judgement.expect("account", asdict(ended[0][0].counts), asdict(ended[0][1].counts))
    wrong, cells, read = list[str](), list[str](), 0
    for source, job in ended:
        found = _compare(client, source, job)
        wrong, cells, read = wrong + found.wrong, cells + found.cells, read + found.compared
    judgement.expect_none("rows without their one record of version 1", wrong)
    judgement.expect_none(f"records that differ in a cell, of {read:,} compared", cells)


def _judge_records(judgement: Judgement, client: Client, source: Source, job: Job) -> None:
    found = _compare(client, source, job)
    judgement.expect_none(f"rows of {job.source.name} without their one record of version 1", found.wrong)
    judgement.expect_none(f"of {found.compared:,} records, those that differ in a cell", found.cells)


@frozen
class _Compared:
    wrong: list[str]
    cells: list[str]
    compared: int


def _compare(client: Client, source: Source, job: Job) -> _Compared:
    """Every record of a file: is it there, once, by its row? Of large files a sample is compared by cells."""
    wrong, cells, compared = list[str](), list[str](), 0
    every = max(source.accepted // sources.SAMPLE, 1)
    for rows in _portions(source.good(), READ_AT_ONCE):
        stored = client.stored([row[1][0] for row in rows])
        wrong += sources.loaded_otherwise(job, rows, stored)
        sample = [row for row in rows if row[0] % every == 0]
        cells += sources.other_cells(source.path.name, sample, stored)
        compared += len(sample)
    return _Compared(wrong, cells, compared)


def _portions(rows: Iterator[tuple[int, list[str]]], size: int) -> Iterator[list[tuple[int, list[str]]]]:
    while portion := list(islice(rows, size)):
        yield portion


def _refused(job: Job) -> bool:
    return job.state is JobState.CANCELLED and job.reason is not None and job.reason.code in _REFUSED


def _patience(rows: int, *, files: int = 1) -> float:
    return PATIENCE_S + rows * PATIENCE_PER_ROW_S + files * 2


def _phases(job: Job) -> dict[str, float]:
    """Seconds that a job was in each of its states."""
    at = [datetime.fromisoformat(moment.at) for moment in job.timeline]
    passed = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
    return {moment.state.value: round(took, 1) for moment, took in zip(job.timeline, passed, strict=False)}


def _padded(path: Path) -> bytes:
    """The file with one more column, which no field is."""
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    padding = "," + "remark " * (PADDING // len("remark "))
    return "\n".join([f"{header},remarks", *(line + padding for line in lines), ""]).encode()


def _last_of_chunks(source: Source) -> list[str]:
    """The ids in the last rows of as many parts as the file has chunks: they are loaded in any order."""
    ids = [cells[0] for _, cells in source.good()]
    return [ids[min(end, len(ids)) - 1] for end in range(CHUNK_ROWS, len(ids) + CHUNK_ROWS, CHUNK_ROWS)]
