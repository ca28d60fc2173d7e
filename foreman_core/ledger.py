"""The ledger: what is known of every job, chunk and file, in one table.

pk                  sk              holds
JOB#<job>           JOB             the job; also listed by time in the index `jobs-by-time`
JOB#<job>           CHUNK#<n>       a chunk: where its plan lies, and what came of it
FILE#<sha256>       <record type>   the job that owns this content; for one sheet of it <record type>#<sheet>
OBJECT#<bucket>/<key>  LATEST       the latest version seen of an object
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import cattrs
from attrs import frozen
from botocore.exceptions import ClientError

from foreman_core.errors import Conflict, Refused
from foreman_core.identity import comparable_sequencer
from foreman_core.items import from_item, to_attribute, to_item
from foreman_core.models import Job, JobState, Moment, PlannedChunk

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

State = JobState

TRANSITIONS: Final[Mapping[JobState, frozenset[JobState]]] = {
    State.RECEIVED: frozenset({State.VALIDATING, State.CANCELLED, State.FAILED}),
    State.VALIDATING: frozenset(
        {State.VALIDATING, State.NEEDS_REVIEW, State.PLANNED, State.CANCELLED, State.FAILED}
    ),
    State.NEEDS_REVIEW: frozenset({State.VALIDATING, State.CANCELLED}),
    State.PLANNED: frozenset({State.LOADING, State.CANCELLED, State.FAILED}),
    State.LOADING: frozenset({State.SUCCEEDED, State.PARTIALLY_SUCCEEDED, State.FAILED}),
}
"""What may follow what; a state that is not named here is left by nothing."""

KEEP: Final = timedelta(days=400)
"""How long the ledger holds a job: a year and a month, for reports that look back one year."""

JOBS_BY_TIME: Final = "jobs-by-time"
_LIST_PK: Final = "JOBS"

Release = Callable[[Job], bool]
T = TypeVar("T")


@frozen(kw_only=True)
class JobPage:
    """Jobs, newest first, and where the next page starts (None: there is none)."""

    jobs: tuple[Job, ...]
    next_token: str | None


class Ledger:
    """The ledger's table. Every write carries the condition under which it is right."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def now(self) -> str:
        """The ledger's time: ISO 8601 in UTC, to the millisecond."""
        return self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def create(self, job: Job) -> Job:
        """Record a new job, or give back the one that has this id already: then it was delivered before."""
        item = _item(job, expires_at=self._expires_at())
        if self._put(item, condition="attribute_not_exists(pk)"):
            return job
        return self.job(job.id)

    def job(self, job_id: str) -> Job:
        """The job as it is now. Refused(`not-found`) when there is none."""
        found = self._get(_job_key(job_id))
        if found is None:
            raise Refused("not-found", f"There is no job {job_id}.")
        return _structure(found)

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

    def transition(self, job_id: str, to: JobState, **changes: object) -> Job:
        """Move a job to a state, with changes of its fields, and give it back as it then is.

        The item itself carries the condition. A job that is in that state already is given back unchanged:
        the answer to the first request was lost. Otherwise Conflict(`illegal-transition`).
        """
        moment = cattrs.unstructure(Moment(state=to, at=self.now()))
        changed = self._update(
            _job_key(job_id),
            {"state": to, "updated_at": self.now(), **changes},
            states=[state for state, following in TRANSITIONS.items() if to in following],
            append={"timeline": [moment]},
        )
        if changed is not None:
            return _structure(changed)
        job = self.job(job_id)
        if job.state is to:
            return job
        raise Conflict(
            "illegal-transition", f"Job {job_id} is {job.state}; from there it cannot become {to}."
        )

    def amend(self, job_id: str, state: JobState, **changes: object) -> Job:
        """Change fields of a job that is in `state`, and give it back; Conflict when it is in another."""
        changed = self._update(_job_key(job_id), {"updated_at": self.now(), **changes}, states=[state])
        if changed is None:
            raise Conflict("state-changed", f"Job {job_id} is no longer {state}.")
        return _structure(changed)

    def mark_notified(self, job_id: str) -> None:
        """Record that the job's notice has gone out."""
        self._update(_job_key(job_id), {"notified_at": self.now()}, states=list(JobState))

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

    def superseded_by(self, job: Job) -> str | None:
        """The job that reads a later version of the same object, or None when this job's is the latest."""
        if job.source.sequencer is None:
            return None
        latest = self._get(_object_key(job))
        if latest is None or latest["sequencer"] <= comparable_sequencer(job.source.sequencer):
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

    def finish_chunk(self, job_id: str, index: int, **outcome: object) -> None:
        """Record what came of a chunk."""
        self._update(_chunk_key(job_id, index), outcome)

    def chunks(self, job_id: str) -> tuple[PlannedChunk, ...]:
        """All chunks of a job that have been planned, in order."""
        found: list[PlannedChunk] = []
        start: dict[str, Any] = {}
        while True:
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :job AND begins_with(sk, :chunk)",
                ExpressionAttributeValues={":job": {"S": f"JOB#{job_id}"}, ":chunk": {"S": "CHUNK#"}},
                ConsistentRead=True,
                **start,
            )
            found += (cattrs.structure(from_item(item), PlannedChunk) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return tuple(found)
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _expires_at(self) -> int:
        return int((self._clock() + KEEP).timestamp())

    def _get(self, key: Mapping[str, str]) -> dict[str, Any] | None:
        answer = self._client.get_item(TableName=self._table, Key=to_item(key), ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else None

    def _put(self, values: Mapping[str, object], *, condition: str | None = None, **names: str) -> bool:
        """True when the item was written, False when its condition did not hold."""
        item = to_item({"expires_at": self._expires_at(), **values})
        options: dict[str, Any] = {}
        if condition is not None:
            options["ConditionExpression"] = condition
        if names:
            options["ExpressionAttributeValues"] = {f":{name}": {"S": value} for name, value in names.items()}
        return _holds(lambda: self._client.put_item(TableName=self._table, Item=item, **options)) is not None

    def _update(
        self,
        key: Mapping[str, str],
        changes: Mapping[str, object],
        *,
        states: Sequence[JobState] | None = None,
        append: Mapping[str, object] | None = None,
    ) -> dict[str, Any] | None:
        """The item after the update, or None when it is not there or not in one of `states`."""
        if states is not None and not states:
            return None
        plain: dict[str, object] = cattrs.unstructure(dict(changes))
        sets = [f"#{name} = :{name}" for name in plain]
        sets += [f"#{name} = list_append(#{name}, :{name})" for name in append or {}]
        values = {f":{name}": to_attribute(value) for name, value in (plain | dict(append or {})).items()}
        condition = "attribute_exists(pk)"
        if states is not None:
            values |= {f":in{number}": {"S": state.value} for number, state in enumerate(states)}
            condition += f" AND #state IN ({', '.join(f':in{number}' for number in range(len(states)))})"
        names = {f"#{name}": name for name in [*plain, *(append or {}), *(["state"] if states else [])]}
        answer = _holds(
            lambda: self._client.update_item(
                TableName=self._table,
                Key=to_item(key),
                UpdateExpression="SET " + ", ".join(sets),
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        )
        return None if answer is None else from_item(answer.get("Attributes", {}))


def _holds(write: Callable[[], T]) -> T | None:
    """What `write` gives back, or None when its condition did not hold."""
    try:
        return write()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
            return None
        raise


def _job_key(job_id: str) -> dict[str, str]:
    return {"pk": f"JOB#{job_id}", "sk": "JOB"}


def _chunk_key(job_id: str, index: int) -> dict[str, str]:
    return {"pk": f"JOB#{job_id}", "sk": f"CHUNK#{index:06d}"}


def _object_key(job: Job) -> dict[str, str]:
    return {"pk": f"OBJECT#{job.source.bucket}/{job.source.key}", "sk": "LATEST"}


def _item(job: Job, *, expires_at: int) -> dict[str, object]:
    return {
        **_job_key(job.id),
        "list_pk": _LIST_PK,
        "list_sk": f"{job.created_at}#{job.id}",
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
