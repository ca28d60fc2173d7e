"""The local stack's life: up, down, and what there is now."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs
from attrs import frozen

from bundling import Bundle, BundleError, Target, build
from local import emulator, state
from local.aws import Aws, session_kwargs
from local.errors import LocalError
from local.home import CACHE, PROJECT, Home, home_at
from local.provisioner import ResourceStatus, apply_program, read_config
from local.resources.compute import unpack_layer
from local.state import State

__all__ = ["LocalStack", "ResourceStatus", "current", "down", "up"]

Progress = Callable[[str], None]
LAYERS: Final = CACHE / "unpacked"


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
    """Start the stack, with what an earlier one stored unless `fresh`. One that runs already is given back.

    LocalError says why it cannot be; after that nothing runs.
    """
    where = home_at(home)
    with state.locked(where):
        running = _running(where)
        if running is not None and not fresh:
            return running
        if running is not None:
            progress("stopping the stack that runs")
            emulator.stop(running.pid, where)
        remembered = state.read(where)
        if fresh or remembered is None:
            return _create(where, port, remembered, progress)
        return _resume(where, port, remembered, progress)


def down(*, progress: Progress, home: Path | None = None) -> bool:
    """Stop the stack; what it stored stays. True when it ran."""
    where = home_at(home)
    with state.locked(where):
        running, remembered = _running(where), state.read(where)
        if running is None or remembered is None:
            return False
        progress("stopping the emulator")
        emulator.stop(running.pid, where)
        state.write(where, attrs.evolve(remembered, pid=None))
        return True


def _running(home: Home) -> LocalStack | None:
    remembered = state.read(home)
    if remembered is None or remembered.pid is None or not emulator.is_ours(remembered.pid, home):
        return None
    return LocalStack(
        endpoint=endpoint(remembered.port),
        region=remembered.region,
        port=remembered.port,
        pid=remembered.pid,
        outputs=remembered.outputs,
        resources=remembered.resources,
    )


def endpoint(port: int) -> str:
    """The address of everything in the stack."""
    return f"http://{emulator.HOST}:{port}"


def _create(home: Home, port: int | None, remembered: State | None, progress: Progress) -> LocalStack:
    """A new stack; the state is remembered only when all of it is there."""
    home.state_file.unlink(missing_ok=True)
    shutil.rmtree(home.data, ignore_errors=True)
    bundle = _bundle(home, progress)
    region = read_config(PROJECT)["aws:region"]
    chosen = emulator.choose_port(port, remembered.port if remembered else None)
    pid = emulator.start(home, chosen, progress)
    try:
        provisioned = apply_program(
            PROJECT,
            Aws(endpoint(chosen), region, LAYERS),
            {"foreman:endpoint": endpoint(chosen), "foreman:packageDir": str(home.archives)},
            progress,
        )
    except BaseException:
        emulator.stop(pid, home)
        raise
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
            "The program declares other resources than when this stack was created, and the local stack cannot "
            "change what it has. Create it anew (this forgets what is stored): ./foreman up --fresh",
        )
    bundle = _bundle(home, progress)
    chosen = emulator.choose_port(port, remembered.port)
    pid = emulator.start(home, chosen, progress)
    try:
        aws = Aws(endpoint(chosen), remembered.region, LAYERS)
        _renew_functions(aws, remembered, bundle, chosen, progress)
    except BaseException:
        emulator.stop(pid, home)
        raise
    old, new = endpoint(remembered.port), endpoint(chosen)
    made = attrs.evolve(
        remembered,
        pid=pid,
        port=chosen,
        code=bundle.code_sha256,
        layer=bundle.layer_sha256,
        outputs={name: value.replace(old, new) for name, value in remembered.outputs.items()},
    )
    return _remember(home, made)


def _renew_functions(aws: Aws, remembered: State, bundle: Bundle, port: int, progress: Progress) -> None:
    """Bring code, dependencies and addresses of every function up to date, where they are not."""
    new_code = bundle.code_sha256 != remembered.code
    new_surroundings = port != remembered.port or bundle.layer_sha256 != remembered.layer
    if not (new_code or new_surroundings):
        return
    client = aws.client("lambda")
    folder = unpack_layer(LAYERS, bundle.layer)
    for resource in remembered.resources:
        if resource.type != "aws:lambda/function:Function":
            continue
        progress(f"updating {resource.name}")
        if new_code:
            client.update_function_code(FunctionName=resource.id, ZipFile=bundle.code.read_bytes())
        if new_surroundings:
            found: dict[str, Any] = client.get_function_configuration(FunctionName=resource.id)
            variables: dict[str, str] = {
                name: value.replace(endpoint(remembered.port), endpoint(port))
                for name, value in found["Environment"]["Variables"].items()
            }
            client.update_function_configuration(
                FunctionName=resource.id,
                Environment={"Variables": {**variables, "PYTHONPATH": str(folder)}},
            )


def _bundle(home: Home, progress: Progress) -> Bundle:
    progress("packing the functions")
    try:
        return build(Target.host(), home.archives)
    except BundleError as error:
        raise LocalError("package", error.message) from error


def _remember(home: Home, made: State) -> LocalStack:
    state.write(home, made)
    running = _running(home)
    if running is None:
        raise LocalError("emulator", f"The emulator ended right after its start; see {home.log}")
    return running
