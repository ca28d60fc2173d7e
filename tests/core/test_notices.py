"""What a notice says."""

import attrs
import pytest

from foreman_core.models import Counts, Job, JobState, Moment, Reason, Source
from foreman_core.notices import message, subject

JOB = Job(
    id="job-1",
    state=JobState.PARTIALLY_SUCCEEDED,
    mode="load",
    record_type="customer",
    source=Source(bucket="intake", key="incoming/june.csv", version_id="v", name="june.csv"),
    created_at="2026-06-01T10:00:00.000Z",
    updated_at="2026-06-01T10:00:00.000Z",
    counts=Counts(read=4, accepted=2, rejected=1, blank=1, created=1, unchanged=1),
    issues_by_code={"format": 1, "required": 3, "type": 1},
    timeline=(Moment(state=JobState.RECEIVED, at="2026-06-01T10:00:00.000Z"),),
)


def test_a_notice_accounts_for_the_rows_and_says_where_the_rejects_are() -> None:
    assert message(JOB).splitlines() == [
        "File:  june.csv",
        "Job:   job-1",
        "State: partially succeeded",
        "Rows:  4 read = 1 created + 1 unchanged + 1 rejected + 1 blank",
        "Issues: 3 required, 1 format, 1 type",
        "Rejects: s3://intake/jobs/job-1/rejects.csv",
    ]


def test_the_notice_of_an_undo_names_the_job_it_undoes_and_what_it_kept() -> None:
    undo = attrs.evolve(
        JOB,
        undoes="job-0",
        counts=Counts(read=3, accepted=3, deleted=1, kept=1, conflict=1),
        issues_by_code={},
    )
    assert subject(undo) == "Foreman: undo partially succeeded: june.csv"
    assert message(undo).splitlines()[3:] == [
        "Undoes: job-0",
        "Rows:  3 read = 1 deleted + 1 kept + 1 conflict",
    ]
    planned = attrs.evolve(undo, state=JobState.PLANNED, dry_run=True)
    assert message(planned).splitlines()[-1] == "Load it: foreman undo job-0"


def test_a_failure_says_why() -> None:
    failed = attrs.evolve(
        JOB,
        state=JobState.FAILED,
        counts=Counts(),
        reason=Reason(code="empty-file", message="The file is empty."),
    )
    assert "Why:   The file is empty. (empty-file)" in message(failed)


def test_a_question_says_how_to_go_on() -> None:
    waiting = attrs.evolve(
        JOB,
        state=JobState.NEEDS_REVIEW,
        counts=Counts(),
        reason=Reason(code="unreadable-encoding", message="Line 2 is not utf-8.", command="./foreman x"),
    )
    assert subject(waiting) == "Foreman: needs review: june.csv"
    assert message(waiting).splitlines()[2:5] == [
        "State: needs review",
        "Why:   Line 2 is not utf-8. (unreadable-encoding)",
        "Go on: ./foreman x",
    ]


def test_a_plan_says_how_to_load_it() -> None:
    assert "Load it: foreman submit --plan job-1" in message(attrs.evolve(JOB, state=JobState.PLANNED))


@pytest.mark.parametrize("name", ["kündigung.csv", "a\nb.csv", "x" * 300 + ".csv"])
def test_a_subject_is_one_line_of_ascii_below_100_characters(name: str) -> None:
    made = subject(attrs.evolve(JOB, source=attrs.evolve(JOB.source, name=name)))
    assert made.isascii()
    assert made.isprintable()
    assert len(made) < 100
