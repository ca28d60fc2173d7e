"""Logs and alarms."""

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
    dimensions = given.block("dimensions")
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=physical,
        AlarmDescription=given.get("alarmDescription") or "",
        Namespace=given["namespace"],
        MetricName=given["metricName"],
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Statistic=given["statistic"],
        Period=int(given["period"]),
        EvaluationPeriods=int(given["evaluationPeriods"]),
        Threshold=float(given["threshold"]),
        ComparisonOperator=given["comparisonOperator"],
        TreatMissingData=given.get("treatMissingData") or "missing",
        AlarmActions=given.get("alarmActions") or [],
        OKActions=given.get("okActions") or [],
    )
    arn = f"arn:aws:cloudwatch:{aws.region}:{aws.account}:alarm:{physical}"
    return Created(physical, {"arn": arn, "name": physical}, "metadata", "the emulator feeds it no metrics")
