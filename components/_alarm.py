"""An alarm that speaks on the stack's topic, when it rises and when it is over."""

from collections.abc import Mapping
from typing import Literal

import pulumi
import pulumi_aws as aws
from attrs import frozen


@frozen(kw_only=True)
class AlarmArgs:
    """What is watched; the alarm rises in the first minute in which the metric is above the threshold."""

    meaning: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: Literal["Sum", "Maximum"] = "Sum"
    threshold: int = 0


def raise_alarm(
    name: str, args: AlarmArgs, *, topic_arn: pulumi.Input[str], parent: pulumi.Resource
) -> aws.cloudwatch.MetricAlarm:
    """Make the alarm; a metric without data is a good sign."""
    return aws.cloudwatch.MetricAlarm(
        name,
        alarm_description=args.meaning,
        namespace=args.namespace,
        metric_name=args.metric,
        dimensions=args.dimensions,
        statistic=args.statistic,
        period=60,
        evaluation_periods=1,
        comparison_operator="GreaterThanThreshold",
        threshold=args.threshold,
        treat_missing_data="notBreaching",
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        opts=pulumi.ResourceOptions(parent=parent),
    )
