"""The worker: its command, what it is told, and what it may do. Nothing here makes a resource."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi

from components._container_settings import WorkerSettings
from components._iam import OPEN, Statement, key_through
from components._steps import StepArgs, answer_tasks, seal_answers, steps
from components._work_queue import WorkQueue

COMMAND: Final = ("python", "-m", "handlers.worker")
SPARE_S: Final = 20
"""Before ECS kills it, the worker hands back what it has not finished."""
HEALTH: Final = ("python", "-m", "handlers._alive")
STEPS: Final = ("validate", "undo", "prepare", "seal", "mutate", "load", "reconcile")
"""Whose work it does, and whose environment and permissions it has."""
LEASE_S: Final = 240
"""What a worker leaves behind that is gone at once is taken up so much later; the queue hides it for as
long.
"""
STOP_S: Final = 120
"""The most that Fargate waits, and all the notice that Spot gives:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html"""


def environment(of: StepArgs, worker: WorkerSettings, queue: WorkQueue) -> Mapping[str, pulumi.Input[str]]:
    """Give what the worker reads from its environment, beside what every container is told."""
    by_role = steps(of)
    of_steps = [pair for role in STEPS for pair in by_role[role].environment.items()]
    return {
        "LEDGER_TABLE": of.ledger_table,
        **dict(of_steps),
        "LEASE_S": str(LEASE_S),
        "STOP_S": str(STOP_S - SPARE_S),
        "WORKER_THREADS": str(worker.threads),
        "WORK_QUEUE_URL": queue.url,
    }


def permissions(of: StepArgs, queue: WorkQueue, *, cluster: pulumi.Input[str]) -> Sequence[Statement]:
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
        answer_tasks("states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"),
        seal_answers(of),
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
        Statement(
            sid="StayWhileAtWork",
            actions=["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"],
            resources=[
                pulumi.Output.concat(
                    f"arn:aws:ecs:{of.runtime.region}:", of.runtime.account_id, ":task/", cluster, "/*"
                )
            ],
        ),
    ]
