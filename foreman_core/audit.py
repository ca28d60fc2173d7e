"""The audit trail of a job: who did what, when, through which door; each event holds the hash of the last.

An event is stored as the very text that was hashed, so that whoever reads it can check it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import orjson
from attrs import asdict, frozen

from foreman_core.models import Counts, Job, JobState

Door = Literal["s3", "api", "workflow", "sweeper"]
"""Through what a change came: a dropped file, the GraphQL API, a step of the state machine, the sweeper."""


@frozen
class Actor:
    """Who acts: `who` is an identity that AWS has verified, or the part of Foreman that does."""

    who: str
    door: Door


STEPS: Final = Actor("foreman", "workflow")
SWEEPER: Final = Actor("foreman", "sweeper")
BUCKET: Final = Actor("s3", "s3")


@frozen(kw_only=True)
class AuditEvent:
    """One event as it is stored, and the hash (sha256, hex) of its text."""

    number: int
    text: str

    @property
    def sha256(self) -> str:
        """The hash that the next event holds."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def caller(identity: Mapping[str, Any] | None) -> Actor:
    """Who asks AppSync, by its `identity`: an IAM user or role, a user of the pool, or who has the API key.

    The identity is null for API keys alone:
    https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference.html
    """
    known = identity or {}
    if known.get("userArn"):
        return Actor(f"iam:{known['userArn']}", "api")
    if known.get("sub"):
        return Actor(f"cognito:{known['sub']}", "api")
    return Actor("api-key", "api")


def next_event(
    job: Job, actor: Actor, *, at: str, what: str, to: JobState | None, details: Mapping[str, object]
) -> AuditEvent:
    """The event that follows those which `job` has. A change of state says from where to where."""
    states: dict[str, object] = {} if to is None else {"from": job.state if job.audits else None, "to": to}
    document: dict[str, object] = {
        "job": job.id,
        "number": job.audits,
        "at": at,
        "who": actor.who,
        "door": actor.door,
        "what": what,
        **states,
        **details,
        "previous": job.audit_head,
    }
    text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()
    return AuditEvent(number=job.audits, text=text)


def shown_counts(counts: Counts) -> dict[str, int]:
    """The counts that an event keeps: those that are not zero."""
    found: dict[str, int] = asdict(counts)
    return {name: number for name, number in found.items() if number}


def broken_at(job_id: str, texts: Sequence[str], *, audits: int, head: str | None, state: str) -> str | None:
    """Where the trail of a job does not hold, in words, or None when every event follows from the one before.

    `audits`, `head` and `state` are what the job itself says: how many events it has, the hash of the last
    one, and where it stands. This shows changes of single events, and of the trail against the job; who can
    write both, the whole trail and the job, is not found out.
    """
    previous: str | None = None
    seen: str | None = None
    for number, text in enumerate(texts):
        event: dict[str, Any] = orjson.loads(text)
        if (event.get("job"), event.get("number")) != (job_id, number):
            return f"event {number} is not the one that stood there"
        if event.get("previous") != previous:
            return f"event {number} does not follow from event {number - 1}: one of them was changed"
        previous = AuditEvent(number=number, text=text).sha256
        if "to" in event:
            if event.get("from") != seen:
                return f"event {number} begins at {event.get('from')}, and the one before it ended at {seen}"
            seen = event["to"]
    if len(texts) != audits:
        return f"there are {len(texts)} events, and the job has had {audits}"
    if previous != head:
        return "the last event is not the one that the job names"
    return None if seen == state else f"the job is {state}, and its last event says {seen}"
