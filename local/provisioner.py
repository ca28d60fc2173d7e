"""Applies the unmodified Pulumi program to the emulator: what it declares is created with boto3, in its order."""

import asyncio
import os
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import orjson
import pulumi
import pulumi.runtime
import yaml
from attrs import frozen
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

from local.aws import Aws
from local.errors import LocalError
from local.resources import REGISTRY, Created, Realised

PROGRAM_SECONDS: Final = 180
STACK: Final = "local"
PROJECT_NAME: Final = "foreman"


@frozen
class ResourceStatus:
    """One resource of the program, and how it is realised here."""

    type: str
    name: str
    id: str
    realised: Realised
    note: str = ""


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
        self.statuses: list[ResourceStatus] = []
        self.failures: list[LocalError] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Create one resource, and give back its id and its outputs."""
        inputs: dict[str, Any] = whole_numbers(args.inputs)
        if args.typ.startswith(("foreman:", "pulumi:providers:")):
            return f"{args.name}-id", inputs
        create = REGISTRY.get(args.typ)
        try:
            if create is None:
                raise LocalError(
                    "unknown-resource", f"{args.typ} ({args.name}) has no realisation in local/resources."
                )
            created = self._create(create, args.name, inputs)
        except LocalError as error:
            self.failures.append(error)
            raise
        self.statuses.append(ResourceStatus(args.typ, args.name, created.id, created.realised, created.note))
        self._progress(f"{len(self.statuses)} resources: {args.name}")
        return created.id, {**inputs, **created.outputs}

    def _create(
        self, create: Callable[[Aws, str, Mapping[str, Any]], Created], name: str, inputs: dict[str, Any]
    ) -> Created:
        try:
            return create(self._aws, name, inputs)
        except LocalError:
            raise
        except Exception as error:
            raise LocalError("create-failed", f"{name} could not be created: {error}") from error

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Answer the one question that the program asks of AWS: who am I?"""
        if args.token == "aws:index/getCallerIdentity:getCallerIdentity":
            account = self._aws.account
            return {
                "accountId": account,
                "arn": f"arn:aws:iam::{account}:root",
                "userId": account,
                "id": account,
            }, []
        raise LocalError("unknown-call", f"{args.token} is no data source that the local stack knows.")


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
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    provisioner = Provisioner(aws, progress)
    outputs: dict[str, Any] = {}
    here = Path.cwd()
    try:
        os.chdir(project)
        pulumi.runtime.set_mocks(provisioner, project=PROJECT_NAME, stack=STACK, preview=False)
        pulumi.runtime.set_all_config({**read_config(project), **overrides})
        work = run_pulumi_func(lambda: _run(project, outputs))
        loop.run_until_complete(asyncio.wait_for(work, PROGRAM_SECONDS))
    except TimeoutError as error:
        raise LocalError("program", f"The program did not end within {PROGRAM_SECONDS} s.") from error
    except Exception as error:
        raise (provisioner.failures or [LocalError("program", f"The program failed: {error}")])[0] from error
    finally:
        os.chdir(here)
        asyncio.set_event_loop(None)
        loop.close()
    if provisioner.failures:
        raise provisioner.failures[0]
    return Provisioned(
        outputs={name: str(value) for name, value in outputs.items()},
        resources=tuple(sorted(provisioner.statuses, key=lambda item: (item.type, item.name))),
    )


def read_config(project: Path) -> dict[str, str]:
    """The stack's configuration as Pulumi's CLI hands it to the program: text, nested values as JSON."""
    document = yaml.safe_load((project / f"Pulumi.{STACK}.yaml").read_text(encoding="utf-8"))
    return {name: _as_text(value) for name, value in (document.get("config") or {}).items()}


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _run(project: Path, outputs: dict[str, Any]) -> None:
    runpy.run_path(str(project / "__main__.py"), run_name="__main__")
    stack = get_root_resource()
    if isinstance(stack, Stack):
        pulumi.Output.all(**stack.outputs).apply(outputs.update)
