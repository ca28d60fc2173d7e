"""The ledger: what is known of every job, chunk and file, in one table.

pk                  sk              holds
JOB#<job>           JOB             the job; also listed by time in the index `jobs-by-time`, and, while it
                                    is watched, in the index `jobs-at-work`
JOB#<job>           CHUNK#<n>       a chunk: where its plan lies, and what came of it
JOB#<job>           AUDIT#<n>       an event of the audit trail
JOB#<job>           CORRECTION#<c>  what the job c has loaded of the rows that this one rejected
POSITION#<what>     POSITION        where a search through something large goes on
FILE#<sha256>       <record type>   the job that owns this content; for one sheet of it <record type>#<sheet>
OBJECT#<bucket>/<key>  LATEST       the latest version seen of an object
"""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

import attrs
import cattrs
from attrs import frozen

from foreman_core.ahead import ahead
from foreman_core.audit import AuditEvent, next_event, shown_counts
from foreman_core.errors import Conflict, Moved, Refused, Unavailable
from foreman_core.identity import comparable_sequencer
from foreman_core.items import from_item, to_attribute, to_item
from foreman_core.ledger_table import NEW, LedgerTable, holds
from foreman_core.models import (
    Correction,
    Counts,
    Job,
    JobState,
    Moment,
    PlannedChunk,
    Progress,
    Reason,
    Sealed,
)
from foreman_core.telling import tell_changed, tell_created

State = JobState

TRANSITIONS: Final[Mapping[JobState, frozenset[JobState]]] = {
    State.RECEIVED: frozenset({State.VALIDATING, State.CANCELLED, State.FAILED}),
    State.VALIDATING: frozenset(
        {State.VALIDATING, State.NEEDS_REVIEW, State.PLANNED, State.CANCELLED, State.FAILED}
    ),
    State.PLANNED: frozenset({State.LOADING, State.CANCELLED, State.FAILED}),
    State.LOADING: frozenset({State.SUCCEEDED, State.PARTIALLY_SUCCEEDED, State.FAILED, State.CANCELLED}),
    State.SUCCEEDED: frozenset({State.UNDOING}),
    State.PARTIALLY_SUCCEEDED: frozenset({State.UNDOING}),
    State.FAILED: frozenset({State.UNDOING}),
    State.CANCELLED: frozenset({State.UNDOING}),
    State.UNDOING: frozenset({State.UNDONE}),
    # an undo that is undone itself puts the job back to what it was
    State.UNDONE: frozenset({State.SUCCEEDED, State.PARTIALLY_SUCCEEDED, State.FAILED, State.CANCELLED}),
}
"""What a step may make of a job; a state that is not named here is left by nothing."""

REOPENINGS: Final[Mapping[JobState, frozenset[JobState]]] = {
    # tried again from its file, or from its plan if it has one
    State.FAILED: frozenset({State.RECEIVED, State.PLANNED, State.SUCCEEDED}),
    State.CANCELLED: frozenset({State.RECEIVED, State.PLANNED}),
    State.NEEDS_REVIEW: frozenset({State.RECEIVED, State.CANCELLED}),
    # a job whose rejected rows have been corrected succeeds later, and is what it was when that is undone
    State.PARTIALLY_SUCCEEDED: frozenset({State.SUCCEEDED}),
    State.SUCCEEDED: frozenset({State.PARTIALLY_SUCCEEDED, State.FAILED}),
}
"""What only a request or a correction may make of it: a step that was given up and comes late must not."""

JOBS_BY_TIME: Final = "jobs-by-time"
JOBS_AT_WORK: Final = "jobs-at-work"
_NO_STATES: Final[frozenset[JobState]] = frozenset()
_LIST_PK: Final = "JOBS"
_AT_WORK_PK: Final = "AT WORK"
_FIRST: Final = "0"
"""Sorts before every time."""
_RACES: Final = 8
"""How often a change is tried anew when another one came in between: more than there are writers of a job."""
_ITEMS: Final = 100
"""Items that one request reads:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""

Release = Callable[[Job], bool]


@frozen
class Watched:
    """A job that is watched, and its place among these."""

    job_id: str
    place: str


@frozen(kw_only=True)
class JobPage:
    """Jobs, newest first, and where the next page starts (None: there is none)."""

    jobs: tuple[Job, ...]
    next_token: str | None


class Ledger(LedgerTable):
    """The ledger's table. Every write carries the condition under which it is right."""

    def create(self, job: Job) -> Job:
        """Record a new job, or give back the one that has this id already: then it was delivered before."""
        event = next_event(job, self._actor, at=self.now(), what="created", to=job.state, details={})
        job = attrs.evolve(job, audits=1, audit_head=event.sha256)
        put = {"TableName": self._table, "Item": to_item(_item(job, expires_at=self._expires_at()))}
        if not self._transact([{"Put": put | NEW}, self._appended(job.id, event)]):
            return self.job(job.id)
        tell_created(job, self._actor)
        return job

    def job(self, job_id: str) -> Job:
        """The job as it is now. Refused(`not-found`) when there is none."""
        found = self.find(job_id)
        if found is None:
            raise Refused("not-found", f"There is no job {job_id}.")
        return found

    def find(self, job_id: str) -> Job | None:
        """The job as it is now, or None when there is none."""
        found = self._get(_job_key(job_id))
        return None if found is None else _structure(found)

    def known(self, job_ids: Iterable[str]) -> set[str]:
        """Those of the jobs that are recorded."""
        keys = [to_item(_job_key(job_id)) for job_id in job_ids]
        some = [keys[start : start + _ITEMS] for start in range(0, len(keys), _ITEMS)]
        return set[str]().union(*ahead(self._known, some))

    def _known(self, keys: list[Any]) -> set[str]:
        """Those of at most _ITEMS jobs that are recorded."""
        found: set[str] = set()
        for _ in range(_RACES):
            if not keys:
                return found
            answer = self._client.batch_get_item(
                RequestItems={self._table: {"Keys": keys, "ProjectionExpression": "pk"}}
            )
            items = answer["Responses"].get(self._table, [])
            found |= {str(from_item(item)["pk"]).removeprefix("JOB#") for item in items}
            keys = list(answer["UnprocessedKeys"].get(self._table, {"Keys": []})["Keys"])
        raise Unavailable("throttled", "The ledger does not answer for all jobs that it is asked about.")

    def position(self, what: str) -> Sequence[str]:
        """Where a search goes on, as it was kept; nothing for its beginning."""
        return (self._get(_position_key(what)) or {}).get("place", ())

    def keep_position(self, what: str, *place: str) -> None:
        """Keep where a search goes on next time; nothing lets it begin anew."""
        self._put({**_position_key(what), "place": place})

    def jobs(self, *, limit: int, token: str | None = None) -> JobPage:
        """A page of at most `limit` jobs, newest first. Refused(`bad-token`) for a token that is not ours."""
        start: dict[str, Any] = {} if token is None else {"ExclusiveStartKey": _decode(token)}
        answer = self._client.query(
            TableName=self._table,
            IndexName=JOBS_BY_TIME,
            KeyConditionExpression="list_pk = :jobs",
            ExpressionAttributeValues={":jobs": {"S": _LIST_PK}},
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        last = answer.get("LastEvaluatedKey")
        return JobPage(
            jobs=tuple(_structure(from_item(item)) for item in answer["Items"]),
            next_token=_encode(last) if last else None,
        )

    def watched(self, after: str = _FIRST) -> Iterator[Watched]:
        """The jobs that are watched, as of a moment ago, or those behind a place; the oldest first."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=JOBS_AT_WORK,
            KeyConditionExpression="at_work = :yes AND list_sk > :after",
            ExpressionAttributeValues={":yes": {"S": _AT_WORK_PK}, ":after": {"S": after}},
        )
        for page in pages:
            for item in map(from_item, page["Items"]):
                yield Watched(str(item["pk"]).removeprefix("JOB#"), str(item["list_sk"]))

    def transition(self, job_id: str, to: JobState, **changes: object) -> Job:
        """Move a job to a state, with changes of its fields, and give it back as it then is.

        The item itself carries the condition. A job that is in that state already is given back unchanged:
        the answer to the first request was lost. Otherwise Conflict(`illegal-transition`).
        """
        for _ in range(_RACES):
            job = self.job(job_id)
            if to not in TRANSITIONS.get(job.state, _NO_STATES):
                break
            if self._change(job, "moved", to, changes):
                return self.job(job_id)
        else:
            raise Unavailable("contention", f"Job {job_id} is changed by others all the time.")
        if job.state is to:
            return job
        raise _illegal(job, to)

    def move(self, job: Job, to: JobState, **changes: object) -> Job:
        """Move a job as it was seen, also one that has ended, as REOPENINGS has it: for changes that count on
        what was seen.

        Conflict(`illegal-transition`), or (`state-changed`) when something else was recorded of it since.
        """
        if to not in TRANSITIONS.get(job.state, _NO_STATES) | REOPENINGS.get(job.state, _NO_STATES):
            raise _illegal(job, to)
        return self._changed(job, "moved", to, changes)

    def record(self, job: Job, what: str, **changes: object) -> Job:
        """Change fields of a job as it was seen, with `what` happened as an event of its audit trail.

        Conflict(`state-changed`) when something else was recorded of it since it was seen.
        """
        return self._changed(job, what, None, changes)

    def settle(self, job: Job) -> Job | None:
        """Put a failure that Step Functions recorded by itself into the audit trail; None when something else
        was recorded of the job since it was seen.
        """
        before = [moment.state for moment in job.timeline][-2:-1]
        told = {"from": before[0] if before else None, "to": job.state}
        changes = {"unaudited": False}
        settled = self._change(job, "recorded by the state machine", None, changes, details=told)
        fresh = self.job(job.id)
        return fresh if settled and fresh.audits == job.audits + 1 else None

    def amend(self, job_id: str, state: JobState, *, once: Sequence[str] = (), **changes: object) -> Job:
        """Change fields of a job that is in `state`, and give it back; one that has a field of `once` by then
        stays as it is. Conflict when it is in another state.
        """
        key, new = _job_key(job_id), {"updated_at": self.now(), **changes}
        changed = self._update(key, new, states=[state], unless=once)
        if changed is not None:
            return _structure(changed)
        job = self.job(job_id)
        if once and job.state is state:
            return job
        raise Conflict("state-changed", f"Job {job_id} is no longer {state}.")

    def audit_trail(self, job_id: str) -> tuple[str, ...]:
        """The events of a job's audit trail, in order, each as the text that was hashed."""
        return tuple(str(item["event"]) for item in self._items(job_id, "AUDIT#"))

    def corrections(self, job_id: str) -> tuple[Correction, ...]:
        """What has been loaded of the rows that a job rejected, by the jobs that did."""
        items = self._items(job_id, "CORRECTION#")
        return tuple(cattrs.structure(item, Correction) for item in items)

    def put_correction(self, job: Job, correction: Correction, **changes: object) -> bool:
        """Record a correction of a job, and its effect on that job, at once; False when the job has moved on.

        `changes` may have a `state`, as a legal transition.
        """
        to = cast("JobState | None", changes.pop("state", None))
        key = {**_job_key(job.id), "sk": f"CORRECTION#{correction.job_id}"}
        item = {**key, "expires_at": self._expires_at(), **cattrs.unstructure(correction)}
        put = {"Put": {"TableName": self._table, "Item": to_item(item)}}
        what = "corrected" if correction.active else "correction undone"
        return self._change(job, what, to, changes, put, details={"by": correction.job_id})

    def mark_notified(self, job: Job) -> bool:
        """Record that a notice of the job has gone out; False when something else was recorded of it since.

        What the notice knew of is a number of moments: times are written down before they come true.
        """
        told = {"notified_at": self.now(), "notified_moments": len(job.timeline)}
        return holds(lambda: self._client.update_item(**self._seen(job, told))) is not None

    def claim_file(self, job: Job, sha256: str, *, release: Release, force: bool = False) -> str:
        """Claim content for a job, and give back the id of the job that owns it: this one, or an earlier.

        `release` says of an owner whether it has given its claim up; `force` takes the claim over anyway.
        """
        sheet = "" if job.options.sheet is None else f"#{job.options.sheet}"
        key = {"pk": f"FILE#{sha256}", "sk": f"{job.record_type}{sheet}"}
        claim = {**key, "job_id": job.id, "at": self.now()}
        if force:
            self._put(claim)
            return job.id
        if self._put(claim, condition="attribute_not_exists(pk) OR job_id = :own", own=job.id):
            return job.id
        owner = self._owner(key)
        if owner == job.id or not release(self.job(owner)):
            return owner
        taken = self._put(claim, condition="job_id = :owner", owner=owner)
        return job.id if taken else self._owner(key)

    def _owner(self, key: Mapping[str, str]) -> str:
        """The job that holds a claim, which is there: claims are passed on, never taken away."""
        return str((self._get(key) or {})["job_id"])

    def see_version(self, job: Job) -> None:
        """Remember the job's object version as the latest one of its object, unless a later one is known."""
        if job.source.sequencer is None:
            return
        sequencer = comparable_sequencer(job.source.sequencer)
        self._put(
            {**_object_key(job), "sequencer": sequencer, "job_id": job.id},
            condition="attribute_not_exists(pk) OR sequencer < :sequencer",
            sequencer=sequencer,
        )

    def latest_of(self, bucket: str, key: str) -> Job | None:
        """The job that reads the latest version seen of an object; None when none has been seen."""
        latest = self._get({"pk": f"OBJECT#{bucket}/{key}", "sk": "LATEST"})
        return None if latest is None else self.job(str(latest["job_id"]))

    def superseded_by(self, job: Job) -> str | None:
        """The job that reads a later version of the same object, or None when this job's is the latest."""
        if job.source.sequencer is None:
            return None
        latest = self._get(_object_key(job))
        if latest is None or latest["job_id"] == job.id:
            return None
        if latest["sequencer"] <= comparable_sequencer(job.source.sequencer):
            return None
        return str(latest["job_id"])

    def put_chunk(self, job_id: str, chunk: PlannedChunk) -> PlannedChunk:
        """Record a planned chunk once, and give back what is recorded: the first answer counts."""
        item = {**_chunk_key(job_id, chunk.index), **cattrs.unstructure(chunk)}
        if self._put(item, condition="attribute_not_exists(pk)"):
            return chunk
        return self.chunk(job_id, chunk.index)

    def chunk(self, job_id: str, index: int) -> PlannedChunk:
        """One chunk of a job. Refused(`not-found`) when it has not been planned."""
        found = self._get(_chunk_key(job_id, index))
        if found is None:
            raise Refused("not-found", f"Job {job_id} has no chunk {index}.")
        return cattrs.structure(found, PlannedChunk)

    def begin_chunk(self, job_id: str, index: int) -> bool:
        """Record that a chunk is being loaded. False when that was so before: an attempt broke."""
        key, now = _chunk_key(job_id, index), {"started_at": self.now()}
        return self._update(key, now, unless=["started_at"]) is not None

    def replan_chunk(self, job_id: str, index: int, replanned: Sealed) -> None:
        """Link a chunk once to the rows of it that were planned again: the first link counts, and none when
        the chunk has its outcome already.
        """
        self._update(_chunk_key(job_id, index), {"replanned": replanned}, unless=["replanned", "loaded_at"])

    def finish_chunk(self, job_id: str, index: int, *, is_whole: bool, **outcome: object) -> None:
        """Record what came of a chunk, once: a step that was given up and comes late changes nothing. An
        outcome that is not whole, since nothing was planned again of its rows, only while that is so.
        """
        unless = ["loaded_at"] if is_whole else ["loaded_at", "replanned"]
        self._update(_chunk_key(job_id, index), outcome, unless=unless)

    def chunks(self, job_id: str) -> tuple[PlannedChunk, ...]:
        """All chunks of a job that have been planned, in order."""
        return tuple(cattrs.structure(item, PlannedChunk) for item in self._items(job_id, "CHUNK#"))

    def progress(self, job_id: str) -> Progress:
        """How far the chunks of a job are, as of a moment ago; every chunk's item is read for it."""
        planned = loaded = 0
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :job AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":job": {"S": f"JOB#{job_id}"}, ":prefix": {"S": "CHUNK#"}},
            ProjectionExpression="pk, loaded_at",
        )
        for page in pages:
            planned += len(page["Items"])
            loaded += sum("S" in item.get("loaded_at", {}) for item in page["Items"])
        return Progress(planned=planned, loaded=loaded)

    def _changed(self, job: Job, what: str, to: JobState | None, changes: Mapping[str, object]) -> Job:
        if self._change(job, what, to, changes):
            return self.job(job.id)
        raise Moved(job.id)

    def _change(
        self,
        job: Job,
        what: str,
        to: JobState | None,
        changes: Mapping[str, object],
        *more: Mapping[str, Any],
        details: Mapping[str, object] | None = None,
    ) -> bool:
        """Change a job as it was seen, append the event, and write what is `more`: all or nothing, which is
        False. What is missing in the trail comes into it first.
        """
        if job.unaudited and "unaudited" not in changes:
            settled = self.settle(job)
            if settled is None:
                return False
            job = settled
        at = self.now()
        told: dict[str, Any] = dict(details or {})
        if isinstance(counts := changes.get("counts"), Counts):
            told["counts"] = shown_counts(counts)
        if isinstance(reason := changes.get("reason"), Reason):
            told["reason"] = reason.code
        event = next_event(job, self._actor, at=at, what=what, to=to, details=told)
        moved = {} if to is None else {"state": to, "timeline": (*job.timeline, Moment(state=to, at=at))}
        changed = {
            **changes,
            **moved,
            "updated_at": at,
            "audits": event.number + 1,
            "audit_head": event.sha256,
        }
        update = self._seen(job, changed)
        if not self._transact([{"Update": update}, self._appended(job.id, event), *more]):
            return False
        after = attrs.evolve(job, **changed)
        tell_changed(job, after, self._actor, what, was=told.get("from", job.state), to=told.get("to", to))
        return True

    def _seen(self, job: Job, changes: Mapping[str, object]) -> dict[str, Any]:
        """The update of a job on condition that nothing was recorded of it since it was seen; that its rows
        were counted is not in its trail.
        """
        plain: dict[str, object] = cattrs.unstructure(dict(changes))
        watched = attrs.evolve(job, **changes).is_watched
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in plain)
        values = {f":{name}": to_attribute(value) for name, value in plain.items()}
        if watched:
            expression, values = f"{expression}, at_work = :yes", {**values, ":yes": {"S": _AT_WORK_PK}}
        return {
            "TableName": self._table,
            "Key": to_item(_job_key(job.id)),
            "UpdateExpression": expression if watched else f"{expression} REMOVE at_work",
            "ConditionExpression": "#audits = :seen AND #state = :was AND #validated = :counted",
            "ExpressionAttributeNames": {
                f"#{name}": name for name in {*plain, "audits", "state", "validated"}
            },
            "ExpressionAttributeValues": {
                **values,
                ":seen": {"N": str(job.audits)},
                ":was": {"S": job.state.value},
                ":counted": {"BOOL": job.validated},
            },
        }

    def _appended(self, job_id: str, event: AuditEvent) -> dict[str, Any]:
        key = {"pk": f"JOB#{job_id}", "sk": f"AUDIT#{event.number:06d}"}
        item = {**key, "event": event.text, "sha256": event.sha256, "expires_at": self._expires_at()}
        return {"Put": {"TableName": self._table, "Item": to_item(item)} | NEW}


def _illegal(job: Job, to: JobState) -> Conflict:
    return Conflict("illegal-transition", f"Job {job.id} is {job.state}; from there it cannot become {to}.")


def _job_key(job_id: str) -> dict[str, str]:
    return {"pk": f"JOB#{job_id}", "sk": "JOB"}


def _chunk_key(job_id: str, index: int) -> dict[str, str]:
    return {"pk": f"JOB#{job_id}", "sk": f"CHUNK#{index:06d}"}


def _position_key(what: str) -> dict[str, str]:
    return {"pk": f"POSITION#{what}", "sk": "POSITION"}


def _object_key(job: Job) -> dict[str, str]:
    return {"pk": f"OBJECT#{job.source.bucket}/{job.source.key}", "sk": "LATEST"}


def _item(job: Job, *, expires_at: int) -> dict[str, object]:
    return {
        **_job_key(job.id),
        "list_pk": _LIST_PK,
        "list_sk": f"{job.created_at}#{job.id}",
        "at_work": _AT_WORK_PK if job.is_watched else None,
        "expires_at": expires_at,
        **cattrs.unstructure(job),
    }


def _structure(values: Mapping[str, Any]) -> Job:
    return cattrs.structure(values, Job)


def _encode(key: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(from_item(key)).encode()).decode()


def _decode(token: str) -> dict[str, Any]:
    try:
        key: object = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError:
        key = None
    if not isinstance(key, dict) or set(cast("dict[str, object]", key)) != {"pk", "sk", "list_pk", "list_sk"}:
        raise Refused("bad-token", "This nextToken is not one that the API gave; start without a token.")
    return to_item(cast("dict[str, object]", key))
