"""How often Step Functions tries a task again: it depends on what went wrong. Pure data.

A rule is for the first failure whose name it lists; every rule counts for itself. Waits double, and full
jitter spreads them, so that what failed together does not come back together.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from collections.abc import Sequence
from typing import Final

State = dict[str, object]

HOPELESS: Final = (
    "States.DataLimitExceeded",
    "Lambda.ResourceNotFoundException",
    "Runtime.HandlerNotFound",
    "Runtime.ImportModuleError",
    "Runtime.UserCodeSyntaxError",
)
"""The next try would end as this one: the answer is too large, or the function is not what was deployed."""

BUSY: Final = ("Lambda.TooManyRequestsException", "ThrottlingException", "SQS.SqsException")
"""There is no room now. Others hold it for as long as a step takes, so this is tried for many minutes."""

SERVICE: Final = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
)
"""The service itself has failed before or after it called the function:
https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception"""

PAUSED: Final = "Paused"
"""Our own word: a function stopped by itself, before its time was over (`foreman_core.pipeline.pausing`)."""

UNFINISHED: Final = ("Unavailable", PAUSED)
"""The first is ours, too: a service did not answer after the SDK's own tries (`foreman_core.errors`)."""

CRASHED: Final = (
    "States.Timeout",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "MemoryError",
    "OSError",
)
"""The function was stopped by its limits of time, memory or disk; what it had recorded is not done again, so
once more may be enough, and often is not."""

SILENT: Final = ("States.HeartbeatTimeout",)
"""Nobody has taken the work up for hours, or it killed all who did, and is a dead letter."""

DATA_LIMIT: Final = "States.DataLimitExceeded"
"""`States.ALL` does not stand for this one, neither in a retry nor in a catch."""


def never(*errors: str) -> State:
    """Give the rule by which a task is not tried again after these."""
    return {"ErrorEquals": list(errors), "MaxAttempts": 0}


def _rule(errors: Sequence[str], *, first_s: int, attempts: int, longest_s: int) -> State:
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": first_s,
        "MaxAttempts": attempts,
        "BackoffRate": 2.0,
        "MaxDelaySeconds": longest_s,
        "JitterStrategy": "FULL",
    }


RETRY: Final[Sequence[State]] = (
    never(*HOPELESS),
    _rule(BUSY, first_s=2, attempts=12, longest_s=120),
    _rule(SERVICE, first_s=1, attempts=6, longest_s=60),
    _rule(UNFINISHED, first_s=2, attempts=8, longest_s=60),
    # before the next one: a missed heartbeat is a kind of time-out
    _rule(SILENT, first_s=1, attempts=2, longest_s=30),
    _rule(CRASHED, first_s=5, attempts=2, longest_s=30),
    _rule(["States.ALL"], first_s=2, attempts=3, longest_s=30),
)
"""In this order: the first rule that lists an error is the one for it."""


def catch(target: str, path: str | None) -> list[State]:
    """Go on at `target` whatever fails for good, with the error at `path` of the state (None: it is
    dropped).
    """
    return [
        {"ErrorEquals": [name], "ResultPath": path, "Next": target} for name in (DATA_LIMIT, "States.ALL")
    ]
