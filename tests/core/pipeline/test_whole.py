"""A whole phase in one process: paused, broken, taken up again."""

import io
import zipfile
from collections.abc import Callable, Mapping

import attrs
import orjson
import pytest

from foreman_core.errors import Unavailable
from foreman_core.models import ChunkRef, Job, JobState
from foreman_core.pipeline.pausing import Paused
from foreman_core.pipeline.undo import put_chunks
from foreman_core.pipeline.whole import Preparing, Writing, load, prepare
from tests.core.pipeline._load import Api, Loading, fates, no_recall
from tests.core.reading._workbooks import xlsx

ROWS = 12


def yes() -> bool:
    return True


def times(count: int) -> Callable[[], bool]:
    """Yes, so many times."""
    left = iter(range(count))
    return lambda: next(left, None) is not None


class Broken(Api):
    """An API that fails for the rows of one chunk."""

    def ask(self, document: str, variables: Mapping[str, object]) -> dict[str, object]:
        if '"id-4"' in orjson.dumps(dict(variables)).decode():
            raise Unavailable("api", "the GraphQL API did not answer")
        return super().ask(document, variables)


@pytest.fixture
def preparing(loading: Loading) -> Preparing:
    return Preparing(
        comparison=loading.comparison,
        recalls=lambda _: no_recall,
        chunk_rows=2,
        approval="never",
        threads=3,
    )


@pytest.fixture
def writing(loading: Loading) -> Writing:
    return Writing(comparison=loading.comparison, api=loading.api, signer=loading.signer, threads=3)


@pytest.fixture
def job(loading: Loading) -> Job:
    """A job of six chunks that is validated, and not planned."""
    made = loading.file(*({"id": f"id-{n}"} for n in range(ROWS)))
    assert made.chunks_key is not None
    (whole,) = orjson.loads(loading.files.read(made.chunks_key))
    body = loading.files.read(whole["key"])
    lines = body.splitlines(keepends=True)
    refs: list[ChunkRef] = []
    start = 0
    for index in range(ROWS // 2):
        end = start + len(lines[2 * index]) + len(lines[2 * index + 1])
        refs.append(ChunkRef(job_id=made.id, index=index, key=whole["key"], start=start, end=end, rows=2))
        start = end
    key = put_chunks(loading.files, made.id, refs)
    return loading.ledger.amend(made.id, JobState.VALIDATING, chunks=len(refs), chunks_key=key)


def test_both_phases_take_a_job_to_its_end(preparing: Preparing, writing: Writing, job: Job) -> None:
    assert prepare(preparing, job.id, attempt=1, go_on=yes).state is JobState.LOADING
    done = load(writing, job.id, attempt=1, go_on=yes)
    assert (done.state, fates(done)) == (JobState.SUCCEEDED, {"created": ROWS})


def test_what_is_too_much_for_one_function_is_left_to_others(
    loading: Loading, preparing: Preparing, job: Job
) -> None:
    left = prepare(preparing, job.id, attempt=1, go_on=yes, most_chunks=5)
    assert (left.state, loading.ledger.chunks(job.id)) == (JobState.VALIDATING, ())


def lines(count: int, form: str = "id-{},red\n") -> bytes:
    return b"id,colour\n" + "".join(form.format(n) for n in range(count)).encode()


def zipped(body: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("file.csv", body)
    return out.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(lambda: lines(30_000), id="rows one by one"),
        pytest.param(lambda: lines(3_000_000), id="blocks"),
        pytest.param(lambda: lines(30_000, ",{}\n"), id="rejected rows only"),
        pytest.param(lambda: zipped(lines(30_000)), id="an archive, which is there as a whole"),
        pytest.param(
            lambda: xlsx({"s": [["id", "colour"], *([f"id-{n}", "red"] for n in range(30_000))]}),
            id="a workbook, which is there as a whole",
        ),
    ],
)
def test_a_worker_that_is_to_stop_does_so_in_the_midst_of_a_file(
    loading: Loading, preparing: Preparing, body: Callable[[], bytes]
) -> None:
    """Within a block, not after an hour's validation."""
    asked = loading.identified(body())
    preparing = attrs.evolve(preparing, chunk_rows=500)
    with pytest.raises(Paused, match="file"):
        prepare(preparing, asked.id, attempt=1, go_on=times(5))
    found = loading.ledger.job(asked.id)
    assert (found.state, found.validated) == (JobState.VALIDATING, False)


def test_a_function_reads_a_file_to_its_end(loading: Loading, preparing: Preparing) -> None:
    """Since the next one could do no better."""
    asked = loading.identified(lines(20_000))
    left = prepare(preparing, asked.id, attempt=1, go_on=times(0), most_chunks=5)
    assert (left.validated, left.counts.accepted) == (True, 20_000)


def test_a_pause_keeps_what_is_done_and_the_next_one_does_only_the_rest(
    loading: Loading, preparing: Preparing, writing: Writing, job: Job
) -> None:
    one = attrs.evolve(preparing, threads=1)
    with pytest.raises(Paused):
        prepare(one, job.id, attempt=1, go_on=times(2))
    assert 0 < len(loading.ledger.chunks(job.id)) < ROWS // 2
    prepare(preparing, job.id, attempt=1, go_on=yes)
    with pytest.raises(Paused):
        load(attrs.evolve(writing, threads=1), job.id, attempt=1, go_on=times(2))
    requests = loading.api.requests
    assert 0 < requests < ROWS // 2
    assert load(writing, job.id, attempt=1, go_on=yes).state is JobState.SUCCEEDED
    assert loading.api.requests == ROWS // 2


def test_a_chunk_that_breaks_does_not_keep_the_others_back(
    loading: Loading, preparing: Preparing, writing: Writing, job: Job
) -> None:
    prepare(preparing, job.id, attempt=1, go_on=yes)
    with pytest.raises(Unavailable):
        load(attrs.evolve(writing, api=Broken(loading.records)), job.id, attempt=1, go_on=yes)
    loaded = [chunk.index for chunk in loading.ledger.chunks(job.id) if chunk.loaded_at is not None]
    assert loaded == [0, 1, 3, 4, 5]
    assert loading.ledger.job(job.id).state is JobState.LOADING
    assert fates(load(writing, job.id, attempt=1, go_on=yes)) == {"created": ROWS}


def test_an_earlier_attempt_loads_nothing(
    loading: Loading, preparing: Preparing, writing: Writing, job: Job
) -> None:
    sealed = prepare(preparing, job.id, attempt=1, go_on=yes)
    later = loading.ledger.record(sealed, "restarted", attempt=2)
    assert load(writing, job.id, attempt=1, go_on=yes) == later
    assert loading.api.requests == 0
