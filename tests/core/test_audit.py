"""The audit trail: a chain that shows every change of itself."""

import hashlib
import json

import attrs
import pytest

from foreman_core.audit import STEPS, SWEEPER, Actor, broken_at, caller, next_event
from foreman_core.models import Job, JobState, Source

JOB = Job(
    id="job-1",
    state=JobState.RECEIVED,
    mode="load",
    record_type="customer",
    source=Source(bucket="b", key="k", version_id="v", name="n"),
    created_at="2026-06-01T10:00:00.000Z",
    updated_at="2026-06-01T10:00:00.000Z",
)


def grown() -> tuple[Job, list[str]]:
    """A job with three events."""
    job, texts = JOB, list[str]()
    for to, actor in ((JobState.RECEIVED, STEPS), (JobState.VALIDATING, STEPS), (JobState.FAILED, SWEEPER)):
        event = next_event(job, actor, at="2026-06-01T10:00:01.000Z", what="moved", to=to, details={})
        texts.append(event.text)
        job = attrs.evolve(job, state=to, audits=job.audits + 1, audit_head=event.sha256)
    return job, texts


def fault(job: Job, texts: list[str]) -> str | None:
    return broken_at(job.id, texts, audits=job.audits, head=job.audit_head, state=job.state)


def test_an_event_says_who_did_what_when_and_through_which_door() -> None:
    asked = Actor("iam:arn:aws:iam::1:user/ann", "api")
    event = next_event(
        attrs.evolve(JOB, audits=7, audit_head="abc"),
        asked,
        at="2026-06-01T10:00:00.000Z",
        what="moved",
        to=JobState.VALIDATING,
        details={"counts": {"read": 3}},
    )
    assert json.loads(event.text) == {
        "job": "job-1",
        "number": 7,
        "at": "2026-06-01T10:00:00.000Z",
        "who": "iam:arn:aws:iam::1:user/ann",
        "door": "api",
        "what": "moved",
        "from": "received",
        "to": "validating",
        "counts": {"read": 3},
        "previous": "abc",
    }
    assert event.sha256 == hashlib.sha256(event.text.encode()).hexdigest()


def test_a_trail_as_it_was_written_holds() -> None:
    assert fault(*grown()) is None


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_changed_event_is_found(number: int) -> None:
    job, texts = grown()
    texts[number] = texts[number].replace("10:00:01", "10:00:02")
    assert fault(job, texts) is not None


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_missing_event_is_found(number: int) -> None:
    job, texts = grown()
    del texts[number]
    assert fault(job, texts) is not None


def test_events_in_another_order_are_found() -> None:
    job, texts = grown()
    assert fault(job, [texts[1], texts[0], texts[2]]) == "event 0 is not the one that stood there"


def test_a_state_that_no_event_has_led_to_is_found() -> None:
    job, texts = grown()
    moved = attrs.evolve(job, state=JobState.SUCCEEDED)
    assert fault(moved, texts) == "the job is succeeded, and its last event says failed"


@pytest.mark.parametrize(
    ("identity", "who"),
    [
        ({"userArn": "arn:aws:iam::1:user/ann", "sub": None}, "iam:arn:aws:iam::1:user/ann"),
        ({"sub": "6f1c", "username": "ann"}, "cognito:6f1c"),
        (None, "api-key"),
    ],
)
def test_the_caller_is_who_appsync_has_verified(identity: dict[str, str] | None, who: str) -> None:
    assert caller(identity) == Actor(who, "api")
