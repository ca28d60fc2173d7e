"""A worker whose queue, ledger, leases and state machine are in this process."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from attrs import define, field

from foreman_core.errors import Unavailable
from foreman_core.models import Job
from foreman_core.pipeline.pausing import GoOn
from foreman_core.worker import HIDDEN_LONGER_S, Answer, Work, Worker
from tests.core.notices._given import a_job

LEASE_S = 60
DONE = {"next": "stop", "job_id": "job-1"}
WORK = {"job_id": "job-1", "attempt": 1, "phase": "load", "token": "token-1"}


@define
class Queue:
    """SQS with what waits; what was deleted, and for how long what was hidden, by receipts."""

    waiting: list[str] = field(factory=list[str])
    deleted: list[str] = field(factory=list[str])
    hidden: list[tuple[str, int]] = field(factory=list[tuple[str, int]])

    def receive_message(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3
        assert asked["MaxNumberOfMessages"] == 1
        assert asked["VisibilityTimeout"] == LEASE_S + HIDDEN_LONGER_S
        found = [{"ReceiptHandle": f"r-{body}", "Body": body} for body in self.waiting[:1]]
        return {"Messages": found} if found else {}

    def delete_message(self, **asked: str) -> None:
        self.deleted.append(asked["ReceiptHandle"])

    def change_message_visibility(self, **asked: Any) -> None:  # noqa: ANN401
        self.hidden.append((asked["ReceiptHandle"], asked["VisibilityTimeout"]))


@define
class Ledger:
    """One job."""

    job: Job | None = field(factory=a_job)

    def find(self, _job_id: str) -> Job | None:
        return self.job


@define
class Leases:
    """One lease: `free` says whether it can be had; the table does not answer while it is `broken`."""

    free: bool = True
    held: bool = False
    broken: bool = False

    def take(self, _job_id: str) -> bool:
        if self.broken:
            raise Unavailable("dynamodb", "the table did not answer")
        self.held = self.free
        return self.free

    def give_back(self, _job_id: str) -> None:
        self.held = False


@define
class Tasks:
    """What was answered. `waits` says whether anybody waits; the first `failures` calls break."""

    waits: bool = True
    failures: int = 0
    answers: list[tuple[str, object]] = field(factory=list[tuple[str, object]])
    beats: int = 0

    def succeed(self, _token: str, answer: Answer) -> bool:
        return self._hear(("succeeded", answer))

    def fail(self, _token: str, error: str) -> bool:
        return self._hear(("failed", error))

    def beat(self, _token: str) -> bool:
        self.beats += 1
        return self.waits

    def _hear(self, answer: tuple[str, object]) -> bool:
        if self.failures:
            self.failures -= 1
            raise Unavailable("states", "Step Functions did not answer")
        self.answers.append(answer)
        return self.waits


@define
class Shop:
    """A worker, and everything around it."""

    queue: Queue = field(factory=Queue)
    ledger: Ledger = field(factory=Ledger)
    leases: Leases = field(factory=Leases)
    tasks: Tasks = field(factory=Tasks)
    busy: list[bool] = field(factory=list[bool])

    def protect(self, *, busy: bool) -> None:
        self.busy.append(busy)

    def worker(self, do: Callable[[Work, GoOn], Answer], *, beat_every: float = LEASE_S) -> Worker:
        around: Any = self
        return Worker(
            sqs=around.queue,
            queue_url="queue",
            ledger=around.ledger,
            leases=around.leases,
            tasks=around.tasks,
            do=do,
            protection=self,
            lease=timedelta(seconds=LEASE_S),
            beat_every=timedelta(seconds=beat_every),
            alive=lambda: None,
        )


def a_shop() -> Shop:
    """With one message in the queue."""
    return Shop(queue=Queue(waiting=[orjson.dumps(WORK).decode()]))


def receipt(shop: Shop) -> str:
    """Of the message that waits."""
    return f"r-{shop.queue.waiting[0]}"
