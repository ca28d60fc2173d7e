"""The local stack's life: up, down, and what there is now. Light, for the commands that only look."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs
from attrs import frozen

from local import emulator, processes, state, tasks
from local.aws import session_kwargs
from local.errors import LocalError
from local.home import Home, home_at
from local.state import State
from local.status import ResourceStatus

__all__ = ["LocalStack", "ResourceStatus", "current", "down", "up"]

Progress = Callable[[str], None]
ANSWER_SECONDS: Final = 10


@frozen(kw_only=True)
class LocalStack:
    """A local stack that runs."""

    endpoint: str
    region: str
    port: int
    pid: int
    outputs: dict[str, str]
    resources: tuple[ResourceStatus, ...]

    def session_kwargs(self) -> dict[str, str]:
        """What `boto3.client` needs beside the service's name."""
        return session_kwargs(self.endpoint, self.region)


def current(*, home: Path | None = None) -> LocalStack | None:
    """The stack that runs, or None."""
    return _running(home_at(home))


def up(
    *, fresh: bool = False, port: int | None = None, progress: Progress, home: Path | None = None
) -> LocalStack:
    """Start the stack, with what an earlier one stored unless `fresh`; one that runs already is given back.

    LocalError says why it cannot be; after that nothing runs.
    """
    where = home_at(home)
    with state.locked(where):
        running = _running(where)
        if running is not None and not fresh and emulator.answers_within(ANSWER_SECONDS, running.port):
            return running
        remembered = state.read(where)
        _stop_what_runs(where, remembered, progress)
        from local import start  # noqa: PLC0415 - Pulumi and boto3, which those who only look do without

        if fresh or remembered is None:
            start.create(where, port, remembered, progress)
        else:
            start.resume(where, port, remembered, progress)
        running = _running(where)
        if running is None:
            raise LocalError("emulator", f"The emulator ended right after its start; see {where.log}")
        return running


def down(*, progress: Progress, home: Path | None = None) -> bool:
    """Stop the stack; what it stored stays. True when it ran."""
    where = home_at(home)
    with state.locked(where):
        return _stop_what_runs(where, state.read(where), progress)


def _running(home: Home) -> LocalStack | None:
    remembered = state.read(home)
    if remembered is None or remembered.pid is None or not processes.belongs(remembered.pid, home):
        return None
    return LocalStack(
        endpoint=emulator.endpoint(remembered.port),
        region=remembered.region,
        port=remembered.port,
        pid=remembered.pid,
        outputs=remembered.outputs,
        resources=tasks.told(home, remembered.tasks, remembered.resources),
    )


def _stop_what_runs(home: Home, remembered: State | None, progress: Progress) -> bool:
    """End the emulator, and whatever a command that was killed has left. True when there was something."""
    if remembered is None or remembered.pid is None:
        return emulator.clear(home)
    if not processes.belongs(remembered.pid, home):
        progress("the emulator has ended without being told to; what it stored since its start is lost")
        ran = emulator.clear(home)
    else:
        ran = True
        # first: they hand back what they are at
        tasks.stop(home, remembered.tasks)
        progress("stopping the emulator")
        if not emulator.stop(remembered.pid, home):
            progress("the emulator had to be killed; what it stored since its start is lost")
    state.write(home, attrs.evolve(remembered, pid=None))
    return ran
