"""The local stack's life: up, down, and what there is now."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs
from attrs import frozen

from bundling import Bundle, BundleError, Target, build
from local import emulator, processes, renewal, state
from local.aws import Aws, session_kwargs
from local.errors import LocalError
from local.home import CACHE, PROJECT, Home, home_at
from local.layers import unpack_layer
from local.provisioner import ResourceStatus, apply_program, read_config
from local.state import State

__all__ = ["LocalStack", "ResourceStatus", "current", "down", "up"]

Progress = Callable[[str], None]
LAYERS: Final = CACHE / "unpacked"
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
        if fresh or remembered is None:
            return _create(where, port, remembered, progress)
        return _resume(where, port, remembered, progress)


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
        resources=remembered.resources,
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
        progress("stopping the emulator")
        if not emulator.stop(remembered.pid, home):
            progress("the emulator had to be killed; what it stored since its start is lost")
    state.write(home, attrs.evolve(remembered, pid=None))
    return ran


def _create(home: Home, port: int | None, remembered: State | None, progress: Progress) -> LocalStack:
    """A new stack. Until all of it is there, nothing of it is remembered."""
    if remembered is None and home.has_data():
        progress("the last start did not come to its end; starting afresh")
    state.forget(home)
    home.remove_data()
    bundle = _bundle(home, progress)
    chosen = emulator.choose_port(port, remembered.port if remembered else None)
    region = read_config(PROJECT)["aws:region"]
    with _emulator(home, chosen, progress) as pid:
        aws = Aws(emulator.endpoint(chosen), region, LAYERS)
        overrides = {"foreman:endpoint": aws.endpoint, "foreman:packageDir": str(home.archives)}
        provisioned = apply_program(PROJECT, aws, overrides, progress)
        made = State(
            pid=pid,
            port=chosen,
            region=region,
            program=state.fingerprint(PROJECT),
            code=bundle.code_sha256,
            layer=bundle.layer_sha256,
            outputs=provisioned.outputs,
            resources=provisioned.resources,
        )
        return _remember(home, made)


def _resume(home: Home, port: int | None, remembered: State, progress: Progress) -> LocalStack:
    """The stack as it was left; only the functions' code, and the port, may be new."""
    if remembered.program != state.fingerprint(PROJECT):
        raise LocalError(
            "program-changed",
            "The program, or how it is realised here, has changed since this stack was created, and a local "
            "stack cannot be changed. ./foreman up --fresh creates it anew, and forgets what is stored.",
        )
    bundle = _bundle(home, progress)
    chosen = emulator.choose_port(port, remembered.port)
    started = datetime.now(UTC)
    renewal.move_queues(home, chosen)
    with _emulator(home, chosen, progress) as pid:
        aws = Aws(emulator.endpoint(chosen), remembered.region, LAYERS)
        if renewal.is_stored(aws, remembered.resources):
            renewal.renew_functions(aws, remembered, bundle, chosen, progress)
            renewal.resume_executions(aws, remembered, started, progress)
            return _remember(home, _moved(remembered, pid, chosen, bundle))
        emulator.stop(pid, home)
    progress("the emulator had not stored this stack; starting afresh")
    return _create(home, port, remembered, progress)


@contextmanager
def _emulator(home: Home, port: int, progress: Progress) -> Generator[int]:
    """The emulator's pid; when what is done with it fails, or is stopped by Ctrl-C, it does not stay."""
    pid = emulator.start(home, port, progress)
    try:
        yield pid
    except BaseException:
        emulator.stop(pid, home)
        if state.read(home) is None:
            home.remove_data()
        raise


def _moved(remembered: State, pid: int, port: int, bundle: Bundle) -> State:
    address = emulator.endpoint(port)
    return attrs.evolve(
        remembered,
        pid=pid,
        port=port,
        code=bundle.code_sha256,
        layer=bundle.layer_sha256,
        outputs={name: renewal.moved(value, address) for name, value in remembered.outputs.items()},
        resources=tuple(
            attrs.evolve(resource, id=renewal.moved(resource.id, address))
            for resource in remembered.resources
        ),
    )


def _bundle(home: Home, progress: Progress) -> Bundle:
    progress("packing the functions")
    try:
        made = build(Target.host(), home.archives)
    except BundleError as error:
        raise LocalError("package", error.message) from error
    # before the program runs: its threads would wait for it
    unpack_layer(LAYERS, made.layer)
    return made


def _remember(home: Home, made: State) -> LocalStack:
    state.write(home, made)
    running = _running(home)
    if running is None:
        raise LocalError("emulator", f"The emulator ended right after its start; see {home.log}")
    return running
