"""Logs and alarms."""

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
        **(_one_metric(given) if given.get("metricName") else {"Metrics": _queries(given)}),
        EvaluationPeriods=int(given["evaluationPeriods"]),
        Threshold=float(given["threshold"]),
        ComparisonOperator=given["comparisonOperator"],
        TreatMissingData=given.get("treatMissingData") or "missing",
        AlarmActions=given.get("alarmActions") or [],
        OKActions=given.get("okActions") or [],
    )
    arn = f"arn:aws:cloudwatch:{aws.region}:{aws.account}:alarm:{physical}"
    return Created(physical, {"arn": arn, "name": physical}, "metadata", "the emulator feeds it no metrics")


def _one_metric(given: Inputs) -> dict[str, Any]:
    return {
        "Namespace": given["namespace"],
        "MetricName": given["metricName"],
        "Dimensions": _dimensions(given.block("dimensions")),
        "Statistic": given["statistic"],
        "Period": int(given["period"]),
    }


def _queries(given: Inputs) -> list[dict[str, Any]]:
    """Several metrics, and what is made of them."""
    return [
        {
            "Id": query["id"],
            **(
                {"Expression": query["expression"], "ReturnData": True}
                if query.get("expression")
                else {"MetricStat": _stat(query["metric"]), "ReturnData": False}
            ),
        }
        for query in given.blocks("metricQueries")
    ]


def _stat(metric: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Metric": {
            "Namespace": metric["namespace"],
            "MetricName": metric["metricName"],
            "Dimensions": _dimensions(metric["dimensions"]),
        },
        "Period": int(metric["period"]),
        "Stat": metric["stat"],
    }


def _dimensions(of: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in of.items()]
