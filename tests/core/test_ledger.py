"""The ledger against a DynamoDB table."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from foreman_core.audit import BUCKET, broken_at
from foreman_core.errors import Conflict, Refused
from foreman_core.items import from_item
from foreman_core.ledger import TRANSITIONS, Ledger
from foreman_core.models import (
    Correction,
    Counts,
    Job,
    JobState,
    Moment,
    Options,
    PlannedChunk,
    Progress,
    Reason,
    RowFault,
    Sealed,
    Source,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AT = "2026-06-01T10:00:00.000Z"


@pytest.fixture
def ledger(dynamodb: "DynamoDBClient", ledger_table: str) -> Ledger:
    return Ledger(dynamodb, ledger_table)


def a_job(name: str = "1", *, created_at: str = AT, sequencer: str | None = None) -> Job:
    return Job(
        id=f"job-{name}",
        state=JobState.RECEIVED,
        mode="load",
        record_type="customer",
        source=Source(
            bucket="intake", key="incoming/a.csv", version_id=f"v{name}", name="a.csv", sequencer=sequencer
        ),
        created_at=created_at,
        updated_at=created_at,
        timeline=(Moment(state=JobState.RECEIVED, at=created_at),),
    )


def watched(ledger: Ledger) -> list[str]:
    return [each.job_id for each in ledger.watched()]


def never(_: Job) -> bool:
    return False


def in_state(ledger: Ledger, state: JobState) -> Job:
    """A new job that has been led into a state by legal transitions."""
    job = ledger.create(a_job(state.value))
    for step in (JobState.VALIDATING, JobState.PLANNED, JobState.LOADING, JobState.SUCCEEDED):
        if job.state is state:
            return job
        if state in TRANSITIONS.get(job.state, ()):
            return ledger.transition(job.id, state)
        job = ledger.transition(job.id, step)
    return job


def test_a_job_comes_back_as_it_was_recorded(ledger: Ledger) -> None:
    job = attrs.evolve(
        a_job(sequencer="00AB"),
        counts=Counts(read=3, accepted=2, rejected=1),
        issues_by_code={"format": 1},
        reason=Reason(code="x", message="y"),
    )
    created = ledger.create(job)
    assert attrs.evolve(created, audits=0, audit_head=None) == job
    assert ledger.job(job.id) == created


def test_recording_a_job_again_changes_nothing(ledger: Ledger) -> None:
    ledger.create(a_job())
    ledger.transition("job-1", JobState.VALIDATING)
    assert ledger.create(a_job()).state is JobState.VALIDATING


def test_there_is_no_job_that_was_not_recorded(ledger: Ledger) -> None:
    with pytest.raises(Refused, match="no job job-0") as refusal:
        ledger.job("job-0")
    assert refusal.value.code == "not-found"


def test_a_transition_is_on_the_timeline_and_carries_what_was_found(ledger: Ledger) -> None:
    ledger.create(a_job())
    job = ledger.transition("job-1", JobState.VALIDATING, chunks=7)
    assert (job.state, job.chunks) == (JobState.VALIDATING, 7)
    assert [moment.state for moment in job.timeline] == [JobState.RECEIVED, JobState.VALIDATING]
    assert job == ledger.job("job-1")


@pytest.mark.parametrize(
    "state", [state for state in JobState if state not in (JobState.UNDOING, JobState.UNDONE)]
)
def test_only_the_transitions_of_the_table_are_possible(ledger: Ledger, state: JobState) -> None:
    job = in_state(ledger, state)
    for target in JobState:
        if target in TRANSITIONS.get(state, ()) or target is state:
            continue
        with pytest.raises(Conflict, match=f"is {state}"):
            ledger.transition(job.id, target)
    assert ledger.job(job.id).state is state


def test_a_transition_whose_answer_was_lost_can_be_asked_for_again(ledger: Ledger) -> None:
    job = in_state(ledger, JobState.LOADING)
    first = ledger.transition(job.id, JobState.SUCCEEDED)
    assert ledger.transition(job.id, JobState.SUCCEEDED) == first


def test_a_job_is_undone_from_where_it_ended_and_can_come_back_there(ledger: Ledger) -> None:
    job = in_state(ledger, JobState.PARTIALLY_SUCCEEDED)
    for state in (JobState.UNDOING, JobState.UNDONE, JobState.PARTIALLY_SUCCEEDED, JobState.UNDOING):
        assert ledger.transition(job.id, state).state is state
    with pytest.raises(Conflict, match="is undoing"):
        ledger.transition(job.id, JobState.SUCCEEDED)


def test_a_change_of_fields_is_bound_to_the_state(ledger: Ledger) -> None:
    job = in_state(ledger, JobState.PLANNED)
    assert ledger.amend(job.id, JobState.PLANNED, mode="plan").mode == "plan"
    with pytest.raises(Conflict, match="no longer loading"):
        ledger.amend(job.id, JobState.LOADING, mode="load")


def test_jobs_are_listed_newest_first_page_by_page(ledger: Ledger) -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    for number in range(5):
        ledger.create(a_job(str(number), created_at=(start + timedelta(hours=number)).isoformat()))
    seen: list[str] = []
    token = None
    for _ in range(3):
        page = ledger.jobs(limit=2, token=token)
        seen += [job.id for job in page.jobs]
        token = page.next_token
    assert seen == ["job-4", "job-3", "job-2", "job-1", "job-0"]
    assert token is None


@pytest.mark.parametrize("token", ["?", "e30=", "bm8="])
def test_a_made_up_page_token_is_refused(ledger: Ledger, token: str) -> None:
    with pytest.raises(Refused, match="nextToken"):
        ledger.jobs(limit=2, token=token)


def test_content_belongs_to_the_first_job_that_claims_it(ledger: Ledger) -> None:
    first, second = ledger.create(a_job("1")), ledger.create(a_job("2"))
    assert ledger.claim_file(first, "abc", release=never) == "job-1"
    assert ledger.claim_file(first, "abc", release=never) == "job-1"
    assert ledger.claim_file(second, "abc", release=never) == "job-1"
    assert ledger.claim_file(second, "abd", release=never) == "job-2"


def test_content_is_passed_on_when_its_owner_gave_up_or_by_force(ledger: Ledger) -> None:
    first, second, third = (ledger.create(a_job(name)) for name in "123")
    ledger.claim_file(first, "abc", release=never)
    assert ledger.claim_file(second, "abc", release=lambda owner: owner.id == "job-1") == "job-2"
    assert ledger.claim_file(third, "abc", release=never, force=True) == "job-3"
    assert ledger.claim_file(first, "abc", release=never) == "job-3"


@pytest.mark.parametrize("order", [("1", "2"), ("2", "1")])
def test_the_later_version_of_an_object_counts_in_whatever_order_the_events_come(
    ledger: Ledger, order: tuple[str, str]
) -> None:
    jobs = {"1": a_job("1", sequencer="00AB"), "2": a_job("2", sequencer="00AB01")}
    for name in order:
        ledger.see_version(ledger.create(jobs[name]))
    assert ledger.superseded_by(jobs["1"]) == "job-2"
    assert ledger.superseded_by(jobs["2"]) is None


def test_a_version_of_which_two_events_tell_does_not_follow_itself(ledger: Ledger) -> None:
    job = ledger.create(a_job("1", sequencer="00AB"))
    ledger.see_version(job)
    ledger.see_version(attrs.evolve(job, source=attrs.evolve(job.source, sequencer="00AB01")))
    assert ledger.superseded_by(job) is None


def test_a_chunk_is_planned_once(ledger: Ledger) -> None:
    chunk = PlannedChunk(index=3, key="k", sha256="s", rows=2, create=1, update=1, unchanged=0)
    assert ledger.put_chunk("job-1", chunk) == chunk
    assert ledger.put_chunk("job-1", attrs.evolve(chunk, sha256="other")) == chunk


def test_a_chunk_is_begun_once_and_linked_once_to_what_was_planned_again(ledger: Ledger) -> None:
    chunk = PlannedChunk(index=3, key="k", sha256="s", rows=2, create=1, update=1, unchanged=0)
    ledger.put_chunk("job-1", chunk)
    assert [ledger.begin_chunk("job-1", 3) for _ in range(2)] == [True, False]
    for sha256 in ("first", "second"):
        ledger.replan_chunk("job-1", 3, Sealed(key="k", sha256=sha256))
    assert ledger.chunk("job-1", 3).replanned == Sealed(key="k", sha256="first")


def test_an_outcome_without_the_rows_that_were_planned_again_is_none(ledger: Ledger) -> None:
    ledger.put_chunk(
        "job-1", PlannedChunk(index=0, key="k", sha256="s", rows=1, create=1, update=0, unchanged=0)
    )
    ledger.replan_chunk("job-1", 0, Sealed(key="k", sha256="again"))
    ledger.finish_chunk("job-1", 0, is_whole=False, loaded_at=AT, created=0)
    assert ledger.chunk("job-1", 0).loaded_at is None
    ledger.finish_chunk("job-1", 0, is_whole=True, loaded_at=AT, created=1)
    assert ledger.chunk("job-1", 0).created == 1


def test_nothing_is_planned_again_of_a_chunk_that_has_its_outcome(ledger: Ledger) -> None:
    ledger.put_chunk(
        "job-1", PlannedChunk(index=0, key="k", sha256="s", rows=1, create=1, update=0, unchanged=0)
    )
    ledger.finish_chunk("job-1", 0, is_whole=False, loaded_at=AT, created=0)
    ledger.replan_chunk("job-1", 0, Sealed(key="k", sha256="late"))
    assert ledger.chunk("job-1", 0).replanned is None


def test_chunks_come_in_order_with_what_came_of_them(ledger: Ledger) -> None:
    for index in (10, 2, 1):
        ledger.put_chunk(
            "job-1", PlannedChunk(index=index, key="k", sha256="s", rows=1, create=1, update=0, unchanged=0)
        )
    fault = RowFault(row=1, line=2, code="conflict", message="moved")
    outcome = {"created": 0, "updated": 0, "conflicts": [fault], "rejects": []}
    ledger.finish_chunk("job-1", 2, is_whole=True, loaded_at=AT, **outcome)
    assert [chunk.index for chunk in ledger.chunks("job-1")] == [1, 2, 10]
    assert ledger.chunk("job-1", 2).conflicts == (fault,)
    assert ledger.chunks("job-2") == ()


def test_progress_counts_what_is_planned_and_what_of_it_is_loaded(ledger: Ledger) -> None:
    for index in range(3):
        ledger.put_chunk(
            "job-1", PlannedChunk(index=index, key="k", sha256="s", rows=1, create=1, update=0, unchanged=0)
        )
    ledger.begin_chunk("job-1", 0)
    ledger.finish_chunk("job-1", 2, is_whole=True, loaded_at=AT, created=1)
    assert ledger.progress("job-1") == Progress(planned=3, loaded=1)
    assert ledger.progress("job-2") == Progress()


def test_what_came_of_a_chunk_is_recorded_once(ledger: Ledger) -> None:
    ledger.put_chunk(
        "job-1", PlannedChunk(index=0, key="k", sha256="s", rows=1, create=1, update=0, unchanged=0)
    )
    ledger.finish_chunk("job-1", 0, is_whole=True, loaded_at=AT, created=1)
    late = RowFault(row=1, line=2, code="conflict", message="moved")
    ledger.finish_chunk("job-1", 0, is_whole=True, loaded_at=AT, created=0, conflicts=[late])
    assert (ledger.chunk("job-1", 0).created, ledger.chunk("job-1", 0).conflicts) == (1, ())


def test_everything_in_the_ledger_ends(ledger: Ledger, dynamodb: "DynamoDBClient", ledger_table: str) -> None:
    job = ledger.create(a_job(sequencer="00"))
    ledger.see_version(job)
    ledger.claim_file(job, "abc", release=never)
    ledger.put_chunk(
        "job-1", PlannedChunk(index=0, key="k", sha256="s", rows=1, create=1, update=0, unchanged=0)
    )
    items = dynamodb.scan(TableName=ledger_table)["Items"]
    assert len(items) == 5
    assert all(from_item(item)["expires_at"] > datetime.now(UTC).timestamp() for item in items)


def test_of_however_many_jobs_those_that_are_recorded_are_known(ledger: Ledger) -> None:
    ids = [f"job-{number}" for number in range(1_050)]  # more requests than are made at once
    recorded = {ledger.create(a_job(str(number))).id for number in (0, 99, 100, 555, 1_049)}
    assert ledger.known(ids) == recorded
    assert ledger.known(ids[:1]) == {"job-0"}
    assert ledger.known(()) == set()


def test_each_sheet_of_a_workbook_is_a_content_of_its_own(ledger: Ledger) -> None:
    june, july = (
        ledger.create(attrs.evolve(a_job(sheet), options=Options(sheet=sheet))) for sheet in ("June", "July")
    )
    assert ledger.claim_file(june, "ab", release=never) == june.id
    assert ledger.claim_file(july, "ab", release=never) == july.id
    again = ledger.create(attrs.evolve(a_job("again"), options=Options(sheet="June")))
    assert ledger.claim_file(again, "ab", release=never) == june.id


def test_how_a_file_is_read_comes_back_as_it_was_recorded(ledger: Ledger) -> None:
    options = Options(encoding="cp1252", delimiter="\t", sheet="2", header=False, mapping='{"a":null}')
    job = ledger.create(attrs.evolve(a_job(), options=options))
    assert ledger.job(job.id).options == options


def trail(ledger: Ledger, job_id: str = "job-1") -> list[dict[str, Any]]:
    """The audit trail of a job, which must hold."""
    job, texts = ledger.job(job_id), ledger.audit_trail(job_id)
    assert broken_at(job.id, texts, audits=job.audits, head=job.audit_head, state=job.state) is None
    return [json.loads(text) for text in texts]


def test_every_change_of_state_is_an_event_in_the_name_of_who_did_it(
    dynamodb: "DynamoDBClient", ledger_table: str
) -> None:
    Ledger(dynamodb, ledger_table, actor=BUCKET).create(a_job())
    steps = Ledger(dynamodb, ledger_table)
    steps.transition("job-1", JobState.VALIDATING)
    reason = Reason(code="empty-file", message="m")
    steps.transition("job-1", JobState.FAILED, counts=Counts(read=3, rejected=3), reason=reason)
    seen = [(event["what"], event["who"], event.get("from"), event["to"]) for event in trail(steps)]
    assert seen == [
        ("created", "s3", None, "received"),
        ("moved", "foreman", "received", "validating"),
        ("moved", "foreman", "validating", "failed"),
    ]
    assert trail(steps)[2]["counts"] == {"read": 3, "rejected": 3}
    assert trail(steps)[2]["reason"] == "empty-file"


def test_a_change_is_recorded_only_if_nothing_else_was_since(ledger: Ledger) -> None:
    seen = ledger.create(a_job())
    assert ledger.record(seen, "approved", attempt=2).attempt == 2
    with pytest.raises(Conflict, match="has moved on"):
        ledger.record(seen, "approved", attempt=2)
    assert [event["what"] for event in trail(ledger)] == ["created", "approved"]


def test_many_who_move_a_job_at_once_give_one_event(ledger: Ledger) -> None:
    ledger.create(a_job())
    with ThreadPoolExecutor(6) as threads:
        moving = [threads.submit(ledger.transition, "job-1", JobState.CANCELLED) for _ in range(6)]
    assert {moved.result().state for moved in moving} == {JobState.CANCELLED}
    assert [event["to"] for event in trail(ledger)] == ["received", "cancelled"]


def test_jobs_are_watched_that_move_on_by_themselves_or_whose_end_nobody_has_been_told(
    ledger: Ledger,
) -> None:
    ledger.create(a_job())
    assert watched(ledger) == ["job-1"]
    ledger.transition("job-1", JobState.VALIDATING)
    planned = ledger.transition("job-1", JobState.PLANNED, mode="plan")
    assert watched(ledger) == ["job-1"]
    assert ledger.mark_notified(planned)
    assert watched(ledger) == []
    ledger.record(ledger.job("job-1"), "approved", mode="load")
    assert watched(ledger) == ["job-1"]
    ledger.transition("job-1", JobState.LOADING)
    assert ledger.mark_notified(ledger.transition("job-1", JobState.SUCCEEDED))
    assert watched(ledger) == []


def test_what_is_recorded_while_a_notice_is_on_its_way_is_not_told_by_it(ledger: Ledger) -> None:
    planned = in_state(ledger, JobState.PLANNED)
    planned = ledger.record(planned, "x", mode="plan")
    ledger.record(planned, "approved", mode="load")
    assert not ledger.mark_notified(planned)
    assert watched(ledger) == [planned.id]


@pytest.mark.parametrize(
    ("since", "owes"),
    [
        ((), False),
        ((JobState.UNDOING, JobState.UNDONE), False),
        ((JobState.UNDOING, JobState.UNDONE, JobState.SUCCEEDED), False),
        ((JobState.PARTIALLY_SUCCEEDED,), False),
        ((JobState.PLANNED, JobState.CANCELLED), True),
    ],
)
def test_what_others_make_of_a_job_that_has_ended_is_told_of_them(
    ledger: Ledger, since: tuple[JobState, ...], *, owes: bool
) -> None:
    job = in_state(ledger, JobState.SUCCEEDED)
    ledger.mark_notified(job)
    moments = tuple(Moment(state=state, at=AT) for state in since)
    state = since[-1] if since else job.state
    told = ledger.job(job.id)
    assert attrs.evolve(told, state=state, timeline=(*told.timeline, *moments)).owes_notice == owes


def test_a_failure_that_the_state_machine_recorded_by_itself_joins_the_trail(
    ledger: Ledger, dynamodb: "DynamoDBClient", ledger_table: str
) -> None:
    job = ledger.create(a_job())
    failed = {"M": {"state": {"S": "failed"}, "at": {"S": AT}}}
    dynamodb.update_item(
        TableName=ledger_table,
        Key={"pk": {"S": "JOB#job-1"}, "sk": {"S": "JOB"}},
        UpdateExpression="SET #state = :failed, unaudited = :yes, timeline = list_append(timeline, :moment)",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={
            ":failed": {"S": "failed"},
            ":yes": {"BOOL": True},
            ":moment": {"L": [failed]},
        },
    )
    with pytest.raises(Conflict, match="has moved on"):
        ledger.record(job, "approved")  # it has as many events as were seen, and is not where it was
    assert watched(ledger) == [job.id]
    assert ledger.mark_notified(ledger.job(job.id))
    assert watched(ledger) == [job.id]
    ledger.settle(ledger.job(job.id))
    assert (trail(ledger)[-1]["from"], trail(ledger)[-1]["to"]) == ("received", "failed")
    assert watched(ledger) == []


def correction(**changed: Any) -> Correction:  # noqa: ANN401 - any field
    return attrs.evolve(Correction(job_id="job-2", key="k", rejected=1, created=1), **changed)


def test_a_correction_and_its_effect_are_one_write(ledger: Ledger) -> None:
    seen = ledger.create(a_job())
    assert ledger.put_correction(seen, correction(), corrections=1)
    assert not ledger.put_correction(seen, correction(rejected=2), corrections=2)
    assert ledger.corrections("job-1") == (correction(),)
    assert ledger.job("job-1").corrections == 1
    assert trail(ledger)[-1]["by"] == "job-2"
