"""One local stack for all end-to-end tests: the real program, the real functions, on the emulator."""

from collections.abc import Generator
from pathlib import Path

import boto3
import pytest

from handlers import _clients, load, mutate
from local import stack as local_stack
from tests.e2e import _faulty
from tests.e2e.client import Client
from tests.e2e.test_files import unique

HERE = Path(__file__).parent
STANDS_STILL = '{"StartAt": "Wait", "States": {"Wait": {"Type": "Pass", "End": true}}}'
CACHED = (_clients.dynamodb, _clients.s3, _clients.sns, _clients.states, _clients.kms)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def stack_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("foreman")


@pytest.fixture(scope="session")
def client(stack_home: Path) -> Generator[Client]:
    running = local_stack.up(home=stack_home, progress=lambda _: None)
    try:
        yield Client(running, stack_home)
    finally:
        local_stack.down(home=stack_home, progress=lambda _: None)


@pytest.fixture
def session(client: Client, monkeypatch: pytest.MonkeyPatch) -> Generator[_faulty.Session]:
    """The handlers in this process, on the stack; a machine that stands still is started by them."""
    kwargs = client.stack.session_kwargs()
    real = client.states.describe_state_machine(stateMachineArn=client.outputs["state_machine_arn"])
    machine = client.states.create_state_machine(
        name=f"still-{unique()}", definition=STANDS_STILL, roleArn=real["roleArn"]
    )
    environment = {
        "AWS_ACCESS_KEY_ID": kwargs["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": kwargs["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": kwargs["region_name"],
        "AWS_ENDPOINT_URL": kwargs["endpoint_url"],
        "APPROVAL": "never",
        "CHUNK_ROWS": "2",
        "FUNCTION_BYTES": "0",
        "FUNCTION_CHUNKS": "0",
        "WORKER_BYTES": "0",
        "GRAPHQL_URL": client.outputs["graphql_url"],
        "INTAKE_BUCKET": client.outputs["intake_bucket"],
        "LEDGER_TABLE": client.outputs["ledger_table"],
        "RECEIPT_KEY": client.receipt_key(),
        "RECORDS_TABLE": client.outputs["records_table"],
        "RECORD_TYPE": "customer",
        "STATE_MACHINE_ARN": machine["stateMachineArn"],
        "TOPIC_ARN": client.outputs["notification_topic_arn"],
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for step in (load, mutate):
        monkeypatch.setattr(step, "_api", _faulty.here)
    monkeypatch.setattr("time.sleep", _faulty.no_time)  # the SDK's waits
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it may know the credentials of another test
    for cached in CACHED:
        cached.cache_clear()
    session = _faulty.Session()
    for each in _faulty.clients():
        session.around(each)
    yield session
    for cached in CACHED:
        cached.cache_clear()
    _take_out_of_work(client, machine["stateMachineArn"])


def _take_out_of_work(client: Client, machine_arn: str) -> None:
    """Nobody is to go on with the jobs of a test's own machine: the stack's sweeper would, all day long."""
    pages = client.states.get_paginator("list_executions").paginate(stateMachineArn=machine_arn)
    names = {execution["name"] for page in pages for execution in page["executions"]}
    for job in {"-".join(name.split("-")[:2]) for name in names}:  # without the number of the attempt
        client.dynamodb.update_item(
            TableName=client.outputs["ledger_table"],
            Key={"pk": {"S": f"JOB#{job}"}, "sk": {"S": "JOB"}},
            UpdateExpression="REMOVE at_work",
            ConditionExpression="attribute_exists(pk)",
        )
