"""A worker, and what it does when its queue, its ledger or whoever waits for it do not as they should."""

import threading
from typing import Any

import orjson
import pytest

from foreman_core.errors import Unavailable
from foreman_core.models import Job, JobState
from foreman_core.pipeline.pausing import GoOn, Paused
from foreman_core.worker import HIDDEN_LONGER_S, STOP, Answer, Do, Work
from tests.core._worker import DONE, LEASE_S, Leases, Queue, Shop, Tasks, a_shop, receipt
from tests.core.notices._given import a_job


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def do_it(_work: Work, _go_on: GoOn) -> Answer:
    return DONE


def not_to_be_called(_work: Work, _go_on: GoOn) -> Answer:
    raise AssertionError("nothing was to be done")


def until_lost(go_on: GoOn) -> Answer:
    for _ in range(500):
        if not go_on():
            raise Paused("chunks are left")
        threading.Event().wait(0.01)
    raise AssertionError("nothing was noticed")


def breaks(_work: Work, _go_on: GoOn) -> Answer:
    raise ValueError("grace.hopper@example.org")


def test_work_that_is_done_is_told_and_only_then_forgotten(shop: Shop) -> None:
    assert shop.worker(do_it).take_one(wait_s=0)
    assert shop.tasks.answers == [("succeeded", DONE)]
    assert shop.queue.deleted == [receipt(shop)]
    assert (shop.leases.held, shop.busy) == (False, [True, False])


def test_an_empty_queue_is_no_work() -> None:
    assert not Shop().worker(not_to_be_called).take_one(wait_s=0)


def test_work_that_breaks_is_told_by_the_errors_name(shop: Shop) -> None:
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


@pytest.mark.parametrize("do", [do_it, breaks])
def test_a_message_whose_answer_is_never_heard_is_never_forgotten(shop: Shop, do: Do) -> None:
    shop.tasks.failures = 10
    for _ in range(10):
        with pytest.raises(Unavailable):
            shop.worker(do).take_one(wait_s=0)
        assert (shop.leases.held, shop.busy[-1]) == (False, False)
    assert (shop.queue.deleted, shop.queue.hidden, shop.tasks.answers) == ([], [], [])


def test_a_worker_goes_on_after_what_broke_around_its_work(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def do(_work: Work, _go_on: GoOn) -> Answer:
        if not shop.tasks.failures:
            worker.stop()
        return DONE

    monkeypatch.setattr("foreman_core.worker.PAUSE_S", 0)
    shop.tasks.failures = 2
    worker = shop.worker(do)
    worker.run()
    assert (shop.tasks.answers, shop.queue.deleted) == ([("succeeded", DONE)], [receipt(shop)])


def test_a_message_that_cannot_be_read_is_left_to_become_a_dead_letter(shop: Shop) -> None:
    shop.queue.waiting = ["nonsense", orjson.dumps({"job_id": "job-1"}).decode()]
    worker = shop.worker(not_to_be_called)
    for _ in range(2):
        for _ in range(10):
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


@pytest.mark.parametrize("cut_off", [False, True], ids=["paused", "cut off"])
def test_whoever_sees_what_was_handed_back_can_take_it(shop: Shop, *, cut_off: bool) -> None:
    """With the lease still held he would leave it, hidden for as long as a lease."""

    class Watched(Queue):
        def change_message_visibility(self, **asked: Any) -> None:  # noqa: ANN401
            assert not shop.leases.held
            super().change_message_visibility(**asked)

    def do(_work: Work, _go_on: GoOn) -> Answer:
        if cut_off:
            worker.hand_back()
        raise Paused("chunks are left")

    shop.queue = Watched(shop.queue.waiting)
    worker = shop.worker(do)
    worker.take_one(wait_s=0)
    assert shop.queue.hidden == [(receipt(shop), 0)]  # once
    assert (shop.queue.deleted, shop.tasks.answers) == ([], [])


def test_nothing_is_handed_back_when_nothing_is_under_way(shop: Shop) -> None:
    worker = shop.worker(do_it)
    worker.hand_back()
    worker.take_one(wait_s=0)
    worker.hand_back()
    assert (shop.queue.hidden, shop.queue.deleted) == ([], [receipt(shop)])


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
        return until_lost(go_on)

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


def test_no_beat_comes_after_the_answer(shop: Shop) -> None:
    """Nor is the message hidden that is deleted by then."""
    in_beat = threading.Event()
    late = list[bool]()

    class Slow(Tasks):
        def beat(self, token: str) -> bool:
            if self.beats:  # the first is the question whether anybody waits
                in_beat.set()
                threading.Event().wait(0.1)
                late.append(bool(self.answers))
            return super().beat(token)

    def do(_work: Work, _go_on: GoOn) -> Answer:
        assert in_beat.wait(5)
        return DONE

    shop.tasks = Slow()
    shop.worker(do, beat_every=0.01).take_one(wait_s=0)
    told, hidden = shop.tasks.beats, len(shop.queue.hidden)
    threading.Event().wait(0.2)
    assert (late, shop.tasks.beats, len(shop.queue.hidden)) == ([False], told, hidden)


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
        return until_lost(go_on)

    shop.tasks = Slow()
    worker = shop.worker(do, beat_every=0.01)
    worker.take_one(wait_s=0)
    assert (shop.queue.hidden[-1], shop.leases.held) == ((receipt(shop), 0), False)
    assert (shop.queue.deleted, shop.tasks.answers) == ([], [])
