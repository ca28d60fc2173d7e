"""Services without Docker: each is one process with the environment and the rights of its task."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
from attrs import frozen

from local import emulator, processes
from local.aws import Aws
from local.home import CACHE, PROJECT, Home, made_once
from local.status import ResourceStatus

REQUIREMENTS: Final = PROJECT / "requirements-service.txt"
SESSION_S: Final = 12 * 3600
"""How long a task may use its role; then the stack has to be started again. On AWS, ECS renews it."""
STOP_SECONDS: Final = 10
_STARTED: Final[list[subprocess.Popen[bytes]]] = []
"""Kept: Python warns of a process that outlives its object, and these are meant to."""


@frozen(kw_only=True)
class TaskProcess:
    """What runs for a service. `built` says that its packages are those of the image that would be built."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    role: str
    built: bool
    service: str = ""
    """The name of the resource that it is started for."""
    port: int | None = None
    """Where it listens, when it is reached from outside."""
    log_group: str = ""
    pid: int | None = None
    log_driver: int | None = None
    """The process that passes on what it says."""


def start(
    home: Home,
    tasks: Iterable[TaskProcess],
    aws: Aws,
    progress: Callable[[str], None],
) -> tuple[TaskProcess, ...]:
    """Start the processes, and give them back with their pids; nobody waits until they are ready."""
    return tuple(_start(home, task, aws, progress) for task in tasks)


def _start(
    home: Home,
    task: TaskProcess,
    aws: Aws,
    progress: Callable[[str], None],
) -> TaskProcess:
    folder = _python(progress).parent if task.built else Path(sys.executable).parent
    progress(f"starting {task.name}")
    credentials = aws.client("sts").assume_role(
        RoleArn=task.role, RoleSessionName=task.name[:64], DurationSeconds=SESSION_S
    )["Credentials"]
    with os.fdopen(os.open(log_of(home, task), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
        process = subprocess.Popen(  # noqa: S603 - the program's own command, no shell
            _command(home, task, folder),
            cwd=PROJECT,
            env=environment(home, task, aws.endpoint, credentials, folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C in the terminal is not for it
        )
    _STARTED.append(process)
    return attrs.evolve(task, pid=process.pid, log_driver=_drive_log(home, task, aws))


def _drive_log(home: Home, task: TaskProcess, aws: Aws) -> int:
    driver = [sys.executable, "-X", f"foreman={processes.mark(home)}", "-m", "local.log_driver"]
    with home.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [*driver, aws.endpoint, aws.region, task.log_group, str(log_of(home, task))],
            cwd=PROJECT,
            env={
                "PATH": os.defpath,
                "HOME": str(home.root),
                "LANG": "C.UTF-8",
                "TMPDIR": str(home.temporary),
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _STARTED.append(process)
    return process.pid


def _command(home: Home, task: TaskProcess, folder: Path) -> list[str]:
    program, *arguments = task.command
    found = shutil.which(program, path=os.pathsep.join([str(folder), os.defpath])) or program
    # -X: means nothing to Python; it is how the process is recognised where there is no /proc
    mark = ["-X", f"foreman={processes.mark(home)}"] if program == "python" else []
    return [found, *mark, *arguments]


def environment(
    home: Home, task: TaskProcess, endpoint: str, credentials: Mapping[str, Any], folder: Path
) -> dict[str, str]:
    """What a process finds in its environment: what its task is told, its rights, where things are here."""
    return {
        "PATH": os.pathsep.join([str(folder), os.defpath]),
        "HOME": str(home.root),
        "LANG": "C.UTF-8",
        **task.environment,
        **({"PORT": str(task.port)} if task.port else {}),
        "BIND_HOST": emulator.HOST,
        "TMPDIR": str(home.temporary),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _python(progress: Callable[[str], None]) -> Path:
    """The interpreter with the packages of the image; its environment is made once for each lock."""
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:16]

    def make(folder: Path) -> None:
        progress("installing the packages of the containers (once)")
        emulator.make_environment(folder, REQUIREMENTS)

    return made_once(CACHE / f"service-{key}", make) / "bin" / "python"


def stop(home: Home, tasks: Iterable[TaskProcess]) -> None:
    """Let the processes end what they are at; what does not end in time is killed with the emulator."""
    for task in tasks:
        for pid in (task.pid, task.log_driver):  # in this order: the last lines are passed on, too
            if pid is not None and processes.belongs(pid, home):
                processes.end(pid, home, STOP_SECONDS)


def told(
    home: Home, tasks: Iterable[TaskProcess], resources: tuple[ResourceStatus, ...]
) -> tuple[ResourceStatus, ...]:
    """The resources, with what has become of the processes of services that have ended by themselves."""
    ended = {task.service for task in tasks if task.pid is None or not processes.belongs(task.pid, home)}
    return tuple(
        attrs.evolve(each, note=f"HAS ENDED; {each.note}") if each.name in ended else each
        for each in resources
    )


def log_of(home: Home, task: TaskProcess) -> Path:
    """What a process says."""
    return home.root / f"{task.name}.log"
