"""The dashboard as data: its form, and that what it shows is what there is."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any, get_args

import attrs
import jsonschema
import pytest

from components._dashboard import ENDS, FATES, OURS, WIDTH, Watched, WatchedService, dashboard, dashboard_url
from components._queries import CODES, QUERIES
from foreman_core.models import Counts, IssueCode, JobState
from handlers._logging import KEYS
from handlers._metrics import METRICS, NAMESPACE

OF = Watched(
    stack="dev",
    region="eu-central-1",
    record_type="customer",
    api_id="api1",
    state_machine_arn="arn:machine",
    queues={"files": "events", "notices": "deliveries"},
    dead_letters={"files": "dead", "notices": "undelivered"},
    records_table="records",
    ledger_table="ledger",
    alarm_arns=["arn:alarm"],
    services={
        "web": WatchedService(cluster="c", service="w", balancer="app/b/1", targets="targetgroup/t/1"),
        "worker": WatchedService(cluster="c", service="k"),
    },
)
BODY: dict[str, Any] = json.loads(json.dumps(dashboard(OF)))
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
SCHEMA = {
    "type": "object",
    "required": ["widgets"],
    "properties": {
        "widgets": {
            "type": "array",
            "maxItems": 500,
            "items": {
                "type": "object",
                "required": ["type", "properties"],
                "properties": {
                    "type": {"enum": ["metric", "alarm"]},
                    "properties": {"type": "object"},
                    "x": {"type": "integer", "minimum": 0, "maximum": 23},
                    "y": {"type": "integer", "minimum": 0},
                    "width": {"type": "integer", "minimum": 1, "maximum": 24},
                    "height": {"type": "integer", "minimum": 1, "maximum": 1000},
                },
                "additionalProperties": False,
                "if": {"properties": {"type": {"const": "metric"}}},
                "then": {
                    "properties": {
                        "properties": {
                            "required": ["metrics", "region"],
                            "properties": {
                                "title": {"type": "string"},
                                "region": {"type": "string"},
                                "view": {"enum": ["timeSeries", "singleValue", "gauge", "bar", "pie"]},
                                "stacked": {"type": "boolean"},
                                "stat": {"type": "string"},
                                "period": {"type": "integer", "multipleOf": 60},
                                "metrics": {
                                    "type": "array",
                                    "minItems": 1,
                                    "maxItems": 500,
                                    "items": {"type": "array", "minItems": 3},
                                },
                            },
                            "additionalProperties": False,
                        }
                    }
                },
                "else": {
                    "properties": {
                        "properties": {
                            "required": ["alarms"],
                            "properties": {
                                "title": {"type": "string"},
                                "alarms": {"type": "array", "maxItems": 100, "items": {"type": "string"}},
                            },
                            "additionalProperties": False,
                        }
                    }
                },
            },
        }
    },
}


def series() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, metric and dimensions of every line that is drawn."""
    for widget in BODY["widgets"]:
        for namespace, metric, *pairs, options in widget["properties"].get("metrics", []):
            assert set(options) <= {"label", "stat", "yAxis"}
            yield namespace, metric, dict(zip(pairs[::2], pairs[1::2], strict=True))


def test_the_body_has_the_published_form() -> None:
    jsonschema.validate(BODY, SCHEMA)


def test_no_widget_lies_on_another_and_all_on_the_grid() -> None:
    def cells(widget: dict[str, int]) -> set[tuple[int, int]]:
        columns = range(widget["x"], widget["x"] + widget["width"])
        return {(x, y) for x in columns for y in range(widget["y"], widget["y"] + widget["height"])}

    assert all(widget["x"] + widget["width"] <= WIDTH for widget in BODY["widgets"])
    assert not any(cells(one) & cells(other) for one, other in combinations(BODY["widgets"], 2))


def test_every_metric_of_ours_is_one_that_the_functions_report_with_these_dimensions() -> None:
    declared = {metric.name: {"stack", *metric.by} for metric in METRICS}
    ours = [(metric, dimensions) for namespace, metric, dimensions in series() if namespace == OURS]
    for metric, dimensions in ours:
        assert declared[metric] == set(dimensions), metric
        assert dimensions["stack"] == "dev"
    assert OURS == NAMESPACE


def test_every_metric_but_the_number_of_rows_read_is_shown() -> None:
    shown = {metric for namespace, metric, _ in series() if namespace == OURS}
    assert {metric.name for metric in METRICS} - shown == {"RowsRead"}


def test_no_line_is_drawn_twice_in_a_widget() -> None:
    for widget in BODY["widgets"]:
        drawn = Counter(json.dumps(line) for line in widget["properties"].get("metrics", []))
        assert set(drawn.values()) <= {1}, widget["properties"]["title"]


def test_the_states_and_the_fates_are_those_of_jobs() -> None:
    resting = {state for state in JobState if state.is_final} | {JobState.NEEDS_REVIEW, JobState.UNDONE}
    assert {str(state) for state in resting} == set(ENDS)
    counts = {attribute.name for attribute in attrs.fields(Counts)}
    assert {fate.lower() for fate in FATES} | {"read", "accepted", "pending"} == counts


def test_the_address_is_that_of_the_console() -> None:
    assert dashboard_url("dev", "eu-central-1") == (
        "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1"
        "#dashboards/dashboard/foreman-dev"
    )


def test_the_codes_in_a_query_are_those_of_issues() -> None:
    assert set(CODES) == set(get_args(IssueCode))


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_asks_for_keys_that_lines_have(name: str) -> None:
    for line in QUERIES[name].replace(",\n   ", ",").splitlines():
        command, _, rest = line.removeprefix("| ").partition(" ")
        assert command in {"fields", "filter", "sort", "limit", "stats"}, line
        if command == "fields":
            asked = {key.split(".")[0].strip() for key in rest.split(",") if " as " not in key}
            assert asked - {"@timestamp"} <= KEYS, line
