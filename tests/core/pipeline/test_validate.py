"""A file that is read twice at once: by a step, and by one that was taken for dead."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import IO

import attrs
import pytest

from foreman_core.errors import Refused
from foreman_core.models import Job, JobState
from foreman_core.pipeline.judged import MAPPING, REJECTS
from foreman_core.pipeline.validate import validate
from foreman_core.schema import Constraints, Field, RecordSchema
from foreman_core.storage import Files, job_key
from tests.core.pipeline._load import SCHEMA, Loading, no_recall

BODY = b"id,colour\na,\nb,red\nc,red\nd,red\n"
STRICTER = attrs.evolve(
    SCHEMA,
    fields=(Field(name="id"), Field(name="colour", constraints=Constraints(required=True)), SCHEMA.fields[2]),
)
"""What has been deployed since; the two readings do not accept the same rows."""


class Slow(Files):
    """A bucket where something happens while objects whose keys have a `part` are under construction."""

    part: str
    meanwhile: Callable[[], object]

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._reach(key)
        super().put(key, body, content_type)

    @contextmanager
    def writer(self, key: str | Callable[[], str], content_type: str) -> Generator[IO[bytes]]:
        with super().writer(key, content_type) as out:
            yield out
            self._reach(key)

    def _reach(self, key: object) -> None:
        if self.part in str(key):
            self.meanwhile()


def read(loading: Loading, files: Files, job: Job, schema: RecordSchema, rows: int) -> Job | None:
    return validate(loading.ledger, files, lambda _: schema, lambda _: no_recall, job.id, chunk_rows=rows)


def rejects(loading: Loading, job: Job) -> list[bytes]:
    return loading.files.read(job_key(job.id, REJECTS)).splitlines()


@pytest.fixture
def job(loading: Loading) -> Job:
    return loading.identified(BODY)


@pytest.mark.parametrize("part", [MAPPING, "issues.csv", "/chunks/"])
def test_of_two_readings_that_end_at_once_one_counts_with_all_its_rows(
    loading: Loading, job: Job, part: str
) -> None:
    """The other one ends before this one stores anything, in the middle of that, or after."""
    files = Slow(loading.s3, loading.files.bucket)
    files.part = part
    files.meanwhile = lambda: read(loading, loading.files, job, SCHEMA, 3)
    assert read(loading, files, job, STRICTER, 2) == loading.ledger.job(job.id)
    ended = loading.load(loading.ledger.job(job.id))
    assert (ended.state, ended.counts.created) == (JobState.SUCCEEDED, 4)
    assert [(loading.values(key) or {}).get("id") for key in "abcd"] == ["a", "b", "c", "d"]
    assert len(rejects(loading, job)) == 1  # only the header


def test_what_was_recorded_and_not_published_is_published_by_who_comes_next(
    loading: Loading, job: Job
) -> None:
    def dies() -> None:
        raise KeyboardInterrupt

    files = Slow(loading.s3, loading.files.bucket)
    files.part, files.meanwhile = f"{job.id}/{REJECTS}", dies
    with pytest.raises(KeyboardInterrupt):
        read(loading, files, job, STRICTER, 2)
    with pytest.raises(Refused):
        rejects(loading, job)
    assert read(loading, loading.files, job, SCHEMA, 2) == loading.ledger.job(job.id)
    assert len(rejects(loading, job)) == 2


def test_a_reading_that_comes_late_overwrites_nothing(loading: Loading, job: Job) -> None:
    def overtaken(_: str) -> Callable[[tuple[str, ...]], None]:
        read(loading, loading.files, job, SCHEMA, 3)
        return no_recall

    late = validate(loading.ledger, loading.files, lambda _: STRICTER, overtaken, job.id, chunk_rows=2)
    assert late == loading.ledger.job(job.id)
    assert late is not None
    assert late.counts.accepted == 4
    assert len(rejects(loading, job)) == 1  # only the header
