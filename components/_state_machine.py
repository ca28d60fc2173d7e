"""The state machine's definition: a pure function from names and ARNs to an ASL document.

The state is `{"job_id", "attempt", "start"}` from end to end; the answer of the last step is at `did`, an
error at `error`. The word in `did.next` says where a step goes on:

function    what is left of this phase is small: one function does it
map         one function for every chunk, side by side
worker      a process without a time limit, which takes it from a queue
plan        there turned out to be more than one function can do: plan every chunk by itself
approve     a person has to approve the plan first
stop        the job has ended, or rests: only its notice is left
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from attrs import frozen

from components import _failure
from components._retries import CRASHED, PAUSED, RETRY, State, catch, never

TIMEOUT_S: Final[Mapping[str, int]] = {
    "ingest": 900,
    "undo": 300,
    "validate": 900,
    "prepare": 900,
    "plan": 120,
    "seal": 300,
    "approval": 60,
    "mutate": 60,
    "load": 900,
    "reconcile": 900,
    "notify": 60,
    "fail": 60,
}
"""The functions' own time limits in seconds; the state waits a little longer than its function."""
GUARD_S: Final = 24 * 3600
"""Only a guard: every task has a time limit of its own, and the largest plan is loaded long before."""
WORKER_S: Final = 12 * 3600
"""As long may a worker be at one phase of a job: https://docs.aws.amazon.com/step-functions/latest/dg/
connect-to-resource.html#connect-wait-token. 100 million rows take five hours at 6,000 rows a second."""
HEARTBEAT_S: Final = 4 * 3600
"""So long may work lie in the queue, or a worker be silent. That no worker comes can take hours to mend, and
a dead letter is worth putting back as long as somebody waits for its answer. One that is gone is followed
by another after its lease, without a word to the state machine."""
MAP_LABELS: Final = ("PlanChunks", "MutateChunks")
"""The distributed maps; child executions have the label in their ARNs."""
TOO_MANY_FAILED: Final = "States.ExceedToleratedFailureThreshold"
_GRACE_S: Final = 10
_JOB: Final[Mapping[str, str]] = {"job_id.$": "$.job_id", "attempt.$": "$.attempt"}

Phase = Literal["prepare", "load"]


@frozen(kw_only=True)
class Definition:
    """What the document needs to know; `functions` maps the roles of TIMEOUT_S to ARNs.

    `tolerated_percent` of the chunks may fail before loading stops; `work_queue_url` is None where there are
    no workers.
    """

    functions: Mapping[str, str]
    bucket: str
    ledger_table: str
    topic_arn: str
    max_concurrency: int
    tolerated_percent: int
    approval_hours: int
    work_queue_url: str | None


def definition(of: Definition) -> State:
    """Give the ASL document: Ingest, Validate, Plan, Gate, Mutate, Reconcile, Notify; an undo enters at Plan.

    Whatever fails ends in `Failed`, after the failure is recorded on the job and a notice is sent: by our
    functions, and where these fail too, by Step Functions itself.
    """
    return {
        "Comment": "One customer file on its way into the records table",
        "StartAt": "Route",
        "TimeoutSeconds": GUARD_S + of.approval_hours * 3600,
        "States": {
            # a plan that was sealed already is found by Seal, and goes through the gate
            "Route": _choice("$.start", {"load": "Seal", "undo": "Undo"}, otherwise="Ingest"),
            "Ingest": _task(of, "ingest", then="IsIngested"),
            "IsIngested": _by_size(of, {"map": "Validate"}, "prepare"),
            # the chunks of an undo are those of the job that it undoes
            "Undo": _task(of, "undo", then="IsUndoable"),
            "IsUndoable": _by_size(of, {"map": "PlanChunks"}, "prepare"),
            "PrepareInFunction": _task(of, "prepare", then="IsPrepared", rescue=_rescue(of, "prepare")),
            # a small file can unpack to many rows: those are planned side by side
            "IsPrepared": _choice("$.did.next", {"plan": "PlanChunks"}, otherwise="Gate"),
            "Validate": _task(of, "validate", then="IsValid", rescue=_rescue(of, "prepare")),
            "IsValid": _choice("$.did.next", {"map": "PlanChunks"}, otherwise="Notify"),
            "PlanChunks": _map(of, "plan", items="$.did.chunks_key", tolerated=0, then="Seal"),
            "Seal": _task(of, "seal", then="Gate"),
            "Gate": _by_size(of, {"approve": "AwaitApproval", "map": "MutateChunks"}, "load"),
            "AwaitApproval": _await_approval(of),
            "ExpireApproval": _task(of, "approval", then="Notify", extra={"expired": True}),
            "LoadInFunction": _task(of, "load", then="Notify", rescue=_rescue(of, "load")),
            # chunks without an outcome do not stop the others: Reconcile finds them
            "MutateChunks": _map(
                of, "mutate", items="$.did.plan_key", tolerated=of.tolerated_percent, then="Reconcile"
            ),
            "Reconcile": _task(of, "reconcile", then="Notify"),
            "Notify": _task(of, "notify", then="Done"),
            "Done": {"Type": "Succeed"},
            **_workers(of),
            **_failure.path(
                record=_task(of, "fail", then="NotifyFailure", extra={"error.$": "$.error"}),
                announce=_task(of, "notify", then="Failed"),
                ledger_table=of.ledger_table,
                topic_arn=of.topic_arn,
            ),
        },
    }


def _choice(variable: str, targets: Mapping[str, str], *, otherwise: str) -> State:
    return {
        "Type": "Choice",
        "Choices": [
            {
                "And": [
                    {"Variable": variable, "IsPresent": True},
                    {"Variable": variable, "StringEquals": value},
                ],
                "Next": target,
            }
            for value, target in targets.items()
        ],
        "Default": otherwise,
    }


def _by_size(of: Definition, targets: Mapping[str, str], phase: Phase) -> State:
    """Choose who does a phase; what is none of these words goes to the notice."""
    ways = {**targets, "function": f"{phase.capitalize()}InFunction"}
    if of.work_queue_url is not None:
        ways["worker"] = f"{phase.capitalize()}OnWorker"
    return _choice("$.did.next", ways, otherwise="Notify")


def _task(
    of: Definition,
    role: str,
    *,
    then: str,
    extra: Mapping[str, object] | None = None,
    rescue: Sequence[State] = (),
) -> State:
    return {
        "Type": "Task",
        "Resource": of.functions[role],
        "Parameters": {**_JOB, **(extra or {})},
        "TimeoutSeconds": TIMEOUT_S[role] + _GRACE_S,
        "ResultPath": "$.did",
        "Retry": list(RETRY),
        "Catch": [*rescue, *catch("RecordFailure", "$.error")],
        "Next": then,
    }


def _rescue(of: Definition, phase: Phase) -> list[State]:
    """What is too much for a function, or for several one after the other, goes to a worker, which has more
    time, memory and disk.
    """
    if of.work_queue_url is None:
        return []
    worker = f"{phase.capitalize()}OnWorker"
    return [{"ErrorEquals": [*CRASHED, PAUSED], "ResultPath": "$.did", "Next": worker}]


def _workers(of: Definition) -> State:
    if of.work_queue_url is None:
        return {}
    return {
        "PrepareOnWorker": _on_worker(of.work_queue_url, "prepare", then="Gate"),
        "LoadOnWorker": _on_worker(of.work_queue_url, "load", then="Notify"),
    }


def _on_worker(queue_url: str, phase: Phase, *, then: str) -> State:
    """Put a phase into the queue, and wait for whoever takes it: he has the token to answer with.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html
    """
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {
            "QueueUrl": queue_url,
            "MessageBody": {**_JOB, "phase": phase, "token.$": "$$.Task.Token"},
        },
        "HeartbeatSeconds": HEARTBEAT_S,
        "TimeoutSeconds": WORKER_S,
        "ResultPath": "$.did",
        "Retry": list(RETRY),
        "Catch": catch("RecordFailure", "$.error"),
        "Next": then,
    }


def _await_approval(of: Definition) -> State:
    """Wait for a person, who may take days: the token is kept with the job until the plan is approved, the
    job cancelled, or nobody has answered in time. Seal then looks at the job again.
    """
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": of.functions["approval"],
            "Payload": {**_JOB, "token.$": "$$.Task.Token"},
        },
        "TimeoutSeconds": of.approval_hours * 3600,
        "ResultPath": "$.did",
        "Retry": [never("States.Timeout"), *RETRY],  # which is an answer here
        "Catch": [
            {"ErrorEquals": ["States.Timeout"], "ResultPath": "$.did", "Next": "ExpireApproval"},
            *catch("RecordFailure", "$.error"),
        ],
        "Next": "Seal",
    }


def _map(of: Definition, role: str, *, items: str, tolerated: int, then: str) -> State:
    """Fan out over the JSON array at the S3 key `items`: each item is a reference to a chunk, never rows.

    When more chunks fail than are tolerated while they are loaded, the rest is not begun, and what was loaded
    is accounted for.
    """
    name = role.capitalize()
    stopped = {"ErrorEquals": [TOO_MANY_FAILED], "ResultPath": "$.did", "Next": then}
    return {
        "Type": "Map",
        "Label": f"{name}Chunks",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": of.bucket, "Key.$": items},
        },
        "MaxConcurrency": of.max_concurrency,
        "ToleratedFailurePercentage": tolerated,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": f"{name}Chunk",
            "States": {f"{name}Chunk": _chunk(of, role), f"{name}ChunkFailed": _CHUNK_FAILED},
        },
        "ResultPath": None,
        "Catch": [*([stopped] if tolerated else []), *catch("RecordFailure", "$.error")],
        "Next": then,
    }


_CHUNK_FAILED: Final[State] = {
    "Type": "Fail",
    "Error": "Foreman.ChunkFailed",
    "Cause": "This chunk could not be worked on; the function's log has the reason.",
}


def _chunk(of: Definition, role: str) -> State:
    return {
        "Type": "Task",
        "Resource": of.functions[role],
        "TimeoutSeconds": TIMEOUT_S[role] + _GRACE_S,
        "Retry": list(RETRY),
        "Catch": catch(f"{role.capitalize()}ChunkFailed", "$.error"),
        # nothing: the results of all chunks together must stay under 256 KiB
        "OutputPath": None,
        "End": True,
    }
