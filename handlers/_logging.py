"""Structured logs: JSON lines on stdout, with the job's id, and never a value of a row.

A line that has something to measure is a metric, too: see `handlers/_metrics.py`.

Only keys on the list below get into a line; others are dropped by name. Of an exception, its type and the
places it went through are kept, not its message: that may quote what a file holds.
"""

import logging
import os
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from botocore.exceptions import ClientError

from foreman_core.errors import ForemanError
from handlers._metrics import add_metrics

KEYS: Final = frozenset(
    {
        "age_s",
        "attempt",
        "chunk",
        "code",
        "count",
        "counts",
        "door",
        "dropped_keys",
        "duplicate_of",
        "error_code",
        "error_operation",
        "error_type",
        "event",
        "field",
        "function",
        "issues",
        "job_id",
        "late_s",
        "level",
        "mode",
        "next",
        "phase",
        "record_type",
        "request_id",
        "restarts",
        "rows",
        "seconds",
        "state",
        "status",
        "subscription",
        "timestamp",
        "told",
        "trace_id",
        "waited",
        "was",
        "what",
        "where",
    }
)


def configure(function: str) -> None:
    """Set the logs of this process up; LOG_LEVEL says from which level on, metrics left out."""
    level = logging.getLevelNamesMapping().get(os.environ.get("LOG_LEVEL", "INFO"), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            describe_exception,
            keep_listed_keys,
            add_metrics,
            from_level(level),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(min(level, logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(function=function, **_trace())


def _trace() -> dict[str, str]:
    """The trace that this call belongs to: `Root=…;Parent=…;Sampled=1`, and the root is what X-Ray looks up.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    parts = os.environ.get("_X_AMZN_TRACE_ID", "").split(";")
    root = next((part.removeprefix("Root=") for part in parts if part.startswith("Root=")), None)
    return {} if root is None else {"trace_id": root}


def describe_exception(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace `exc_info` by the exception's type, AWS error code and the places it went through."""
    given = event.pop("exc_info", None)
    error = sys.exception() if given is True else given
    if not isinstance(error, BaseException):
        return event
    event["error_type"] = type(error).__name__
    if isinstance(error, ClientError):
        event["error_code"] = error.response.get("Error", {}).get("Code")
        event["error_operation"] = error.operation_name
    elif isinstance(error, ForemanError):
        event["error_code"] = error.code
    event["where"] = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return event


def from_level(least: int) -> structlog.typing.Processor:
    """Drop lines below a level, but for those that are metrics."""

    def drop(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if "_aws" not in event and logging.getLevelNamesMapping()[event["level"].upper()] < least:
            raise structlog.DropEvent
        return event

    return drop


def keep_listed_keys(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop every key that is not on the list, and say which."""
    dropped = sorted(set(event) - KEYS)
    kept = {key: value for key, value in event.items() if key in KEYS}
    return {**kept, "dropped_keys": dropped} if dropped else kept
