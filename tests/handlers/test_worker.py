"""How the container for the largest files ends when it is told to."""

import os
import signal
import threading
from collections.abc import Generator
from types import SimpleNamespace

import pytest

from foreman_core.pipeline.pausing import GoOn, Paused
from foreman_core.worker import Answer, Do, Work, Worker
from handlers import _logging, _settings, worker
from tests.core._worker import DONE, Shop, a_shop, receipt


class Process:
    """A container's process, up to its end: `ended` is set when it is cut off, with this exit code."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.exit_code: int | None = None

    def exit(self, code: int) -> None:
        self.exit_code = code
        self.ended.set()
        threading.Event().wait()  # whoever calls it goes on no more


@pytest.fixture
def shop() -> Shop:
    return a_shop()


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Generator[Process]:
    made = Process()
    monkeypatch.setattr(os, "_exit", made.exit)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def run(monkeypatch: pytest.MonkeyPatch, shop: Shop, do: Do, *, stop_s: float) -> int:
    """The whole process, over these surroundings."""

    def load(_: type[worker.Settings]) -> SimpleNamespace:
        return SimpleNamespace(stop_s=stop_s)

    def make(_: SimpleNamespace) -> Worker:
        return shop.worker(do)

    monkeypatch.setattr(_logging, "configure", print)
    monkeypatch.setattr(_settings, "load", load)
    monkeypatch.setattr(worker, "make", make)
    return worker.main()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_when_its_chunks_are_done(
    monkeypatch: pytest.MonkeyPatch, shop: Shop, process: Process, number: signal.Signals
) -> None:
    def do(_work: Work, go_on: GoOn) -> Answer:
        assert go_on()
        signal.raise_signal(number)
        assert not go_on()
        return DONE

    assert run(monkeypatch, shop, do, stop_s=3600) == 0
    assert (shop.tasks.answers, shop.queue.deleted) == ([("succeeded", DONE)], [receipt(shop)])
    assert (shop.queue.hidden, process.exit_code) == ([], None)


def test_what_takes_too_long_after_a_signal_is_handed_back(
    monkeypatch: pytest.MonkeyPatch, shop: Shop, process: Process
) -> None:
    def stuck(_work: Work, _go_on: GoOn) -> Answer:
        signal.raise_signal(signal.SIGTERM)
        assert process.ended.wait(5)
        assert shop.queue.hidden == [(receipt(shop), 0)]
        assert not shop.leases.held
        raise Paused("the process lives on, which it only does here")

    run(monkeypatch, shop, stuck, stop_s=0.05)
    assert process.exit_code == 0
    assert (shop.queue.deleted, shop.tasks.answers) == ([], [])


def test_it_ends_in_time_even_if_nothing_can_be_handed_back(
    monkeypatch: pytest.MonkeyPatch, shop: Shop, process: Process
) -> None:
    def stuck(_work: Work, _go_on: GoOn) -> Answer:
        shop.leases.broken = True
        signal.raise_signal(signal.SIGTERM)
        assert process.ended.wait(5)
        shop.leases.broken = False
        raise Paused("the process lives on, which it only does here")

    run(monkeypatch, shop, stuck, stop_s=0.05)
    assert process.exit_code == 0
