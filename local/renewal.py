"""What is brought up to date in a stack that was stored: code, dependencies, addresses, interrupted jobs."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import orjson
from botocore.exceptions import ClientError

from bundling import Bundle
from local import emulator
from local.aws import Aws
from local.home import Home
from local.layers import modules_of
from local.state import State
from local.status import ResourceStatus
from local.tasks import TaskProcess

FUNCTION: Final = "aws:lambda/function:Function"
MACHINE: Final = "aws:sfn/stateMachine:StateMachine"
LOOKS: Final = {
    FUNCTION: ("lambda", "get_function_configuration", "FunctionName"),
    MACHINE: ("stepfunctions", "describe_state_machine", "stateMachineArn"),
    "aws:appsync/graphQLApi:GraphQLApi": ("appsync", "get_graphql_api", "apiId"),
    "aws:dynamodb/table:Table": ("dynamodb", "describe_table", "TableName"),
    "aws:s3/bucket:Bucket": ("s3", "head_bucket", "Bucket"),
}
"""How to see that a resource is there: service, operation, and the parameter that takes its id."""

SWEEPER: Final = "-sweep"
"""How the name of the function ends that starts jobs again which stand still."""

_ENDPOINT: Final = re.compile(r"http://127\.0\.0\.1:\d+")
_QUEUE: Final = re.compile(r"(http://localhost:)\d+(/\d{12}/)")


def is_stored(aws: Aws, resources: tuple[ResourceStatus, ...]) -> bool:
    """True when the emulator has what the stack is made of."""
    return all(_exists(aws, resource) for resource in resources if resource.type in LOOKS)


def renew_functions(
    aws: Aws, remembered: State, bundle: Bundle, port: int, progress: Callable[[str], None]
) -> None:
    """Bring code, dependencies and addresses of every function up to date, where they are not."""
    new_code = bundle.code_sha256 != remembered.code
    folders = moved_folders(aws.layers, remembered, bundle)
    new_surroundings = port != remembered.port or bool(folders)
    if not (new_code or new_surroundings):
        return
    client = aws.client("lambda")
    for name in _ids(remembered, FUNCTION):
        progress(f"updating {name}")
        if new_code:
            client.update_function_code(FunctionName=name, ZipFile=bundle.code.read_bytes())
        if new_surroundings:
            found: dict[str, Any] = client.get_function_configuration(FunctionName=name)
            variables = {
                key: moved(value, aws.endpoint, folders)
                for key, value in found["Environment"]["Variables"].items()
            }
            client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def moved(text: str, endpoint: str, folders: Mapping[str, str]) -> str:
    """A text whose addresses of the stack are those at `endpoint`, and whose folders are the new ones."""
    text = _ENDPOINT.sub(endpoint, text)
    for old, new in folders.items():
        text = text.replace(old, new)
    return text


def moved_task(task: TaskProcess, endpoint: str) -> TaskProcess:
    """What runs for a service, with the stack's addresses at `endpoint`, and a port that is free."""
    return attrs.evolve(
        task,
        environment={name: moved(value, endpoint, {}) for name, value in task.environment.items()},
        port=None if task.port is None else emulator.choose_port(None, task.port),
    )


def moved_folders(layers: Path, remembered: State, bundle: Bundle) -> dict[str, str]:
    """The folders of the layers whose content has changed: old -> new."""
    changed = ((remembered.layer, bundle.layer_sha256), (remembered.polars, bundle.polars_sha256))
    return {str(modules_of(layers, old)): str(modules_of(layers, new)) for old, new in changed if old != new}


def move_queues(home: Home, port: int) -> None:
    """Give the stored queues the addresses of `port`: by its address the emulator finds a queue."""
    stored = home.data / "state" / "sqs.json"
    if stored.exists():
        stored.write_text(
            _QUEUE.sub(rf"\g<1>{port}\g<2>", stored.read_text(encoding="utf-8")), encoding="utf-8"
        )


def resume_jobs(aws: Aws, remembered: State, progress: Callable[[str], None]) -> None:
    """Have the sweeper start the jobs again that the emulator's end has interrupted, without its usual wait.

    Step Functions on AWS does not stop; in the emulator, an execution ends with the process.
    """
    sweeper = next((name for name in _ids(remembered, FUNCTION) if name.endswith(SWEEPER)), None)
    if sweeper is None:
        return
    answer = aws.client("lambda").invoke(FunctionName=sweeper, Payload=b'{"lease_s": 0}')
    for job in orjson.loads(answer["Payload"].read()).get("restarted", ()):
        progress(f"resuming {job}")


def _ids(remembered: State, kind: str) -> Iterator[str]:
    return (resource.id for resource in remembered.resources if resource.type == kind)


def _exists(aws: Aws, resource: ResourceStatus) -> bool:
    service, operation, parameter = LOOKS[resource.type]
    try:
        getattr(aws.client(service), operation)(**{parameter: resource.id})
    except ClientError:
        return False
    return True
