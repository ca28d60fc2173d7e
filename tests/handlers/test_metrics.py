"""Which log lines are metrics, and in which form."""

import json
from typing import Any

import jsonschema
import pytest
import structlog

from handlers import _logging
from handlers._metrics import METRICS, NAMESPACE, measure

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
# #CloudWatch_Embedded_Metric_Format_Specification_schema
SCHEMA = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "properties": {
                            "Namespace": {"type": "string", "minLength": 1, "maxLength": 1024},
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "array",
                                    "maxItems": 30,
                                    "items": {"type": "string", "minLength": 1, "maxLength": 250},
                                },
                            },
                            "Metrics": {
                                "type": "array",
                                "maxItems": 100,
                                "items": {
                                    "type": "object",
                                    "required": ["Name"],
                                    "properties": {
                                        "Name": {"type": "string", "minLength": 1, "maxLength": 1024},
                                        "Unit": {"enum": ["Seconds", "Count"]},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}
COUNTS = {"read": 10, "accepted": 8, "rejected": 2, "created": 7, "unchanged": 1}
END: dict[str, Any] = {
    "event": "job_moved",
    "job_id": "job-1",
    "attempt": 1,
    "restarts": 0,
    "record_type": "customer",
    "mode": "load",
    "door": "workflow",
    "what": "moved",
    "was": "loading",
    "waited": False,
    "state": "partially_succeeded",
    "code": None,
    "age_s": 4.5,
    "counts": COUNTS,
}


def measured(**changed: object) -> dict[str, float]:
    return dict(measure(END | changed))


def said(capsys: pytest.CaptureFixture[str], **line: Any) -> dict[str, Any]:  # noqa: ANN401 - keys of a line
    _logging.configure("reconcile")
    structlog.get_logger().info(**line)
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK", "prod")


@pytest.mark.usefixtures("stack")
def test_the_end_of_a_job_is_one_line_in_the_published_form(capsys: pytest.CaptureFixture[str]) -> None:
    line = said(capsys, **END)
    jsonschema.validate(line, SCHEMA)
    assert line["job_id"] == "job-1"
    assert {metric.name: line[metric.name] for metric in METRICS if metric.name in line} == measured()
    dimensions = {
        metric["Name"]: directive["Dimensions"]
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }
    assert dimensions["JobsEnded"] == [["stack", "state"]]
    assert dimensions["RowsCreated"] == dimensions["JobSeconds"] == [["stack", "record_type"]]
    assert {directive["Namespace"] for directive in line["_aws"]["CloudWatchMetrics"]} == {NAMESPACE}
    for key in {key for sets in dimensions.values() for names in sets for key in names}:
        assert isinstance(line[key], str), key


def test_rows_of_a_load_are_counted_by_what_became_of_them() -> None:
    assert measured() == {
        "JobsEnded": 1,
        "JobSeconds": 4.5,
        "ReadableSeconds": 4.5,
        "RowsRead": 10,
        "RowsCreated": 7,
        "RowsUpdated": 0,
        "RowsDeleted": 0,
        "RowsUnchanged": 1,
        "RowsKept": 0,
        "RowsRejected": 2,
        "RowsDuplicate": 0,
        "RowsBlank": 0,
        "RowsConflict": 0,
    }


@pytest.mark.parametrize(
    ("was", "state"),
    [
        ("partially_succeeded", "succeeded"),  # corrected since
        ("undone", "succeeded"),  # its undo was undone
        ("undoing", "undone"),
        ("loading", "failed"),  # a retry goes on with it
        ("loading", "cancelled"),
        ("validating", "failed"),
    ],
)
def test_rows_are_counted_once_whatever_becomes_of_the_job_later(was: str, state: str) -> None:
    assert not {name for name in measured(was=was, state=state) if name.startswith("Rows")}


@pytest.mark.parametrize(
    ("changed", "readable"),
    [
        ({}, True),
        ({"attempt": 3, "restarts": 2}, True),  # the sweeper's restarts are part of the wait
        ({"attempt": 2}, False),  # somebody asked for the second one, some time
        ({"mode": "undo"}, False),
        ({"waited": True}, False),  # its plan needed an approval
    ],
)
def test_the_wait_for_a_person_is_no_part_of_the_time_to_readable(
    changed: dict[str, object],
    *,
    readable: bool,
) -> None:
    assert ("ReadableSeconds" in measured(**changed)) is readable


def test_a_job_on_its_way_has_not_ended() -> None:
    assert measured(was="received", state="validating") == {}


def test_a_job_that_is_given_up_counts_as_such() -> None:
    assert measured(state="failed", code="stuck").keys() == {"JobsEnded", "JobsGivenUp", "JobSeconds"}


@pytest.mark.parametrize(("door", "counted"), [("sweeper", True), ("api", False)])
def test_restarts_are_those_of_the_sweeper(door: str, *, counted: bool) -> None:
    assert bool(measured(event="job_changed", what="restarted", door=door)) is counted


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ({"event": "job_created"}, {"JobsCreated": 1}),
        ({"event": "file_received", "late_s": 0.8}, {"IntakeSeconds": 0.8}),
        ({"event": "file_received", "late_s": None}, {}),
        ({"event": "step_done", "seconds": 2}, {"StepSeconds": 2}),
        ({"event": "work_done", "seconds": 2}, {"StepSeconds": 2}),
        ({"event": "work_failed", "seconds": 2}, {"StepSeconds": 2, "StepsFailed": 1}),
        ({"event": "step_failed", "seconds": 2}, {"StepSeconds": 2, "StepsFailed": 1}),
        ({"event": "job_not_swept"}, {"JobsNotSwept": 1}),
        ({"event": "field_failed", "seconds": 2}, {"FieldsFailed": 1}),
        ({"event": "writes_throttled", "count": 3}, {"WritesThrottled": 3}),
        ({"event": "field_answered", "seconds": 2}, {}),
    ],
)
def test_other_lines(line: dict[str, Any], values: dict[str, float]) -> None:
    assert dict(measure(line)) == values


@pytest.mark.usefixtures("stack")
def test_a_metric_is_told_also_where_only_errors_are_logged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    assert said(capsys, **END)["JobsEnded"] == 1


def test_without_a_stack_a_line_is_only_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STACK", raising=False)
    assert "_aws" not in said(capsys, **END)


def test_no_dimension_has_as_many_values_as_there_are_jobs_or_files() -> None:
    assert {key for metric in METRICS for key in metric.by} <= {"record_type", "state", "function"}
    assert len({metric.name for metric in METRICS}) == len(METRICS)
