"""Files that no event has told of."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from foreman_core.errors import Unavailable
from foreman_core.identity import job_id
from foreman_core.models import Job, JobState
from foreman_core.pipeline.find_lost import Found, find_lost
from foreman_core.pipeline.ingest import ingest
from foreman_core.pipeline.start import receive
from foreman_core.storage import Files
from foreman_core.workflow import Entrance
from tests.core.pipeline._load import Loading, Started

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NOW = timedelta(seconds=-1)


@pytest.fixture
def started() -> Started:
    return Started()


def put(loading: Loading, key: str, body: bytes = b"x") -> str:
    """Put an object without an event; the id that its job is to have."""
    version = loading.s3.put_object(Bucket=loading.files.bucket, Key=key, Body=body)["VersionId"]
    return job_id(bucket=loading.files.bucket, key=key, version_id=version)


def find(
    loading: Loading, started: Started, grace: timedelta = NOW, go_on: Callable[[], bool] = lambda: True
) -> Found:
    return find_lost(loading.ledger, loading.files, started, record_type="thing", go_on=go_on, grace=grace)


def test_a_file_without_a_job_gets_the_one_that_its_event_would_have_made(
    loading: Loading, started: Started
) -> None:
    """F05."""
    job = put(loading, "incoming/a.csv")
    assert find(loading, started).jobs == (job,)
    assert started.starts == [(job, "ingest")]
    assert find(loading, started).jobs == ()


def test_a_file_that_cannot_become_a_job_keeps_no_other_back(
    loading: Loading, capsys: pytest.CaptureFixture[str]
) -> None:
    class Shaky(Started):
        def start(self, job: Job, at: Entrance) -> None:
            if job.id == broken:
                raise Unavailable("states", "Step Functions did not answer")
            super().start(job, at)

    jobs = {put(loading, f"incoming/{name}.csv") for name in "abc"}
    broken = min(jobs)
    found = find(loading, Shaky())
    assert (set(found.jobs), found.failed, found.whole) == (jobs - {broken}, (broken,), True)
    assert "file_not_received" in capsys.readouterr().out


def test_other_parts_of_the_bucket_and_folders_are_left_alone(loading: Loading, started: Started) -> None:
    for key in ("submitted/a.csv", "jobs/job-1/plan.json"):
        put(loading, key)
    put(loading, "incoming/june/", b"")
    assert find(loading, started) == Found(looked_at=0, jobs=(), whole=True)


def test_an_event_that_may_be_on_its_way_is_waited_for(loading: Loading, started: Started) -> None:
    put(loading, "incoming/a.csv")
    assert find(loading, started, timedelta(minutes=10)).jobs == ()


def test_what_was_deleted_again_is_left_alone(loading: Loading, started: Started) -> None:
    put(loading, "incoming/a.csv")
    loading.s3.delete_object(Bucket=loading.files.bucket, Key="incoming/a.csv")
    assert find(loading, started).jobs == ()


class SmallPages:
    """S3, of which a listing gives one version or marker at a time."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - what it takes is passed on
        self._client = client

    def list_object_versions(self, **given: object) -> object:
        return self._client.list_object_versions(**given | {"MaxKeys": 1})


def test_what_was_deleted_is_left_alone_also_where_its_versions_lie_on_another_page(
    loading: Loading, started: Started
) -> None:
    kept = put(loading, "incoming/a.csv")
    for key in ("incoming/b.csv", "incoming/b.csv", "incoming/b.csv.gz"):
        put(loading, key)
    for key in ("incoming/b.csv", "incoming/b.csv.gz"):
        loading.s3.delete_object(Bucket=loading.files.bucket, Key=key)
    last = [put(loading, "incoming/c.csv"), put(loading, "incoming/c.csv")]
    loading.files = Files(cast("S3Client", SmallPages(loading.s3)), loading.files.bucket)
    assert set(find(loading, started).jobs) == {kept, *last}


def test_of_two_lost_versions_the_later_one_is_loaded_and_the_other_says_so(
    loading: Loading, started: Started
) -> None:
    """F03, F05."""
    first, second = put(loading, "incoming/a.csv", b"1"), put(loading, "incoming/a.csv", b"2")
    assert set(find(loading, started).jobs) == {first, second}
    assert ingest(loading.ledger, loading.files, first) is None
    superseded = loading.ledger.job(first)
    assert (superseded.state, superseded.reason and superseded.reason.code) == (
        JobState.CANCELLED,
        "superseded",
    )
    assert superseded.reason is not None
    assert second in superseded.reason.message
    assert ingest(loading.ledger, loading.files, second) is not None


@pytest.mark.parametrize("deleted", [False, True])
def test_a_version_that_no_event_told_of_stops_the_load_of_an_earlier_one(
    loading: Loading, *, deleted: bool
) -> None:
    """F03: the earlier one had been read before the later one came."""
    earlier = loading.judge(b"id,colour\na,red\n", key="incoming/a.csv")
    later = loading.judge(b"id,colour\na,blue\n", key="incoming/a.csv")
    assert loading.load(later).state is JobState.SUCCEEDED
    if deleted:
        loading.s3.delete_object(Bucket=loading.files.bucket, Key="incoming/a.csv")
    superseded = loading.plan(earlier)
    assert (superseded.state, superseded.reason and superseded.reason.code) == (
        JobState.CANCELLED,
        "superseded",
    )
    assert (loading.values("a") or {})["colour"] == "blue"


def test_the_order_that_a_late_event_tells_counts_although_its_job_was_found(
    loading: Loading, started: Started
) -> None:
    """Also when the later version is gone by then, and S3 knows of none but the earlier."""
    earlier, later = put(loading, "incoming/a.csv", b"1"), put(loading, "incoming/a.csv", b"2")
    find(loading, started)
    for job, sequencer in ((later, "0B"), (earlier, "0A")):
        receive(
            loading.ledger,
            started,
            bucket=loading.files.bucket,
            key="incoming/a.csv",
            version_id=loading.ledger.job(job).source.version_id,
            sequencer=sequencer,
            record_type="thing",
        )
    latest = loading.ledger.latest_of(loading.files.bucket, "incoming/a.csv")
    assert latest is not None
    assert latest.id == later


def test_an_event_that_comes_late_after_all_finds_the_job_done(loading: Loading, started: Started) -> None:
    job = put(loading, "incoming/a.csv")
    find(loading, started)
    version = loading.ledger.job(job).source.version_id
    again = receive(
        loading.ledger,
        started,
        bucket=loading.files.bucket,
        key="incoming/a.csv",
        version_id=version,
        sequencer="0A",
        record_type="thing",
    )
    assert (again.id, started.starts) == (job, [(job, "ingest")])


def test_a_run_that_is_out_of_time_is_gone_on_with_where_it_stopped(
    loading: Loading, started: Started
) -> None:
    made = {put(loading, f"incoming/{number:04d}.csv") for number in range(1203)}
    first = find(loading, started, go_on=lambda: False)
    assert (first.whole, first.looked_at) == (False, 1000)
    second = find(loading, started, go_on=lambda: False)
    assert (second.whole, second.looked_at) == (True, 203)
    assert set(first.jobs) | set(second.jobs) == made
    assert find(loading, started) == Found(looked_at=1203, jobs=(), whole=True)
