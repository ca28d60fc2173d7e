"""What finds lost files: a function that compares the bucket with the ledger, and the schedule that calls
it.
"""

from typing import Final

import pulumi

from components._function import Function, FunctionArgs
from components._iam import GET, PUT, Statement
from components._schedule import Call, call_regularly
from components._steps import StepArgs, use_ledger
from components._sweeper import start_jobs

FIND_MINUTES: Final = 15
"""A file whose event was lost has its job after so many minutes, and the ten that an event may take."""

ONE_PROCESSOR_MB: Final = 1_769
"""So much memory comes with a whole processor: a page of 1,000 versions takes one for 40 ms.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""


def make_finder(name: str, args: StepArgs, *, parent: pulumi.Resource) -> Function:
    """Make the function and its schedule."""
    function = Function(
        f"{name}-find_lost",
        FunctionArgs(
            runtime=args.runtime,
            role="find_lost",
            memory_mb=ONE_PROCESSOR_MB,
            timeout_s=FIND_MINUTES * 60 - 10,
            environment={
                "LEDGER_TABLE": args.ledger_table,
                "INTAKE_BUCKET": args.bucket,
                "STATE_MACHINE_ARN": args.state_machine_arn,
                "RECORD_TYPE": args.record_schema.name,
            },
            permissions=[
                *use_ledger(args, GET, "dynamodb:BatchGetItem", PUT),
                Statement(
                    sid="ListFiles",
                    actions=["s3:ListBucketVersions"],
                    resources=[args.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": "incoming/*"}},
                ),
                *start_jobs(args),
            ],
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    call_regularly(
        f"{name}-find_lost",
        function,
        {
            f"{name}-find_lost-schedule": Call(
                when=f"rate({FIND_MINUTES} minutes)",
                what_for="Makes the jobs of files whose events were lost",
            )
        },
        runtime=args.runtime,
        parent=parent,
    )
    return function
