"""The container for the largest files: `python -m handlers.worker`."""

import os
import signal
import sys
import threading
import time
import uuid
from datetime import timedelta
from types import FrameType
from typing import Final

import requests
import structlog
from attrs import frozen

from foreman_core.api import Api
from foreman_core.leases import Leases
from foreman_core.ledger import Ledger
from foreman_core.pipeline.approval import Approval
from foreman_core.pipeline.comparing import Comparison
from foreman_core.pipeline.pausing import GoOn
from foreman_core.pipeline.plan import PLAN_CHUNKS
from foreman_core.pipeline.ways import gate
from foreman_core.pipeline.whole import Preparing, Writing, load, prepare
from foreman_core.records import Records
from foreman_core.remembered import Mappings
from foreman_core.signing import KmsSigner
from foreman_core.storage import Files, job_key
from foreman_core.tasks import Tasks
from foreman_core.worker import Answer, Work, Worker
from handlers import _alive, _clients, _logging, _settings
from handlers._schemas import schema_of
from handlers._ways import WaySettings

BEATS_IN_A_LEASE: Final = 4
"""One may be late, and one may get lost."""

PROTECTED_MINUTES: Final = 2880
"""The longest that ECS protects a task for, two days; when the work is done, it is over at once:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html"""


@frozen
class Settings(WaySettings):
    """The container's environment. `stop_s` is how long after SIGTERM it hands back what it has not
    finished.
    """

    ledger_table: str
    intake_bucket: str
    records_table: str
    graphql_url: str
    receipt_key: str
    chunk_rows: int
    approval: Approval
    work_queue_url: str
    worker_threads: int
    lease_s: int
    stop_s: int


@frozen
class Phases:
    """The two phases of a job, over the steps that functions have too."""

    settings: Settings
    preparing: Preparing
    writing: Writing

    def __call__(self, work: Work, go_on: GoOn) -> Answer:
        """Do what the message asks for."""
        if work.phase == "load":
            job = load(self.writing, work.job_id, attempt=work.attempt, go_on=go_on)
            return {"job_id": job.id, "state": job.state.value}
        job = prepare(self.preparing, work.job_id, attempt=work.attempt, go_on=go_on)
        return {
            "job_id": job.id,
            "next": gate(job, self.settings.ways(), attempt=work.attempt),
            "plan_key": job_key(job.id, PLAN_CHUNKS),
        }


class TaskProtection:
    """ECS's own endpoint, where there is one: a task at work is not the one that scaling in ends."""

    def protect(self, *, busy: bool) -> None:
        """Say it to ECS. When that fails, the work is done all the same, by another worker if it has to
        be.
        """
        agent = os.environ.get("ECS_AGENT_URI")
        if agent is None:
            return
        wanted = {"ProtectionEnabled": busy, **({"ExpiresInMinutes": PROTECTED_MINUTES} if busy else {})}
        try:
            requests.put(f"{agent}/task-protection/v1/state", json=wanted, timeout=5).raise_for_status()
        except requests.RequestException:
            structlog.get_logger().exception("protection_failed")


def phases(settings: Settings) -> Phases:
    """The phases with the clients of this process."""
    comparison = Comparison(
        ledger=Ledger(_clients.dynamodb(), settings.ledger_table),
        files=Files(_clients.s3(), settings.intake_bucket),
        schemas=schema_of,
        table=lambda record_type: Records(_clients.dynamodb(), settings.records_table, record_type),
    )
    preparing = Preparing(
        comparison=comparison,
        recalls=lambda record_type: Mappings(_clients.dynamodb(), settings.ledger_table, record_type).recall,
        chunk_rows=settings.chunk_rows,
        approval=settings.approval,
        threads=settings.worker_threads,
    )
    writing = Writing(
        comparison=comparison,
        api=Api(settings.graphql_url, _clients.appsync_auth()),
        signer=KmsSigner(_clients.kms(), settings.receipt_key),
        threads=settings.worker_threads,
    )
    return Phases(settings, preparing, writing)


def make(settings: Settings) -> Worker:
    """The worker of this process, under a name of its own."""
    lease = timedelta(seconds=settings.lease_s)
    ledger = Ledger(_clients.dynamodb(), settings.ledger_table)
    leases = Leases(_clients.dynamodb(), settings.ledger_table, worker=uuid.uuid4().hex, length=lease)
    return Worker(
        sqs=_clients.sqs(),
        queue_url=settings.work_queue_url,
        ledger=ledger,
        leases=leases,
        tasks=Tasks(_clients.states()),
        do=phases(settings),
        protection=TaskProtection(),
        lease=lease,
        beat_every=lease / BEATS_IN_A_LEASE,
        alive=_alive.show,
    )


def end_in_time(worker: Worker, stop_s: int) -> None:
    """Stop after the chunks under way; what takes longer than `stop_s` is handed back, and the process
    ends.
    """
    worker.stop()

    def at_the_latest() -> None:
        time.sleep(stop_s)
        structlog.get_logger().info("work_cut_off")
        try:
            worker.hand_back()
        finally:
            os._exit(0)

    threading.Thread(target=at_the_latest, daemon=True).start()


def main() -> int:
    """Work until SIGTERM; the process's exit code."""
    _logging.configure("worker")
    settings = _settings.load(Settings)
    worker = make(settings)

    def stop(_number: int, _frame: FrameType | None) -> None:
        end_in_time(worker, settings.stop_s)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    structlog.get_logger().info("worker_ready")
    worker.run()
    structlog.get_logger().info("worker_ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
