"""Metrics: what the log lines measure, in CloudWatch's embedded metric format, so that a line is both.

A metric costs by its name and each value of its dimensions, not by how often it is reported: no dimension is
ever a job, a file or a field.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import os
import time
from collections.abc import Iterator, Mapping, MutableMapping
from itertools import groupby
from typing import Any, Final, Literal

from attrs import frozen

NAMESPACE: Final = "Foreman"

Unit = Literal["Count", "Seconds"]
By = tuple[str, ...]

_FATES: Final[Mapping[str, str]] = {
    "created": "that made a new record",
    "updated": "that changed a record",
    "deleted": "of an undo that removed a record",
    "unchanged": "whose record was as they are already",
    "kept": "of an undo that left something as it was changed since",
    "rejected": "with a fault",
    "duplicate": "that repeat an earlier one",
    "blank": "without a value",
    "conflict": "whose record was changed by somebody else meanwhile",
}


@frozen(kw_only=True)
class Metric:
    """A metric of the namespace; `by` names the keys of the line that are its dimensions, beside `stack`."""

    name: str
    unit: Unit
    by: By
    meaning: str


_BY_TYPE: Final = ("record_type",)
_BY_FUNCTION: Final = ("function",)

METRICS: Final = (
    Metric(name="JobsCreated", unit="Count", by=_BY_TYPE, meaning="jobs that were recorded, undos included"),
    Metric(name="JobsEnded", unit="Count", by=("state",), meaning="times that a job came to rest in a state"),
    Metric(name="JobsRestarted", unit="Count", by=(), meaning="jobs that the sweeper started again"),
    Metric(name="JobsGivenUp", unit="Count", by=(), meaning="jobs that the sweeper gave up"),
    Metric(name="JobsNotSwept", unit="Count", by=(), meaning="times that the sweeper failed over a job"),
    Metric(name="JobSeconds", unit="Seconds", by=_BY_TYPE, meaning="from a job's record to its end"),
    Metric(
        name="ReadableSeconds",
        unit="Seconds",
        by=_BY_TYPE,
        meaning="the same, of loads that waited for nobody: when their rows can be read",
    ),
    Metric(name="RowsRead", unit="Count", by=_BY_TYPE, meaning="rows of the files of jobs that have loaded"),
    *(
        Metric(name=f"Rows{fate.capitalize()}", unit="Count", by=_BY_TYPE, meaning=f"those of them {what}")
        for fate, what in _FATES.items()
    ),
    Metric(name="IntakeSeconds", unit="Seconds", by=(), meaning="from S3's event to the job's record"),
    Metric(
        name="StepSeconds",
        unit="Seconds",
        by=_BY_FUNCTION,
        meaning="what one call of a step took, or a worker's phase of a job",
    ),
    Metric(name="StepsFailed", unit="Count", by=_BY_FUNCTION, meaning="those of them that broke"),
    Metric(name="FieldsFailed", unit="Count", by=_BY_FUNCTION, meaning="GraphQL fields that broke"),
    Metric(name="WritesThrottled", unit="Count", by=_BY_TYPE, meaning="writes of records that had to wait"),
)

_ENDS: Final = {"succeeded", "partially_succeeded", "failed", "cancelled", "needs_review", "undone"}
_LOADED: Final = {"succeeded", "partially_succeeded"}
_WORKING: Final = {"received", "validating", "planned", "loading"}


def add_metrics(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Make a log line that measures something a metric as well: of the stack that STACK names."""
    stack = os.environ.get("STACK")
    values = dict(measure(event)) if stack else {}
    if not values:
        return event
    measured = [metric for metric in METRICS if metric.name in values]
    directives = [
        {
            "Namespace": NAMESPACE,
            "Dimensions": [["stack", *by]],
            "Metrics": [{"Name": metric.name, "Unit": metric.unit} for metric in group],
        }
        for by, group in groupby(sorted(measured, key=_by), _by)
    ]
    told = {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": directives}
    return {**event, "stack": stack, **values, "_aws": told}


def measure(event: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The names and values of what a log line measures."""
    match event["event"]:
        case "job_created":
            yield "JobsCreated", 1
        case "job_moved" if event["state"] in _ENDS:
            yield from _ended(event)
        case "job_changed" if event["what"] == "restarted" and event["door"] == "sweeper":
            yield "JobsRestarted", 1
        case "file_received" if event["late_s"] is not None:
            yield "IntakeSeconds", event["late_s"]
        case "step_done" | "work_done":
            yield "StepSeconds", event["seconds"]
        case "step_failed" | "work_failed":
            yield "StepSeconds", event["seconds"]
            yield "StepsFailed", 1
        case "job_not_swept":
            yield "JobsNotSwept", 1
        case "field_failed":
            yield "FieldsFailed", 1
        case "writes_throttled":
            yield "WritesThrottled", event["count"]
        case _:
            pass


def _ended(event: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Of a job that ends. Its rows count when its load comes to its account, and not when that is corrected,
    undone or left half-done: so each row counts once.
    """
    yield "JobsEnded", 1
    if event["code"] == "stuck":
        yield "JobsGivenUp", 1
    if event["was"] in _WORKING:
        yield "JobSeconds", event["age_s"]
    if event["was"] == "loading" and event["state"] in _LOADED:
        started_again = event["attempt"] > event["restarts"] + 1
        if event["mode"] == "load" and not started_again and not event["waited"]:
            yield "ReadableSeconds", event["age_s"]
        for fate in ("read", *_FATES):
            yield f"Rows{fate.capitalize()}", event["counts"].get(fate, 0)


def _by(metric: Metric) -> By:
    return metric.by
