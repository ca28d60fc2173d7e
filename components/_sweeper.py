"""What watches over the jobs: a function that is called every few minutes, and the schedule that calls it."""

from collections.abc import Sequence
from typing import Final

import pulumi

from components._function import Function, FunctionArgs
from components._iam import GET, PUT, QUERY, UPDATE, Statement
from components._ledger import JOBS_AT_WORK
from components._schedule import Call, call_regularly
from components._steps import StepArgs, answer_tasks, seal_answers, send_notices, use_ledger, write_job_files

SWEEP_MINUTES: Final = 5
"""A job that stands still is found after so many minutes, and the two of its lease."""


def make_sweeper(name: str, args: StepArgs, *, parent: pulumi.Resource) -> None:
    """Make the function that starts jobs again which stand still, and its schedule."""
    function = _function(name, args, pulumi.ResourceOptions(parent=parent))
    call_regularly(
        f"{name}-sweep",
        function,
        {
            f"{name}-sweep-schedule": Call(
                when=f"rate({SWEEP_MINUTES} minutes)", what_for="Starts jobs again that stand still"
            )
        },
        runtime=args.runtime,
        parent=parent,
    )


def start_jobs(args: StepArgs) -> Sequence[Statement]:
    """Start executions, see whether one is under way, and let one that was stopped go on."""
    executions = pulumi.Output.from_input(args.state_machine_arn).apply(
        lambda arn: arn.replace(":stateMachine:", ":execution:") + ":*"
    )
    return [
        Statement(sid="StartJobs", actions=["states:StartExecution"], resources=[args.state_machine_arn]),
        Statement(
            sid="SeeJobs",
            actions=["states:DescribeExecution", "states:RedriveExecution"],
            resources=[executions],
        ),
        seal_answers(args),
    ]


def _function(name: str, steps: StepArgs, child: pulumi.ResourceOptions) -> Function:
    index = pulumi.Output.concat(steps.ledger_table_arn, f"/index/{JOBS_AT_WORK}")
    return Function(
        f"{name}-sweep",
        FunctionArgs(
            runtime=steps.runtime,
            role="sweep",
            memory_mb=512,
            timeout_s=SWEEP_MINUTES * 60 - 10,
            environment={
                "LEDGER_TABLE": steps.ledger_table,
                "INTAKE_BUCKET": steps.bucket,
                "STATE_MACHINE_ARN": steps.state_machine_arn,
                "TOPIC_ARN": steps.topic_arn,
            },
            permissions=[
                *use_ledger(steps, GET, PUT, QUERY, UPDATE),
                Statement(sid="ListJobsAtWork", actions=[QUERY], resources=[index]),
                *write_job_files(steps),
                *start_jobs(steps),
                answer_tasks("states:SendTaskSuccess"),
                *send_notices(steps),
            ],
        ),
        opts=child,
    )
