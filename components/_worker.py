"""The worker: its command, what it is told, and what it may do. Nothing here makes a resource."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi

from components._iam import OPEN, Statement, key_through
from components._steps import StepArgs, steps
from components._work_queue import WorkQueue

COMMAND: Final = ("python", "-m", "handlers.worker")
HEALTH: Final = (*COMMAND, "--healthy")
STEPS: Final = ("validate", "undo", "plan", "seal", "mutate", "reconcile")
"""Whose work it does, and whose environment and permissions it has."""
STOP_S: Final = 120
"""The most that Fargate waits, and all the notice that Spot gives:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html"""


def environment(of: StepArgs, queue: WorkQueue) -> Mapping[str, pulumi.Input[str]]:
    """Give what the worker reads from its environment, beside what every container is told."""
    by_role = steps(of)
    of_steps = [pair for role in STEPS for pair in by_role[role].environment.items()]
    return {"LEDGER_TABLE": of.ledger_table, **dict(of_steps), "WORK_QUEUE_URL": queue.url}


def permissions(
    of: StepArgs, queue: WorkQueue, *, state_machine_arn: pulumi.Input[str]
) -> Sequence[Statement]:
    """Give what the worker may do: what the steps may, take work, and say what became of it."""
    by_role = steps(of)
    return [
        *(statement for role in STEPS for statement in by_role[role].permissions),
        Statement(
            sid="TakeWork",
            actions=["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"],
            resources=[queue.arn],
        ),
        key_through("OpenWork", of.runtime.key_arn, "sqs", of.runtime.region, OPEN),
        Statement(
            sid="TellWhatBecameOfIt",
            actions=["states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"],
            resources=[state_machine_arn],
        ),
    ]
