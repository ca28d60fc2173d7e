"""Starting a local stack: created anew, or resumed with what an earlier one stored."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

import attrs

from bundling import Bundle, BundleError, Target, build
from local import emulator, pool, renewal, state, tasks
from local.aws import Aws
from local.errors import LocalError
from local.home import CACHE, PROJECT, Home
from local.layers import unpack_layer
from local.provisioner import apply_program, read_config
from local.state import State

Progress = Callable[[str], None]
LAYERS: Final = CACHE / "unpacked"


def create(home: Home, port: int | None, remembered: State | None, progress: Progress) -> None:
    """Start a new stack. Until all of it is there, nothing of it is remembered.

    LocalError says why it cannot be; after that nothing runs.
    """
    if remembered is None and home.has_data():
        progress("the last start did not come to its end; starting afresh")
    state.forget(home)
    home.remove_data()
    bundle = _bundle(home, progress)
    chosen = emulator.choose_port(port, remembered.port if remembered else None)
    config = read_config(PROJECT)
    region = config["aws:region"]
    with _emulator(home, chosen, progress) as pid:
        aws = Aws(emulator.endpoint(chosen), region, LAYERS)
        overrides = {
            "foreman:endpoint": aws.endpoint,
            "foreman:packageDir": str(home.archives),
            **pool.given(config, pool.make_pool(aws)),
        }
        provisioned = apply_program(PROJECT, aws, overrides, progress)
        made = State(
            pid=pid,
            port=chosen,
            region=region,
            program=state.fingerprint(PROJECT),
            code=bundle.code_sha256,
            layer=bundle.layer_sha256,
            polars=bundle.polars_sha256,
            outputs=provisioned.outputs,
            resources=provisioned.resources,
            tasks=tasks.start(home, aws.tasks, aws, progress),
        )
        state.write(home, made)


def resume(home: Home, port: int | None, remembered: State, progress: Progress) -> None:
    """Start the stack as it was left; only the functions' code and dependencies, and the port, may be new.

    LocalError when the program has changed.
    """
    if remembered.program != state.fingerprint(PROJECT):
        raise LocalError(
            "program-changed",
            "The program, or how it is realised here, has changed since this stack was created, and a local "
            "stack cannot be changed. ./foreman up --fresh creates it anew, and forgets what is stored.",
        )
    bundle = _bundle(home, progress)
    chosen = emulator.choose_port(port, remembered.port)
    renewal.move_queues(home, chosen)
    with _emulator(home, chosen, progress) as pid:
        aws = Aws(emulator.endpoint(chosen), remembered.region, LAYERS)
        if renewal.is_stored(aws, remembered.resources):
            renewal.renew_functions(aws, remembered, bundle, chosen, progress)
            renewal.resume_jobs(aws, remembered, progress)
            moved = _moved(remembered, pid, chosen, bundle)
            running = tasks.start(home, moved.tasks, aws, progress)
            state.write(home, attrs.evolve(moved, tasks=running))
            return
        emulator.stop(pid, home)
    progress("the emulator had not stored this stack; starting afresh")
    create(home, port, remembered, progress)


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
    folders = renewal.moved_folders(LAYERS, remembered, bundle)
    moved_tasks = [renewal.moved_task(task, address) for task in remembered.tasks]
    # of a process that others reach, the address is part of outputs and of what is told
    for old, new in zip(remembered.tasks, moved_tasks, strict=True):
        folders[f"//{emulator.HOST}:{old.port}"] = f"//{emulator.HOST}:{new.port}"
    return attrs.evolve(
        remembered,
        pid=pid,
        port=port,
        code=bundle.code_sha256,
        layer=bundle.layer_sha256,
        polars=bundle.polars_sha256,
        outputs={name: renewal.moved(value, address, folders) for name, value in remembered.outputs.items()},
        resources=tuple(
            attrs.evolve(
                resource,
                id=renewal.moved(resource.id, address, folders),
                note=renewal.moved(resource.note, address, folders),
            )
            for resource in remembered.resources
        ),
        tasks=tuple(moved_tasks),
    )


def _bundle(home: Home, progress: Progress) -> Bundle:
    progress("packing the functions")
    try:
        made = build(Target.host(), home.archives)
    except BundleError as error:
        raise LocalError("package", error.message) from error
    # before the program runs: its threads would wait for it
    for layer in (made.layer, made.polars):
        unpack_layer(LAYERS, layer)
    return made
