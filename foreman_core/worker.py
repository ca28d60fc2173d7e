"""A worker: takes one phase of one job at a time from a queue, does it, and tells the state machine.

Whatever happens to it, nothing is lost and nothing is done twice: what it has done is in the ledger. Its
message comes back when it is not heard of any more, and its lease keeps others away as long as it is.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, Protocol, Self

import cattrs
import orjson
import structlog
from attrs import define, field, frozen

from foreman_core.leases import Leases
from foreman_core.ledger import Ledger
from foreman_core.models import JobState
from foreman_core.pipeline.pausing import GoOn, Paused
from foreman_core.tasks import Tasks

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Phase = Literal["prepare", "load"]
Answer = Mapping[str, object]
LONGEST_POLL_S: Final = 20
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html"""
PAUSE_S: Final = 5
HIDDEN_LONGER_S: Final = 15
STOP: Final = {"next": "stop"}


@frozen(kw_only=True)
class Work:
    """What a message asks for: one phase of an attempt at a job, to be answered with the token."""

    job_id: str
    attempt: int
    phase: Phase
    token: str


class Do(Protocol):
    """Does a phase, and gives the answer for the state machine; Paused when `go_on` said so."""

    def __call__(self, work: Work, go_on: GoOn, /) -> Answer:
        """Do what the message asks for."""
        ...


class Protection(Protocol):
    """Keeps a worker that is at work from being chosen when there are to be fewer."""

    def protect(self, *, busy: bool) -> None:
        """Say whether this worker is at work."""
        ...


@define(eq=False)
class Worker:
    """One worker. `beat_every` is how often it says that it is at work, a third of its lease at most; `alive`
    is called whenever it has shown that it lives.
    """

    sqs: "SQSClient"
    queue_url: str
    ledger: Ledger
    leases: Leases
    tasks: Tasks
    do: Do
    protection: Protection
    lease: timedelta
    beat_every: timedelta
    alive: Callable[[], None]
    stopping: threading.Event = field(factory=threading.Event)
    _telling: threading.Lock = field(factory=threading.Lock)
    """What is handed back stays so: no heartbeat comes in between, or after it."""
    _under_way: tuple[Work, str] | None = None
    """What this worker is at, with its message's receipt; None also when that is handed back."""

    def run(self) -> None:
        """Take work until `stop`. What goes wrong around it is logged, and the message comes back by
        itself.
        """
        while not self.stopping.is_set():
            self.alive()
            try:
                self.take_one(wait_s=LONGEST_POLL_S)
            except Exception:  # noqa: BLE001 - a queue or a table that does not answer may do so again
                structlog.get_logger().exception("taking_failed")
                self.stopping.wait(PAUSE_S)

    def take_one(self, *, wait_s: int) -> bool:
        """Take one message, and do what it asks for; False when there was none within `wait_s` seconds."""
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=wait_s,
            VisibilityTimeout=self._hidden_s,
        )
        for message in answer.get("Messages", []):
            receipt = message.get("ReceiptHandle", "")
            if self.stopping.is_set():
                self._show_again(receipt, 0)
            else:
                self._take(message.get("Body", ""), receipt)
        return bool(answer.get("Messages"))

    def stop(self) -> None:
        """Begin nothing more; what is under way goes on up to its next chunk."""
        self.stopping.set()

    def hand_back(self) -> None:
        """Give what is under way to another worker at once, wherever it is. Unless it stands still, the
        process must end after that.
        """
        with self._telling:
            under_way, self._under_way = self._under_way, None
            if under_way is None:
                return
            work, receipt = under_way
            # one that is another worker's by now stays so
            if self.leases.take(work.job_id):
                # first the lease: whoever sees the message while that is held hides it for as long again
                self.leases.give_back(work.job_id)
                self._show_again(receipt, 0)

    @property
    def _hidden_s(self) -> int:
        """Seconds that a message is hidden: when it is seen again, the lease of who had it is over."""
        return int(self.lease.total_seconds()) + HIDDEN_LONGER_S

    def _take(self, body: str, receipt: str) -> None:
        try:
            work = cattrs.structure(orjson.loads(body), Work)
        except (ValueError, KeyError, cattrs.BaseValidationError):  # it goes to the dead letters by itself
            structlog.get_logger().exception("work_unreadable")
            return
        log = structlog.get_logger().bind(job_id=work.job_id, attempt=work.attempt, phase=work.phase)
        job = self.ledger.find(work.job_id)
        if job is None or job.is_stale(work.attempt):
            log.info("work_superseded")
            self.tasks.succeed(work.token, STOP)  # whoever waits for it still need not wait longer
            self._forget(receipt)
            return
        if not self.leases.take(work.job_id):
            # it came twice, or the worker that has an older message of this job has yet to find out
            log.info("work_waits")
            return
        if not self.tasks.beat(work.token):  # its time was over, and another message takes its place
            log.info("work_superseded")
            self.leases.give_back(work.job_id)
            self._forget(receipt)
            return
        log.info("work_taken")
        self._under_way = (work, receipt)
        self.protection.protect(busy=True)
        try:
            self._work(work, receipt, log)
        finally:
            self._under_way = None
            self.protection.protect(busy=False)

    def _work(self, work: Work, receipt: str, log: structlog.stdlib.BoundLogger) -> None:
        """Do it, let go of the job, tell what came of it, and only then forget the message."""
        beats, began = Beats(self, work, receipt), time.monotonic()
        try:
            with beats:
                answer = self.do(work, lambda: not self.stopping.is_set() and not beats.lost.is_set())
        except Exception as error:
            if isinstance(error, Paused) or beats.lost.is_set():
                # who takes the message next will see what is left of it, and whether anybody waits
                log.info("work_lost" if beats.lost.is_set() else "work_handed_back")
                self.hand_back()
                return
            log.exception("work_failed", seconds=_since(began))
            self.leases.give_back(work.job_id)
            self.tasks.fail(work.token, type(error).__name__)
        else:
            self.leases.give_back(work.job_id)
            log.info("work_done", seconds=_since(began), told=self.tasks.succeed(work.token, answer))
        self._forget(receipt)

    def beat(self, work: Work, receipt: str) -> bool:
        """Say that this work goes on: in the ledger, to the state machine, to the queue. False when it has
        become another worker's, nobody waits for it any more, or its job was cancelled.
        """
        self.alive()
        with self._telling:
            if self._under_way is None or not self.leases.take(work.job_id):
                return False
            if not self.tasks.beat(work.token):
                return False
            job = self.ledger.find(work.job_id)
            if job is None or job.is_stale(work.attempt) or job.state is JobState.CANCELLED:
                return False
            self._show_again(receipt, self._hidden_s)
            return True

    def _forget(self, receipt: str) -> None:
        self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=receipt)

    def _show_again(self, receipt: str, after_s: int) -> None:
        self.sqs.change_message_visibility(
            QueueUrl=self.queue_url, ReceiptHandle=receipt, VisibilityTimeout=after_s
        )


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)


class Beats:
    """Heartbeats beside the work, from its beginning to its end. `lost` is set when it is not to go on."""

    def __init__(self, worker: Worker, work: Work, receipt: str) -> None:
        self.lost = threading.Event()
        self._over = threading.Event()
        self._worker = worker
        self._work = work
        self._receipt = receipt
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        every = self._worker.beat_every.total_seconds()
        while not self._over.wait(every):
            try:
                goes_on = self._worker.beat(self._work, self._receipt)
            except Exception:  # noqa: BLE001 - the next one may come through: there is time for two more
                structlog.get_logger().exception("heartbeat_failed", job_id=self._work.job_id)
                continue
            if not goes_on:
                self.lost.set()
                return
