"""Logs, alarms, dashboards and saved queries."""

from collections.abc import Mapping
from typing import Any

from local.aws import Aws, autoname
from local.resources.created import Created, Inputs


def log_group(aws: Aws, name: str, given: Inputs) -> Created:
    """A log group."""
    logs = aws.client("logs")
    physical = given.get("name") or autoname(name)
    logs.create_log_group(
        logGroupName=physical, **({"kmsKeyId": given["kmsKeyId"]} if given.get("kmsKeyId") else {})
    )
    if given.get("retentionInDays"):
        logs.put_retention_policy(logGroupName=physical, retentionInDays=int(given["retentionInDays"]))
    arn = f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{physical}"
    return Created(physical, {"arn": arn, "name": physical})


def metric_alarm(aws: Aws, name: str, given: Inputs) -> Created:
    """An alarm."""
    physical = given.get("name") or autoname(name)
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=physical,
        AlarmDescription=given.get("alarmDescription") or "",
        EvaluationPeriods=int(given["evaluationPeriods"]),
        Threshold=float(given["threshold"]),
        ComparisonOperator=given["comparisonOperator"],
        TreatMissingData=given.get("treatMissingData") or "missing",
        AlarmActions=given.get("alarmActions") or [],
        OKActions=given.get("okActions") or [],
        **(_watched(given) if given.get("metricName") else {"Metrics": _queries(given)}),
    )
    arn = f"arn:aws:cloudwatch:{aws.region}:{aws.account}:alarm:{physical}"
    return Created(physical, {"arn": arn, "name": physical}, "metadata", "the emulator feeds it no metrics")


def _watched(given: Inputs) -> dict[str, Any]:
    """The one metric of an alarm."""
    statistics = {"Statistic": given.get("statistic"), "ExtendedStatistic": given.get("extendedStatistic")}
    return {
        "Namespace": given["namespace"],
        "MetricName": given["metricName"],
        "Dimensions": _dimensions(given.block("dimensions")),
        "Period": int(given["period"]),
        **{name: value for name, value in statistics.items() if value},
    }


def _queries(given: Inputs) -> list[dict[str, Any]]:
    """The metrics of an alarm, and the expression over them that it watches."""
    return [
        {
            "Id": query["id"],
            "ReturnData": bool(query.get("returnData")),
            **({"Label": query["label"]} if query.get("label") else {}),
            **(
                {"Expression": query["expression"]}
                if query.get("expression")
                else {"MetricStat": _statistic(query["metric"])}
            ),
        }
        for query in given.blocks("metricQueries")
    ]


def _statistic(metric: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Metric": {
            "Namespace": metric["namespace"],
            "MetricName": metric["metricName"],
            "Dimensions": _dimensions(metric["dimensions"]),
        },
        "Period": int(metric["period"]),
        "Stat": metric["stat"],
    }


def _dimensions(named: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": key, "Value": value} for key, value in named.items()]


def dashboard(aws: Aws, _name: str, given: Inputs) -> Created:
    """A dashboard."""
    physical = given["dashboardName"]
    aws.client("cloudwatch").put_dashboard(DashboardName=physical, DashboardBody=given["dashboardBody"])
    arn = f"arn:aws:cloudwatch::{aws.account}:dashboard/{physical}"
    return Created(physical, {"dashboardArn": arn}, "metadata", "stored; the emulator draws none")


def query_definition(_aws: Aws, _name: str, given: Inputs) -> Created:
    """A saved query."""
    return Created(given["name"], {}, "metadata", "the emulator saves no queries: see ./foreman logs")
