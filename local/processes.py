"""Processes of this machine: which ones belong to a local stack, and how they are ended."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from local.home import Home

PS_SECONDS: Final = 10
KILL_SECONDS: Final = 5
POLL_SECONDS: Final = 0.05
_PROC: Final = Path("/proc")


def mark(home: Home) -> str:
    """What the emulator's command line carries, and its functions' begin with: the path of their TMPDIR."""
    return f"{home.temporary}{os.sep}"


def belonging(home: Home) -> Iterator[int]:
    """The emulator of a home, and everything that it has started and left behind."""
    if _PROC.is_dir():
        yield from (int(folder.name) for folder in _PROC.glob("[0-9]*") if _has_tmpdir(folder, home))
        return
    listed = subprocess.run(  # where there is no /proc, as on macOS
        ["ps", "-A", "-ww", "-o", "pid=", "-o", "args="],  # noqa: S607 - it is in different places
        capture_output=True,
        text=True,
        timeout=PS_SECONDS,
        check=True,
    )
    for line in listed.stdout.splitlines():
        pid, _, arguments = line.strip().partition(" ")
        if mark(home) in arguments:
            yield int(pid)


def belongs(pid: int, home: Home) -> bool:
    """True when the process runs and is of this home: its number may have gone to another program."""
    if _PROC.is_dir():
        return _has_tmpdir(_PROC / str(pid), home)
    return pid in belonging(home)


def _has_tmpdir(folder: Path, home: Home) -> bool:
    try:
        environment = (folder / "environ").read_bytes()
    except OSError:  # gone by now, or another user's
        return False
    return f"TMPDIR={home.temporary}".encode() in environment.split(b"\0")


def end(pid: int, home: Home, patience: float) -> bool:
    """Ask a process of this home to end, and wait. False when it had not ended after `patience` seconds."""
    _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while belongs(pid, home):
        if time.monotonic() > deadline:
            return False
        _collect(pid)
        time.sleep(POLL_SECONDS)
    _collect(pid)
    return True


def kill(home: Home) -> bool:
    """End whatever of a home still runs, at once. True when there was something."""
    found = list(belonging(home))
    for pid in found:
        _signal(pid, signal.SIGKILL)
    deadline = time.monotonic() + KILL_SECONDS
    while any(belongs(pid, home) for pid in found) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    for pid in found:
        _collect(pid)
    return bool(found)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _collect(pid: int) -> None:
    """Take note of the end of a process, if it was a child of this one; else it would stay as a zombie."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
