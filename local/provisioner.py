"""Applies the unmodified Pulumi program to the emulator: what it declares is created with boto3."""

import asyncio
import os
import runpy
import threading
import warnings
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import Any, Final, cast

import orjson
import pulumi
import pulumi.runtime
import yaml
from attrs import frozen
from pulumi.runtime.settings import SETTINGS, get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

from local.aws import Aws
from local.errors import LocalError
from local.resources import REGISTRY, Created, Inputs
from local.status import ResourceStatus

PROGRAM_SECONDS: Final = 180
THREADS: Final = 16
STACK: Final = "local"
PROJECT_NAME: Final = "foreman"
_PUBLIC_KEY: Final = "aws:kms/getPublicKey:getPublicKey"
_WHO_AM_I: Final = "aws:index/getCallerIdentity:getCallerIdentity"
_REGISTRY_TOKEN: Final = "aws:ecr/getAuthorizationToken:getAuthorizationToken"  # noqa: S105 - its name
_NOT_CREATED: Final = ("foreman:", "pulumi:providers:")
"""Components, which only group, and the provider, which says where."""


@frozen(kw_only=True)
class Provisioned:
    """What applying the program gave."""

    outputs: dict[str, str]
    resources: tuple[ResourceStatus, ...]


class Provisioner(pulumi.runtime.Mocks):
    """Answers the program's requests for resources by creating them."""

    def __init__(self, aws: Aws, progress: Callable[[str], None]) -> None:
        super().__init__()
        self._aws = aws
        self._progress = progress
        self._lock = threading.Lock()
        self.statuses: list[ResourceStatus] = []
        self.failures: list[LocalError] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Create one resource, and give back its id and its outputs."""
        inputs: dict[str, Any] = whole_numbers(cast("dict[str, Any]", args.inputs))
        if args.typ.startswith(_NOT_CREATED):
            return f"{args.name}-id", inputs
        given = Inputs(inputs)
        try:
            created = self._create(args.typ, args.name, given)
        except LocalError as error:
            self.failures.append(error)
            raise
        with self._lock:  # resources that need nothing of each other are created in threads
            self.statuses.append(_status(args, created, given))
            self._progress(f"{len(self.statuses)} resources: {args.name}")
        return created.id, {**inputs, **created.outputs}

    def _create(self, kind: str, name: str, given: Inputs) -> Created:
        create = REGISTRY.get(kind)
        if create is None:
            raise LocalError("unknown-resource", f"{kind} ({name}) has no realisation in local/resources.")
        try:
            return create(self._aws, name, given)
        except LocalError as error:
            raise LocalError(error.code, f"{name} could not be created: {error.message}") from error
        except Exception as error:
            raise LocalError("create-failed", f"{name} could not be created: {error}") from error

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Answer what the program asks of AWS: who am I, the public half of a key, a registry's password."""
        if args.token == _PUBLIC_KEY:
            key = cast("dict[str, str]", args.args)["keyId"]
            found = self._aws.client("kms").get_public_key(KeyId=key)
            return {"id": key, "keyId": key, "publicKey": b64encode(found["PublicKey"]).decode()}, []
        if args.token == _WHO_AM_I:
            account = self._aws.account
            return {
                "accountId": account,
                "arn": f"arn:aws:iam::{account}:root",
                "userId": account,
                "id": account,
            }, []
        if args.token == _REGISTRY_TOKEN:
            found = self._aws.client("ecr").get_authorization_token()["authorizationData"][0]
            name, _, password = b64decode(found["authorizationToken"]).decode().partition(":")
            return {"userName": name, "password": password}, []
        raise LocalError("unknown-call", f"{args.token} is no data source that the local stack knows.")


def _status(args: pulumi.runtime.MockResourceArgs, created: Created, given: Inputs) -> ResourceStatus:
    left_out = given.without_effect()
    notes = [created.note] if created.note else []
    notes += [f"without effect: {', '.join(left_out)}"] if left_out else []
    return ResourceStatus(args.typ, args.name, created.id, created.realised, "; ".join(notes))


def whole_numbers(value: Any) -> Any:  # noqa: ANN401 - any JSON, and assets
    """Whole numbers as int: on their way through the program's protocol all numbers have become floats."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case Mapping():
            pairs = cast("Mapping[str, Any]", value).items()
            return {name: whole_numbers(inner) for name, inner in pairs}
        case list():
            return [whole_numbers(inner) for inner in cast("list[Any]", value)]
        case _:
            return value


def apply_program(
    project: Path, aws: Aws, overrides: Mapping[str, str], progress: Callable[[str], None]
) -> Provisioned:
    """Run `__main__.py` of `project` with the configuration of `Pulumi.local.yaml`, `overrides` laid over it.

    LocalError names the first resource that could not be created.
    """
    provisioner = Provisioner(aws, progress)
    outputs: dict[str, Any] = {}
    try:
        with _in(project), warnings.catch_warnings():
            # of the SDK's own modules: what they say is not about the program
            warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"pulumi")
            # in a context of its own: that is where Pulumi keeps its root resource, and there may be one only
            copy_context().run(_run, project, provisioner, overrides, outputs)
    except TimeoutError as error:
        raise LocalError("program", f"The program did not end within {PROGRAM_SECONDS} s.") from error
    except Exception as error:
        raise (provisioner.failures or [LocalError("program", f"The program failed: {error}")])[0] from error
    if provisioner.failures:
        raise provisioner.failures[0]
    return Provisioned(
        outputs={name: str(value) for name, value in outputs.items()},
        resources=tuple(sorted(provisioner.statuses, key=lambda item: (item.type, item.name))),
    )


def read_config(project: Path) -> dict[str, str]:
    """The stack's configuration as Pulumi's CLI hands it to the program: text, nested values as JSON."""
    document = yaml.safe_load((project / f"Pulumi.{STACK}.yaml").read_text(encoding="utf-8"))
    config: Mapping[str, object] = document["config"]
    return {name: _as_text(value) for name, value in config.items()}


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _run(
    project: Path, provisioner: Provisioner, overrides: Mapping[str, str], outputs: dict[str, Any]
) -> None:
    """Run the program on an event loop of its own; Pulumi binds its stack to the current one."""
    with _threads() as threads, asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(threads)
        pulumis: Any = SETTINGS
        pulumis.outputs = set()  # those of a program that failed belong to a loop that is closed
        pulumi.runtime.set_mocks(provisioner, project=PROJECT_NAME, stack=STACK, preview=False)
        pulumi.runtime.set_all_config({**read_config(project), **overrides})
        work = run_pulumi_func(lambda: _main(project, outputs))
        runner.run(asyncio.wait_for(work, PROGRAM_SECONDS), context=copy_context())


@contextmanager
def _threads() -> Generator[ThreadPoolExecutor]:
    """Threads for the requests of the program. Pulumi wants an event loop in each, and would not close it."""
    loops: list[asyncio.AbstractEventLoop] = []

    def bring_loop() -> None:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    threads = ThreadPoolExecutor(THREADS, initializer=bring_loop)
    try:
        yield threads
    finally:
        threads.shutdown(cancel_futures=True)
        for loop in loops:
            loop.close()


def _main(project: Path, outputs: dict[str, Any]) -> None:
    runpy.run_path(str(project / "__main__.py"), run_name="__main__")
    stack = get_root_resource()
    if isinstance(stack, Stack):
        pulumi.Output.all(**stack.outputs).apply(outputs.update)


@contextmanager
def _in(folder: Path) -> Generator[None]:
    """The program's paths are relative to its project, as under Pulumi's CLI."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
