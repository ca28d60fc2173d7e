"""An alarm that speaks on the stack's topic, when it rises and when it is over.

Its description names its section of the runbook, whose heading is the alarm's own name.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import pulumi
import pulumi_aws as aws
from attrs import frozen

RUNBOOK: Final = "docs/operations.md"

Dimensions = Mapping[str, pulumi.Input[str]]


@frozen(kw_only=True)
class AlarmArgs:
    """What is watched; the alarm rises when the metric is above the threshold, or not `above` it, throughout
    `periods` of so many minutes. A metric without data is a good sign unless `silence` is a bad one.
    """

    meaning: str
    namespace: str
    metric: str
    dimensions: Dimensions
    statistic: Literal["Sum", "Maximum", "SampleCount", "p95"] = "Sum"
    threshold: float = 0
    above: bool = True
    minutes: int = 1
    periods: int = 1
    silence: Literal["good", "bad"] = "good"


@frozen(kw_only=True)
class MathAlarmArgs:
    """The same for an `expression` over the sums of several metrics of one namespace: id -> (metric,
    dimensions). https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """

    meaning: str
    namespace: str
    expression: str
    terms: Mapping[str, tuple[str, Dimensions]]
    threshold: int = 0
    minutes: int = 1
    periods: int = 1


def raise_alarm(
    name: str, args: AlarmArgs, *, topic_arn: pulumi.Input[str], parent: pulumi.Resource
) -> aws.cloudwatch.MetricAlarm:
    """Make the alarm."""
    percentile = args.statistic.startswith("p")
    return _alarm(
        name,
        args.meaning,
        topic_arn,
        parent,
        namespace=args.namespace,
        metric_name=args.metric,
        dimensions=args.dimensions,
        statistic=None if percentile else args.statistic,
        extended_statistic=args.statistic if percentile else None,
        period=args.minutes * 60,
        evaluation_periods=args.periods,
        comparison_operator="GreaterThanThreshold" if args.above else "LessThanOrEqualToThreshold",
        threshold=args.threshold,
        treat_missing_data="breaching" if args.silence == "bad" else "notBreaching",
    )


def raise_math_alarm(
    name: str, args: MathAlarmArgs, *, topic_arn: pulumi.Input[str], parent: pulumi.Resource
) -> aws.cloudwatch.MetricAlarm:
    """Make the alarm."""
    terms: list[dict[str, Any]] = [
        {
            "id": term,
            "metric": {
                "namespace": args.namespace,
                "metric_name": metric,
                "dimensions": dimensions,
                "stat": "Sum",
                "period": args.minutes * 60,
            },
        }
        for term, (metric, dimensions) in args.terms.items()
    ]
    result = {"id": "result", "expression": args.expression, "label": args.meaning, "return_data": True}
    return _alarm(
        name,
        args.meaning,
        topic_arn,
        parent,
        metric_queries=[result, *terms],
        evaluation_periods=args.periods,
        comparison_operator="GreaterThanThreshold",
        threshold=args.threshold,
        treat_missing_data="notBreaching",
    )


def _alarm(
    name: str,
    meaning: str,
    topic_arn: pulumi.Input[str],
    parent: pulumi.Resource,
    **watched: Any,  # noqa: ANN401 - the resource's own arguments
) -> aws.cloudwatch.MetricAlarm:
    return aws.cloudwatch.MetricAlarm(
        name,
        alarm_description=f"{meaning} What to do: {RUNBOOK}#{name}",
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        opts=pulumi.ResourceOptions(parent=parent),
        **watched,
    )
