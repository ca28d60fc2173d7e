"""What the state machine does when a step has failed for good: record it on the job, tell somebody, fail.

Our functions do both; where these are broken too, Step Functions writes to the ledger and publishes by
itself.
"""

from typing import Final

from components._retries import RETRY, State, catch, never

_FALLBACK_S: Final = 30


def path(*, record: State, announce: State, ledger_table: str, topic_arn: str) -> State:
    """Give the states from `RecordFailure` to `Failed`; `record` and `announce` are the tasks of our
    functions.
    """
    return {
        "RecordFailure": record
        | {"ResultPath": None, "Catch": catch("RecordFailureNatively", "$.second_error")},
        "RecordFailureNatively": _record_natively(ledger_table),
        "NotifyFailure": announce
        | {"ResultPath": None, "Catch": catch("NotifyFailureNatively", "$.second_error")},
        "NotifyFailureNatively": _notify_natively(topic_arn),
        "Failed": {
            "Type": "Fail",
            "Error": "Foreman.JobFailed",
            "Cause": "The failure is recorded on the job; the functions' logs have the reason.",
        },
    }


def _record_natively(table: str) -> State:
    """Mark the job failed without our code, unless it has ended already, or another attempt is at work on
    it.
    """
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Parameters": {
            "TableName": table,
            "Key": {"pk": {"S.$": "States.Format('JOB#{}', $.job_id)"}, "sk": {"S": "JOB"}},
            "ConditionExpression": (
                "attribute_exists(pk) AND attempt = :attempt AND NOT #state IN "
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
                ":attempt": {"N.$": "States.Format('{}', $.attempt)"},
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
        "Retry": [never("DynamoDB.ConditionalCheckFailedException"), *RETRY],
        # also when the job had ended already: the condition's refusal is caught like any other error
        "Catch": catch("NotifyFailure", "$.third_error"),
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
        "Retry": list(RETRY),
        "Catch": catch("Failed", "$.third_error"),
        "ResultPath": None,
        "Next": "Failed",
    }
