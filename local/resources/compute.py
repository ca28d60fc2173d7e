"""Functions, their dependencies, and the state machine."""

from typing import Final

import orjson

from local.aws import Aws, autoname
from local.layers import unpack_layer
from local.resources.assets import path_of
from local.resources.created import Created, Inputs, pascal

LAYER_NOTE: Final = "one folder for all functions that name it, on their PYTHONPATH"
MACHINE_NOTE: Final = "waits take a tenth of their time"


def layer_version(aws: Aws, name: str, given: Inputs) -> Created:
    """Dependencies, unpacked once: the emulator would unpack a layer for every worker."""
    folder = unpack_layer(aws.layers, aws.archives[given["s3Bucket"], given["s3Key"]])
    arn = f"arn:aws:lambda:{aws.region}:{aws.account}:layer:{given.get('layerName') or name}:1"
    aws.layer_folders[arn] = folder
    return Created(str(folder), {"arn": arn, "layerArn": arn.rpartition(":")[0]}, "folder", LAYER_NOTE)


def function(aws: Aws, name: str, given: Inputs) -> Created:
    """A function, as a worker process of the emulator with the rights of its role."""
    client = aws.client("lambda")
    physical = given.get("name") or autoname(name)
    variables: dict[str, str] = {**given.block("environment").get("variables", {})}
    if given.get("layers"):
        variables["PYTHONPATH"] = ":".join(str(aws.layer_folders[arn]) for arn in given["layers"])
    made = client.create_function(
        FunctionName=physical,
        Runtime=given["runtime"],
        Handler=given["handler"],
        Role=given["role"],
        Code={"ZipFile": path_of(given["code"]).read_bytes()},
        MemorySize=int(given.get("memorySize") or 128),
        Timeout=int(given.get("timeout") or 3),
        Environment={"Variables": variables},
        Architectures=given.get("architectures") or ["x86_64"],
        EphemeralStorage={"Size": int(given.block("ephemeralStorage").get("size") or 512)},
        LoggingConfig=pascal(given.block("loggingConfig")),
    )
    reserved = given.get("reservedConcurrentExecutions")
    if reserved is not None:
        client.put_function_concurrency(FunctionName=physical, ReservedConcurrentExecutions=reserved)
    arn = made["FunctionArn"]
    return Created(physical, {"arn": arn, "name": physical}, "process", "runs with this machine's Python")


def event_source_mapping(aws: Aws, _name: str, given: Inputs) -> Created:
    """A queue whose messages a function gets."""
    made = aws.client("lambda").create_event_source_mapping(
        EventSourceArn=given["eventSourceArn"],
        FunctionName=given["functionName"],
        BatchSize=int(given["batchSize"]),
        FunctionResponseTypes=given.get("functionResponseTypes") or [],
    )
    return Created(made["UUID"], {"uuid": made["UUID"]})


def state_machine(aws: Aws, name: str, given: Inputs) -> Created:
    """A state machine."""
    physical = given.get("name") or autoname(name)
    definition = orjson.dumps(orjson.loads(given["definition"])).decode()
    arn = aws.client("stepfunctions").create_state_machine(
        name=physical, definition=definition, roleArn=given["roleArn"], type=given.get("type") or "STANDARD"
    )["stateMachineArn"]
    return Created(arn, {"arn": arn, "name": physical}, note=MACHINE_NOTE)


def schedule(aws: Aws, name: str, given: Inputs) -> Created:
    """A schedule that calls a function."""
    physical = given.get("name") or autoname(name)
    arn = aws.client("scheduler").create_schedule(
        Name=physical,
        Description=given.get("description") or "",
        ScheduleExpression=given["scheduleExpression"],
        FlexibleTimeWindow={"Mode": given.block("flexibleTimeWindow")["mode"]},
        Target=pascal(given.block("target")),
    )["ScheduleArn"]
    return Created(physical, {"arn": arn, "name": physical})
