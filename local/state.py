"""What is remembered of a local stack between commands: one file, readable by its owner only."""

import fcntl
import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import cattrs
import orjson
from attrs import frozen

from local.errors import LocalError
from local.home import Home
from local.status import ResourceStatus
from local.tasks import TaskProcess

PROGRAM: Final = (
    "__main__.py",
    "Pulumi.yaml",
    "Pulumi.local.yaml",
    "components",
    "schemas",
    "foreman_core/schema",
    "local/provisioner.py",
    "local/resources",
    "local/requirements-emulator.txt",
)
"""What says which resources there are, and how they are realised. The functions' code does not: that is
replaced in place."""

_SUFFIXES: Final = {".py", ".js", ".yaml", ".txt"}


@frozen(kw_only=True)
class State:
    """A stack that was created whole. `pid` is None while it is down; `code` and the layers are hashes."""

    pid: int | None
    port: int
    region: str
    program: str
    code: str
    layer: str
    outputs: dict[str, str]
    resources: tuple[ResourceStatus, ...]
    polars: str = ""
    """Empty in a stack from before it was a layer of its own; that one is remembered all the same."""
    tasks: tuple[TaskProcess, ...] = ()


def read(home: Home) -> State | None:
    """What is remembered, or None when nothing (that can be read) is."""
    try:
        return cattrs.structure(orjson.loads(home.state_file.read_bytes()), State)
    except (OSError, ValueError, KeyError, TypeError, cattrs.BaseValidationError):
        return None


def write(home: Home, state: State) -> None:
    """Remember a state; a reader sees the old one or the new one, never a half."""
    half = home.state_file.with_suffix(".part")
    half.unlink(missing_ok=True)
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(cattrs.unstructure(state), option=orjson.OPT_INDENT_2))
    half.replace(home.state_file)


def forget(home: Home) -> None:
    """Remember nothing."""
    home.state_file.unlink(missing_ok=True)


def fingerprint(project: Path) -> str:
    """The hash of everything that says which resources there are."""
    digest = hashlib.sha256()
    for file in _program_files(project):
        digest.update(file.relative_to(project).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _program_files(project: Path) -> Iterator[Path]:
    for name in PROGRAM:
        place = project / name
        if place.is_file():
            yield place
        yield from sorted(path for path in place.rglob("*") if path.suffix in _SUFFIXES)


@contextmanager
def locked(home: Home) -> Generator[None]:
    """Held by one command at a time, and let go even when that is killed. LocalError when another has it."""
    home.make()
    with home.lock_file.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LocalError(
                "busy", "Another foreman command is starting or stopping the local stack; wait for it."
            ) from error
        yield
