"""Processes are recognised as those of a home, and ended."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from local import processes
from local.home import Home

Start = Callable[..., subprocess.Popen[bytes]]
OBEDIENT = "import time; print(flush=True); time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


@pytest.fixture
def start() -> Generator[Start]:
    """Starts Python with some code and a TMPDIR, and waits until the code runs."""
    started: list[subprocess.Popen[bytes]] = []

    def run(code: str, tmpdir: Path) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, f"{tmpdir}{os.sep}"],
            env={"TMPDIR": str(tmpdir)},
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    yield run
    for process in started:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(params=["with /proc", "without /proc"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Once as on Linux, once as where there is no /proc."""
    if request.param == "without /proc":
        monkeypatch.setattr(processes, "_PROC", tmp_path / "no-proc")


@pytest.mark.usefixtures("either_way")
def test_a_process_belongs_to_the_home_whose_tmpdir_it_has(start: Start, home: Home, tmp_path: Path) -> None:
    ours = start(OBEDIENT, home.temporary)
    other = start(OBEDIENT, Path(f"{home.temporary}2"))
    assert list(processes.belonging(home)) == [ours.pid]
    assert processes.belongs(ours.pid, home)
    assert not processes.belongs(other.pid, home)
    assert not processes.belongs(os.getpid(), Home(tmp_path))


def test_a_process_that_ends_when_told_is_not_killed(start: Start, home: Home) -> None:
    process = start(OBEDIENT, home.temporary)
    assert processes.end(process.pid, home, patience=10)
    assert not processes.belongs(process.pid, home)


def test_a_process_that_does_not_listen_is_waited_for_and_then_killed(start: Start, home: Home) -> None:
    process = start(DEAF, home.temporary)
    began = time.monotonic()
    assert not processes.end(process.pid, home, patience=0.2)
    assert time.monotonic() - began >= 0.2
    assert processes.belongs(process.pid, home)
    assert processes.kill(home)
    assert list(processes.belonging(home)) == []
    assert not processes.kill(home)
