"""How many tasks there are: of the web service by its load, of the worker by what waits for it."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

CPU_PERCENT: Final = 60
REQUESTS_PER_TASK: Final = 1000
"""In a minute."""
IDLE_MINUTES: Final = 5
COOLDOWN_S: Final = 60
_DIMENSION: Final = "ecs:service:DesiredCount"

Metric = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs
Tracking = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs
StepScaling = aws.appautoscaling.PolicyStepScalingPolicyConfigurationArgs
Adjustment = aws.appautoscaling.PolicyStepScalingPolicyConfigurationStepAdjustmentArgs
Step = Mapping[str, int]


@frozen(kw_only=True)
class ScaledService:
    """A service as Application Auto Scaling names it, and the bounds of its number of tasks."""

    cluster: pulumi.Input[str]
    service: pulumi.Input[str]
    least: int
    most: int


def scale_by_load(
    name: str, of: ScaledService, *, scaling_label: pulumi.Input[str], parent: pulumi.Resource
) -> None:
    """Follow processor time, and requests for each task; the one that wants more tasks decides."""
    target = _target(name, of, parent)
    metrics = {
        "cpu": (CPU_PERCENT, Metric(predefined_metric_type="ECSServiceAverageCPUUtilization")),
        "requests": (
            REQUESTS_PER_TASK,
            Metric(predefined_metric_type="ALBRequestCountPerTarget", resource_label=scaling_label),
        ),
    }
    for what, (value, metric) in metrics.items():
        configuration = Tracking(
            target_value=value,
            predefined_metric_specification=metric,
            scale_out_cooldown=COOLDOWN_S,
            scale_in_cooldown=5 * COOLDOWN_S,
        )
        aws.appautoscaling.Policy(
            f"{name}-by-{what}",
            policy_type="TargetTrackingScaling",
            resource_id=target.resource_id,
            scalable_dimension=target.scalable_dimension,
            service_namespace=target.service_namespace,
            target_tracking_scaling_policy_configuration=configuration,
            opts=pulumi.ResourceOptions(parent=parent),
        )


def scale_by_backlog(
    name: str, of: ScaledService, *, queue_name: pulumi.Input[str], parent: pulumi.Resource
) -> None:
    """Follow the messages that wait or are worked on, from no task at all and back to none.

    A target that is tracked divides by the number of tasks, and so cannot leave zero; steps can:
    https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
    """
    target = _target(name, of, parent)
    out = _steps(f"{name}-by-backlog", target, backlog_steps(of.most), parent)
    _watch(
        f"{name}-backlog",
        queue_name,
        meaning="Work waits for the worker, or is worked on; the worker is scaled by this.",
        comparison="GreaterThanOrEqualToThreshold",
        minutes=1,
        missing="notBreaching",
        policy=out,
        parent=parent,
    )
    none = _steps(
        f"{name}-to-zero", target, [{"metric_interval_upper_bound": 0, "scaling_adjustment": 0}], parent
    )
    _watch(
        f"{name}-idle",
        queue_name,
        meaning="No work waits for the worker, and none is worked on; the worker is ended by this.",
        comparison="LessThanThreshold",
        minutes=IDLE_MINUTES,
        # a queue that nobody has used for hours has no metrics
        missing="ignore",
        policy=none,
        parent=parent,
    )


def backlog_steps(most: int) -> Sequence[Step]:
    """Give the number of tasks for each number of messages: the power of two below it, `most` at most.

    Bounds are counted from the alarm's threshold, which is one message.
    """
    steps: list[dict[str, int]] = []
    messages = 1
    while messages < most:
        steps.append(
            {
                "metric_interval_lower_bound": messages - 1,
                "metric_interval_upper_bound": 2 * messages - 1,
                "scaling_adjustment": messages,
            }
        )
        messages *= 2
    return [*steps, {"metric_interval_lower_bound": messages - 1, "scaling_adjustment": most}]


def _target(name: str, of: ScaledService, parent: pulumi.Resource) -> aws.appautoscaling.Target:
    return aws.appautoscaling.Target(
        f"{name}-scaling",
        service_namespace="ecs",
        scalable_dimension=_DIMENSION,
        resource_id=pulumi.Output.concat("service/", of.cluster, "/", of.service),
        min_capacity=of.least,
        max_capacity=of.most,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _steps(
    name: str, target: aws.appautoscaling.Target, steps: Sequence[Step], parent: pulumi.Resource
) -> aws.appautoscaling.Policy:
    configuration = StepScaling(
        adjustment_type="ExactCapacity",
        metric_aggregation_type="Maximum",
        cooldown=COOLDOWN_S,
        step_adjustments=[
            Adjustment(
                scaling_adjustment=step["scaling_adjustment"],
                **{bound: str(value) for bound, value in step.items() if bound != "scaling_adjustment"},
            )
            for step in steps
        ],
    )
    return aws.appautoscaling.Policy(
        name,
        policy_type="StepScaling",
        resource_id=target.resource_id,
        scalable_dimension=target.scalable_dimension,
        service_namespace=target.service_namespace,
        step_scaling_policy_configuration=configuration,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _watch(
    name: str,
    queue_name: pulumi.Input[str],
    *,
    meaning: str,
    comparison: str,
    minutes: int,
    missing: str,
    policy: aws.appautoscaling.Policy,
    parent: pulumi.Resource,
) -> None:
    """Watch the messages of the queue, seen and hidden together: a task at work hides its message."""
    counts = {
        "waiting": "ApproximateNumberOfMessagesVisible",
        "taken": "ApproximateNumberOfMessagesNotVisible",
    }
    aws.cloudwatch.MetricAlarm(
        name,
        alarm_description=meaning,
        metric_queries=[
            {"id": "messages", "expression": " + ".join(counts), "label": "messages", "return_data": True},
            *(
                aws.cloudwatch.MetricAlarmMetricQueryArgs(
                    id=key,
                    metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                        namespace="AWS/SQS",
                        metric_name=metric,
                        dimensions={"QueueName": queue_name},
                        period=60,
                        stat="Maximum",
                    ),
                )
                for key, metric in counts.items()
            ),
        ],
        comparison_operator=comparison,
        threshold=1,
        evaluation_periods=minutes,
        datapoints_to_alarm=minutes,
        treat_missing_data=missing,
        alarm_actions=[policy.arn],
        opts=pulumi.ResourceOptions(parent=parent),
    )
