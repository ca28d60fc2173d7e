"""A whole phase in one process: paused, broken, taken up again."""

from collections.abc import Callable, Mapping

import attrs
import orjson
import pytest

from foreman_core.errors import Unavailable
from foreman_core.models import ChunkRef, Job, JobState
from foreman_core.pipeline.undo import put_chunks
from foreman_core.pipeline.whole import Paused, Preparing, Writing, load, prepare
from tests.core.pipeline._load import Api, Loading, fates, no_recall

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
