"""The runbook and the program name the same alarms; the guide to what is measured names the same metrics."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from components._alarm import RUNBOOK
from components._queries import QUERIES
from handlers._metrics import METRICS, Metric
from tests import _program
from tests._program import ROOT
from tests._pulumi import Outcome, Recorded

GUIDE = (ROOT / "docs" / "observability.md").read_text("utf-8")


def sections() -> dict[str, str]:
    """The sections of the runbook, by their headings."""
    parts = re.split(r"^### ", (ROOT / RUNBOOK).read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {heading: text for heading, _, text in (part.partition("\n") for part in parts)}


SECTIONS = sections()
OF_ALARMS = {heading.strip("`"): text for heading, text in SECTIONS.items() if heading.startswith("`")}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return _program.run("all-on", tmp_path_factory.mktemp("lambda"))


def alarms(program: Outcome) -> list[Recorded]:
    """The alarms that speak to people; others tell the scaling of containers how many there are to be."""
    found = program.of("cloudwatch.MetricAlarm")
    return [
        alarm for alarm in found if not any(":scalingPolicy:" in arn for arn in alarm.inputs["alarmActions"])
    ]


def queries(alarm: Recorded) -> list[dict[str, Any]]:
    return alarm.inputs.get("metricQueries", [])


def test_every_alarm_has_its_section_and_every_section_its_alarm(program: Outcome) -> None:
    assert {alarm.name for alarm in alarms(program)} == set(OF_ALARMS)


def test_an_alarm_names_its_section(program: Outcome) -> None:
    for alarm in alarms(program):
        assert alarm.inputs["alarmDescription"].endswith(f"What to do: {RUNBOOK}#{alarm.name}")


@pytest.mark.parametrize("name", OF_ALARMS)
def test_a_section_says_how_to_see_it_what_to_do_and_when_it_is_over(name: str) -> None:
    for part in ("- **See it:** ", "- **Do:** ", "- **Over** "):
        assert OF_ALARMS[name].count(part) == 1, part


def test_a_section_without_an_alarm_says_why() -> None:
    others = {heading: text for heading, text in SECTIONS.items() if not heading.startswith("`")}
    assert others
    for heading, text in others.items():
        assert "**No alarm:** " in text, heading
        assert "- **Do:** " in text, heading


def test_the_runbook_points_to_sections_that_exist() -> None:
    text = (ROOT / RUNBOOK).read_text("utf-8")
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in SECTIONS}
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= anchors


def test_every_alarm_speaks_when_it_rises_and_when_it_is_over(program: Outcome) -> None:
    topic = program.outputs["notification_topic_arn"]
    for alarm in alarms(program):
        assert alarm.inputs["alarmActions"] == alarm.inputs["okActions"] == [topic], alarm.name


def test_an_alarm_on_a_metric_of_ours_watches_one_that_is_reported(program: Outcome) -> None:
    declared = {metric.name: {"stack", *metric.by} for metric in METRICS}
    watched = [
        watched
        for alarm in alarms(program)
        for watched in (alarm.inputs, *(query.get("metric", {}) for query in queries(alarm)))
        if watched.get("namespace") == "Foreman"
    ]
    assert watched
    for metric in watched:
        assert declared[metric["metricName"]] == set(metric["dimensions"]), metric["metricName"]
        assert metric["dimensions"]["stack"] == program.stack


def test_silence_is_a_bad_sign_of_what_is_called_by_a_schedule_only(program: Outcome) -> None:
    breaching = {alarm.name for alarm in alarms(program) if alarm.inputs["treatMissingData"] == "breaching"}
    assert breaching == {
        f"observability-{what}-silent" for what in ("digest", "finder", "metrics", "sweeper")
    }


def test_the_dashboard_shows_every_alarm_and_every_function(program: Outcome) -> None:
    body = json.loads(program.one("cloudwatch.Dashboard", "observability-dashboard").inputs["dashboardBody"])
    (shown,) = [widget["properties"]["alarms"] for widget in body["widgets"] if widget["type"] == "alarm"]
    assert len(shown) == len(set(shown)) == len(alarms(program))
    drawn = {
        line[3]
        for widget in body["widgets"]
        for line in widget["properties"].get("metrics", [])
        if line[:2] == ["AWS/Lambda", "Errors"]
    }
    assert drawn == {function.inputs["name"] for function in program.of("lambda.Function")}


def lines_drawn(program: Outcome) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, metric and dimensions of every line of the dashboard."""
    body = json.loads(program.one("cloudwatch.Dashboard", "observability-dashboard").inputs["dashboardBody"])
    for widget in body["widgets"]:
        for namespace, metric, *pairs, _ in widget["properties"].get("metrics", []):
            yield namespace, metric, dict(zip(pairs[::2], pairs[1::2], strict=True))


def test_the_dashboard_draws_whatever_an_alarm_watches(program: Outcome) -> None:
    """But for what is counted by operation or for the whole account, and for all rows, which are a sum."""
    elsewhere = {"NumberOfNotificationsFailed", "RowsRead", "SystemErrors", "WriteThrottleEvents"}
    drawn = list(lines_drawn(program))
    for alarm in alarms(program):
        single = [alarm.inputs] if "metricName" in alarm.inputs else []
        for watched in (*single, *(query["metric"] for query in queries(alarm) if "metric" in query)):
            line = (watched["namespace"], watched["metricName"], watched.get("dimensions", {}))
            if line[1] not in elsewhere and line[2]:
                assert line in drawn, (alarm.name, line)


def test_the_dashboard_draws_every_queue_and_every_service(program: Outcome) -> None:
    drawn = list(lines_drawn(program))
    queues = {line[2]["QueueName"] for line in drawn if line[0] == "AWS/SQS"}
    assert len(queues) == len(program.of("sqs.Queue"))
    services = {line[2]["ServiceName"] for line in drawn if line[1] == "RunningTaskCount"}
    assert len(services) == len(program.of("ecs.Service"))


def test_the_saved_queries_ask_the_logs_of_every_function_and_container(program: Outcome) -> None:
    groups = {f"/aws/lambda/{function.inputs['name']}" for function in program.of("lambda.Function")}
    groups |= {f"/foreman/{program.stack}/containers-{name}" for name in ("web", "worker")}
    assert groups <= {group.inputs["name"] for group in program.of("cloudwatch.LogGroup")}
    saved = program.of("cloudwatch.QueryDefinition")
    names = {f"foreman-{program.stack}/{name}" for name in QUERIES}
    assert {query.inputs["name"] for query in saved} == names
    assert all(set(query.inputs["logGroupNames"]) == groups for query in saved)


def by(metric: Metric) -> str:
    return ", ".join(f"`{key}`" for key in metric.by) or "—"


def test_the_guide_lists_every_metric_with_its_dimensions_and_meaning() -> None:
    rows = [
        f"| `{metric.name}` | {metric.unit.lower()} | {by(metric)} | {metric.meaning} |" for metric in METRICS
    ]
    assert [line for line in GUIDE.splitlines() if re.match(r"\| `[A-Z]", line)] == rows


def test_the_guide_lists_every_saved_query() -> None:
    assert set(re.findall(r"^\| `([a-z-]+)` \|", GUIDE, flags=re.MULTILINE)) == set(QUERIES)
