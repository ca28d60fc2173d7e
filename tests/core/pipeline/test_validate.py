"""A file that is read twice at once: by a step, and by one that was taken for dead."""

from collections.abc import Callable

import attrs
import pytest

from foreman_core.models import Job, JobState
from foreman_core.pipeline.validate import validate
from foreman_core.schema import Constraints, Field, RecordSchema
from foreman_core.storage import Files, job_key
from tests.core.pipeline._load import SCHEMA, Loading, fates, no_recall

BODY = b"id,colour\na,\nb,red\nc,red\nd,red\n"
STRICTER = attrs.evolve(
    SCHEMA,
    fields=(Field(name="id"), Field(name="colour", constraints=Constraints(required=True)), SCHEMA.fields[2]),
)
"""What has been deployed since; the two readings do not accept the same rows."""


class Slow(Files):
    """A bucket where something happens before the list of chunks is there."""

    meanwhile: Callable[[], object] | None = None

    def put(self, key: str, body: bytes, content_type: str) -> None:
        if "/chunks" in key and self.meanwhile is not None:
            self.meanwhile()
        super().put(key, body, content_type)


def read(loading: Loading, files: Files, job: Job, schema: RecordSchema, rows: int) -> Job | None:
    return validate(loading.ledger, files, lambda _: schema, lambda _: no_recall, job.id, chunk_rows=rows)


@pytest.fixture
def job(loading: Loading) -> Job:
    return loading.identified(BODY)


def test_of_two_readings_that_end_at_once_one_counts_with_all_its_rows(loading: Loading, job: Job) -> None:
    files = Slow(loading.s3, loading.files.bucket)
    files.meanwhile = lambda: read(loading, loading.files, job, SCHEMA, 3)
    assert read(loading, files, job, STRICTER, 2) == loading.ledger.job(job.id)
    done = loading.load(loading.ledger.job(job.id))
    assert (done.state, fates(done)) == (JobState.SUCCEEDED, {"created": 4})
    assert [(loading.values(key) or {}).get("id") for key in "abcd"] == ["a", "b", "c", "d"]


def test_a_reading_that_comes_late_overwrites_nothing(loading: Loading, job: Job) -> None:
    def overtaken(_: str) -> Callable[[tuple[str, ...]], None]:
        read(loading, loading.files, job, SCHEMA, 3)
        return no_recall

    late = validate(loading.ledger, loading.files, lambda _: STRICTER, overtaken, job.id, chunk_rows=2)
    assert late == loading.ledger.job(job.id)
    assert late is not None
    assert late.counts.accepted == 4
    assert b"required" not in loading.files.read(job_key(job.id, "rejects.csv"))
