"""Functions, their dependencies, and the state machine."""

import compileall
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import pulumi

from bundling.archive import sha256
from local.aws import Aws, autoname
from local.errors import LocalError
from local.resources.created import Created

LAYER_NOTE: Final = "one folder for all functions, on their PYTHONPATH"
MACHINE_NOTE: Final = "waits are shortened to a tenth; logging, tracing and encryption are left out"


def layer_version(aws: Aws, name: str, given: Mapping[str, Any]) -> Created:
    """The dependencies, unpacked once: the emulator would unpack a layer for every worker."""
    folder = unpack_layer(aws.layers, archive_path(given["code"]))
    arn = f"arn:aws:lambda:{aws.region}:{aws.account}:layer:{given.get('layerName') or name}:1"
    aws.layer_folders[arn] = folder
    return Created(str(folder), {"arn": arn, "layerArn": arn.rpartition(":")[0]}, "folder", LAYER_NOTE)


def unpack_layer(layers: Path, archive: Path) -> Path:
    """The folder under `layers` that holds the modules of a layer, compiled; made once for its content."""
    folder = layers / sha256(archive)[:16]
    if not (folder / ".complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        compileall.compile_dir(folder, quiet=2, workers=0)
        (folder / ".complete").touch()
    return folder / "python"


def function(aws: Aws, name: str, given: Mapping[str, Any]) -> Created:
    """A function, as a worker process of the emulator with the rights of its role."""
    client = aws.client("lambda")
    physical = given.get("name") or autoname(name)
    variables = dict((given.get("environment") or {}).get("variables") or {})
    if given.get("layers"):
        variables["PYTHONPATH"] = ":".join(str(aws.layer_folders[arn]) for arn in given["layers"])
    made = client.create_function(
        FunctionName=physical,
        Runtime=given["runtime"],
        Handler=given["handler"],
        Role=given["role"],
        Code={"ZipFile": archive_path(given["code"]).read_bytes()},
        MemorySize=int(given.get("memorySize") or 128),
        Timeout=int(given.get("timeout") or 3),
        Environment={"Variables": variables},
        Architectures=given.get("architectures") or ["x86_64"],
        EphemeralStorage={"Size": int((given.get("ephemeralStorage") or {}).get("size") or 512)},
        LoggingConfig={"LogGroup": given["loggingConfig"]["logGroup"]},
    )
    arn = made["FunctionArn"]
    return Created(physical, {"arn": arn, "name": physical}, "process", "runs with this machine's Python")


def event_source_mapping(aws: Aws, _name: str, given: Mapping[str, Any]) -> Created:
    """A queue whose messages a function gets."""
    made = aws.client("lambda").create_event_source_mapping(
        EventSourceArn=given["eventSourceArn"],
        FunctionName=given["functionName"],
        BatchSize=int(given["batchSize"]),
        FunctionResponseTypes=given.get("functionResponseTypes") or [],
    )
    return Created(made["UUID"], {"uuid": made["UUID"]})


def state_machine(aws: Aws, name: str, given: Mapping[str, Any]) -> Created:
    """A state machine."""
    physical = given.get("name") or autoname(name)
    definition = orjson.dumps(orjson.loads(given["definition"])).decode()
    arn = aws.client("stepfunctions").create_state_machine(
        name=physical, definition=definition, roleArn=given["roleArn"], type=given.get("type") or "STANDARD"
    )["stateMachineArn"]
    return Created(arn, {"arn": arn, "name": physical}, note=MACHINE_NOTE)


def archive_path(archive: Any) -> Path:  # noqa: ANN401 - what Pulumi hands over
    """The file of an archive input."""
    if isinstance(archive, pulumi.FileArchive):
        return Path(archive.path)
    raise LocalError("archive", f"{type(archive).__name__} is no kind of archive that the local stack knows")
