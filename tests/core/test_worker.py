"""A worker, and what it does when its queue, its ledger or whoever waits for it do not as they should."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from attrs import define, field

from foreman_core.errors import Unavailable
from foreman_core.models import Job, JobState
from foreman_core.pipeline.pausing import GoOn, Paused
from foreman_core.worker import HIDDEN_LONGER_S, STOP, Answer, Work, Worker
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
    """One lease: `free` says whether it can be had."""

    free: bool = True
    held: bool = False

    def take(self, _job_id: str) -> bool:
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


@pytest.fixture
def shop() -> Shop:
    made = Shop()
    made.queue.waiting = [orjson.dumps(WORK).decode()]
    return made


def receipt(shop: Shop) -> str:
    return f"r-{shop.queue.waiting[0]}"


def do_it(_work: Work, _go_on: GoOn) -> Answer:
    return DONE


def not_to_be_called(_work: Work, _go_on: GoOn) -> Answer:
    raise AssertionError("nothing was to be done")


def test_work_that_is_done_is_told_and_only_then_forgotten(shop: Shop) -> None:
    assert shop.worker(do_it).take_one(wait_s=0)
    assert shop.tasks.answers == [("succeeded", DONE)]
    assert shop.queue.deleted == [receipt(shop)]
    assert (shop.leases.held, shop.busy) == (False, [True, False])


def test_an_empty_queue_is_no_work() -> None:
    assert not Shop().worker(not_to_be_called).take_one(wait_s=0)


def test_work_that_breaks_is_told_by_the_errors_name(shop: Shop) -> None:
    def breaks(_work: Work, _go_on: GoOn) -> Answer:
        raise ValueError("grace.hopper@example.org")

    shop.worker(breaks).take_one(wait_s=0)
    assert shop.tasks.answers == [("failed", "ValueError")]
    assert (shop.queue.deleted, shop.leases.held) == ([receipt(shop)], False)


def test_a_message_whose_answer_was_not_heard_comes_again(shop: Shop) -> None:
    shop.tasks.failures = 1
    with pytest.raises(Unavailable):
        shop.worker(do_it).take_one(wait_s=0)
    assert (shop.queue.deleted, shop.leases.held, shop.busy[-1]) == ([], False, False)
    shop.worker(do_it).take_one(wait_s=0)
    assert (shop.tasks.answers, shop.queue.deleted) == ([("succeeded", DONE)], [receipt(shop)])


def test_a_message_that_cannot_be_read_is_left_to_become_a_dead_letter(shop: Shop) -> None:
    shop.queue.waiting = ["nonsense", orjson.dumps({"job_id": "job-1"}).decode()]
    worker = shop.worker(not_to_be_called)
    for _ in range(2):
        worker.take_one(wait_s=0)
        shop.queue.waiting.pop(0)
    assert (shop.queue.deleted, shop.tasks.answers, shop.leases.held) == ([], [], False)


@pytest.mark.parametrize("job", [None, a_job(attempt=2)], ids=["no such job", "a later attempt"])
def test_work_of_an_earlier_attempt_is_dropped_and_whoever_waits_is_told(shop: Shop, job: Job | None) -> None:
    shop.ledger.job = job
    shop.worker(not_to_be_called).take_one(wait_s=0)
    assert (shop.tasks.answers, shop.queue.deleted) == ([("succeeded", STOP)], [receipt(shop)])


def test_a_job_that_another_worker_has_is_left_to_it(shop: Shop) -> None:
    shop.leases.free = False
    shop.worker(not_to_be_called).take_one(wait_s=0)
    assert (shop.queue.deleted, shop.queue.hidden, shop.tasks.answers) == ([], [], [])


def test_work_that_nobody_waits_for_is_dropped(shop: Shop) -> None:
    shop.tasks.waits = False
    shop.worker(not_to_be_called).take_one(wait_s=0)
    assert (shop.queue.deleted, shop.leases.held) == ([receipt(shop)], False)


def test_a_message_that_comes_often_is_done_once(shop: Shop) -> None:
    done = list[str]()

    def do(work: Work, _go_on: GoOn) -> Answer:
        done.append(work.token)
        shop.tasks.waits = False  # the state machine has its answer, and goes on
        return DONE

    worker = shop.worker(do)
    for _ in range(10):
        worker.take_one(wait_s=0)
    assert (done, shop.queue.deleted) == (["token-1"], [receipt(shop)] * 10)


def test_a_stop_hands_the_rest_back_at_once(shop: Shop) -> None:
    def paused(_work: Work, go_on: GoOn) -> Answer:
        worker.stop()
        assert not go_on()
        raise Paused("chunks are left")

    worker = shop.worker(paused)
    worker.run()  # which ends
    assert shop.queue.hidden == [(receipt(shop), 0)]
    assert (shop.queue.deleted, shop.tasks.answers, shop.leases.held) == ([], [], False)


def test_what_comes_while_it_is_to_stop_is_seen_again_at_once(shop: Shop) -> None:
    worker = shop.worker(not_to_be_called)
    worker.stop()
    worker.take_one(wait_s=0)
    assert (shop.queue.hidden, shop.queue.deleted) == ([(receipt(shop), 0)], [])


@pytest.mark.parametrize("lost", ["lease", "token", "job", "cancelled"])
def test_work_that_is_lost_stops_and_is_not_told_of(shop: Shop, lost: str) -> None:
    def do(_work: Work, go_on: GoOn) -> Answer:
        match lost:
            case "lease":
                shop.leases.free = False
            case "token":
                shop.tasks.waits = False
            case "job":
                shop.ledger.job = a_job(attempt=2)
            case _:
                shop.ledger.job = a_job(state=JobState.CANCELLED)
        for _ in range(500):
            if not go_on():
                raise Paused("chunks are left")
            threading.Event().wait(0.01)
        raise AssertionError("nothing was noticed")

    shop.worker(do, beat_every=0.01).take_one(wait_s=0)
    assert (shop.tasks.answers, shop.queue.deleted) == ([], [])
    # whoever has the lease by now keeps the message hidden
    assert ((receipt(shop), 0) in shop.queue.hidden) == (lost != "lease")


def test_a_beat_that_fails_is_followed_by_others(shop: Shop) -> None:
    class Shaky(Leases):
        failures = 2

        def take(self, job_id: str) -> bool:
            if self.held and self.failures:
                self.failures -= 1
                raise Unavailable("dynamodb", "the table did not answer")
            return super().take(job_id)

    def do(_work: Work, go_on: GoOn) -> Answer:
        beaten = threading.Event()
        while len(shop.queue.hidden) < 2:
            assert go_on()
            beaten.wait(0.01)
        return DONE

    shop.leases = Shaky()
    shop.worker(do, beat_every=0.01).take_one(wait_s=0)
    assert shop.tasks.answers == [("succeeded", DONE)]
    assert set(shop.queue.hidden) == {(receipt(shop), LEASE_S + HIDDEN_LONGER_S)}


def test_what_is_handed_back_in_the_midst_of_a_beat_stays_so(shop: Shop) -> None:
    """Otherwise the beat hid the message, and took the lease, for a process that ends at that moment."""
    in_beat, go = threading.Event(), threading.Event()

    class Slow(Tasks):
        def beat(self, token: str) -> bool:
            if self.beats:  # the first is the question whether anybody waits
                in_beat.set()
                go.wait(5)
            return super().beat(token)

    def do(_work: Work, go_on: GoOn) -> Answer:
        assert in_beat.wait(5)
        handing = threading.Thread(target=worker.hand_back)
        handing.start()
        handing.join(0.1)
        go.set()
        handing.join()
        while go_on():
            threading.Event().wait(0.01)
        assert shop.queue.hidden[-1] == (receipt(shop), 0)
        assert not shop.leases.held
        raise Paused("chunks are left")

    shop.tasks = Slow()
    worker = shop.worker(do, beat_every=0.01)
    worker.take_one(wait_s=0)
    assert shop.queue.hidden[-1] == (receipt(shop), 0)
    assert (shop.queue.deleted, shop.tasks.answers) == ([], [])
