"""The state machine's definition: a pure function from names and ARNs to an ASL document."""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

State = dict[str, object]

RETRY: Final[list[State]] = [
    {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 2,
        "MaxAttempts": 4,
        "BackoffRate": 2,
        "MaxDelaySeconds": 30,
        "JitterStrategy": "FULL",
    }
]
TIMEOUT_S: Final[Mapping[str, int]] = {
    "ingest": 300,
    "undo": 300,
    "validate": 900,
    "plan": 120,
    "seal": 300,
    "mutate": 60,
    "reconcile": 300,
    "notify": 60,
    "fail": 60,
}
"""The functions' own time limits in seconds; the state waits a little longer than its function."""
LONGEST_EXECUTION_S: Final = 24 * 3600
"""Only a guard: every task has a time limit of its own, and the largest plan is loaded long before."""
MAP_LABELS: Final = ("PlanChunks", "MutateChunks")
"""The distributed maps; child executions have the label in their ARNs."""
_GRACE_S: Final = 10
_FALLBACK_S: Final = 30
_JOB: Final[Mapping[str, str]] = {"job_id.$": "$.job_id"}


@frozen(kw_only=True)
class Definition:
    """What the document needs to know; `functions` maps the roles of TIMEOUT_S to ARNs."""

    functions: Mapping[str, str]
    bucket: str
    ledger_table: str
    topic_arn: str
    max_concurrency: int


def definition(of: Definition) -> State:
    """Give the ASL document: Ingest, Validate, Plan, Seal, Mutate, Reconcile, Notify; an undo enters at Plan.

    Whatever fails ends in `Failed`, after the failure is recorded on the job and a notice is sent: by our
    functions, and where these fail too, by Step Functions itself.
    """
    return {
        "Comment": "One customer file on its way into the records table",
        "StartAt": "Route",
        "TimeoutSeconds": LONGEST_EXECUTION_S,
        "States": {
            # an approved plan is sealed already: Seal finds it, and lets it be loaded
            "Route": _choice("$.start", "load", then="Seal", otherwise="IsUndo"),
            "IsUndo": _choice("$.start", "undo", then="Undo", otherwise="Ingest"),
            # the chunks of an undo are those of the job that it undoes
            "Undo": _task(of, "undo") | {"Next": "IsValid"},
            "Ingest": _task(of, "ingest") | {"Next": "IsIngested"},
            "IsIngested": _choice("$.next", "validate", then="Validate", otherwise="Notify"),
            "Validate": _task(of, "validate") | {"Next": "IsValid"},
            "IsValid": _choice("$.next", "plan", then="PlanChunks", otherwise="Notify"),
            "PlanChunks": _map(of, "plan", items="$.chunks_key", tolerated=0) | {"Next": "Seal"},
            "Seal": _task(of, "seal") | {"Next": "IsSealed"},
            "IsSealed": _choice("$.next", "load", then="MutateChunks", otherwise="Notify"),
            # chunks without an outcome do not stop the others: Reconcile finds them
            "MutateChunks": _map(of, "mutate", items="$.plan_key", tolerated=100) | {"Next": "Reconcile"},
            "Reconcile": _task(of, "reconcile") | {"Next": "Notify"},
            "Notify": _task(of, "notify") | {"Next": "Done"},
            "Done": {"Type": "Succeed"},
            **_failure_path(of),
        },
    }


def _failure_path(of: Definition) -> dict[str, State]:
    return {
        "RecordFailure": _task(of, "fail", catch="RecordFailureNatively")
        | {
            "Parameters": {**_JOB, "error.$": "$.error"},
            "ResultPath": None,
            "Next": "NotifyFailure",
        },
        "RecordFailureNatively": _record_natively(of.ledger_table),
        "NotifyFailure": _task(of, "notify", catch="NotifyFailureNatively")
        | {"ResultPath": None, "Next": "Failed"},
        "NotifyFailureNatively": _notify_natively(of.topic_arn),
        "Failed": {
            "Type": "Fail",
            "Error": "Foreman.JobFailed",
            "Cause": "The failure is recorded on the job; the functions' logs have the reason.",
        },
    }


def _choice(variable: str, value: str, *, then: str, otherwise: str) -> State:
    return {
        "Type": "Choice",
        "Choices": [
            {
                "And": [
                    {"Variable": variable, "IsPresent": True},
                    {"Variable": variable, "StringEquals": value},
                ],
                "Next": then,
            }
        ],
        "Default": otherwise,
    }


def _catch(target: str, path: str = "$.error") -> list[State]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": path, "Next": target}]


def _task(of: Definition, role: str, catch: str = "RecordFailure") -> State:
    path = "$.error" if catch == "RecordFailure" else "$.second_error"
    return {
        "Type": "Task",
        "Resource": of.functions[role],
        "Parameters": dict(_JOB),
        "TimeoutSeconds": TIMEOUT_S[role] + _GRACE_S,
        "Retry": RETRY,
        "Catch": _catch(catch, path),
    }


def _map(of: Definition, role: str, *, items: str, tolerated: int) -> State:
    """Fan out over the JSON array at the S3 key `items`: each item is a reference to a chunk, never rows."""
    return {
        "Type": "Map",
        "Label": f"{role.capitalize()}Chunks",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": of.bucket, "Key.$": items},
        },
        "MaxConcurrency": of.max_concurrency,
        "ToleratedFailurePercentage": tolerated,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Chunk",
            "States": {"Chunk": _chunk(of, role), "ChunkFailed": _CHUNK_FAILED},
        },
        "ResultPath": None,
        "Catch": _catch("RecordFailure"),
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
        "Retry": RETRY,
        "Catch": _catch("ChunkFailed"),
        # the results of all chunks together must stay under 256 KiB
        "OutputPath": "$.index",
        "End": True,
    }


def _record_natively(table: str) -> State:
    """Mark the job failed without our code, unless it has ended already."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Parameters": {
            "TableName": table,
            "Key": {"pk": {"S.$": "States.Format('JOB#{}', $.job_id)"}, "sk": {"S": "JOB"}},
            "ConditionExpression": (
                "attribute_exists(pk) AND NOT #state IN "
                "(:succeeded, :partially, :failed, :cancelled, :needs_review, :undoing, :undone)"
            ),
            "UpdateExpression": (
                # the sweeper puts it into the audit trail, whose hashes are not for the state machine to make
                "SET #state = :failed, reason = :reason, updated_at = :now, unaudited = :yes, "
                "timeline = list_append(timeline, :moment), "
                # of a job that was only planned, the counts are those of the plan
                "#counts.created = :none, #counts.updated = :none, #counts.deleted = :none"
            ),
            "ExpressionAttributeNames": {"#state": "state", "#counts": "counts"},
            "ExpressionAttributeValues": {
                ":succeeded": {"S": "succeeded"},
                ":partially": {"S": "partially_succeeded"},
                ":failed": {"S": "failed"},
                ":cancelled": {"S": "cancelled"},
                ":needs_review": {"S": "needs_review"},
                ":yes": {"BOOL": True},
                ":undoing": {"S": "undoing"},
                ":undone": {"S": "undone"},
                ":now": {"S.$": "$$.State.EnteredTime"},
                ":none": {"N": "0"},
                ":reason": {
                    "M": {
                        "code": {"S": "internal"},
                        "message": {"S": "A part of Foreman failed, and so did recording why; see the logs."},
                    }
                },
                ":moment": {"L": [{"M": {"state": {"S": "failed"}, "at": {"S.$": "$$.State.EnteredTime"}}}]},
            },
        },
        "TimeoutSeconds": _FALLBACK_S,
        "Retry": RETRY,
        # also when the job had ended already: the condition's refusal is caught like any other error
        "Catch": _catch("NotifyFailure", "$.third_error"),
        "ResultPath": None,
        "Next": "NotifyFailure",
    }


def _notify_natively(topic_arn: str) -> State:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {
            "TopicArn": topic_arn,
            # the job may have ended well before its notice failed
            "Subject": "Foreman: a job has ended",
            "Message.$": (
                "States.Format('Job {} has ended, and its notice could not be sent. Ask for the job, and see "
                "the logs.', $.job_id)"
            ),
            "MessageAttributes": {"job_id": {"DataType": "String", "StringValue.$": "$.job_id"}},
        },
        "TimeoutSeconds": _FALLBACK_S,
        "Retry": RETRY,
        "Catch": _catch("Failed", "$.third_error"),
        "ResultPath": None,
        "Next": "Failed",
    }
