"""Services without Docker: real processes of tasks, with the rights of their roles, on a real emulator."""

import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import attrs
import orjson
import pytest

from local import emulator, processes, renewal, tasks
from local.aws import Aws
from local.home import Home
from local.resources import Inputs, containers, identity, messages
from local.resources.identity import STARTER_NOTE, with_starter
from local.status import ResourceStatus
from local.tasks import TaskProcess

SECONDS = 20
TRUST = orjson.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}},
            }
        ],
    }
).decode()
GROUP = "/foreman/dev/containers-worker"
WORK = """
import os, signal, sys, boto3
sqs, s3 = boto3.client("sqs"), boto3.client("s3")

def say(what):
    print(what, flush=True)

def end(*_):
    say("ended in peace")
    sys.exit(0)

signal.signal(signal.SIGTERM, end)
say("port " + os.environ.get("PORT", "none"))
for message in sqs.receive_message(QueueUrl=os.environ["WORK_QUEUE_URL"], WaitTimeSeconds=10)["Messages"]:
    say("took " + message["Body"])
try:
    s3.list_buckets()
except s3.exceptions.ClientError as error:
    say("refused " + error.response["Error"]["Code"])
signal.pause()
"""
"""A worker: it takes a message, tries what it must not do, and waits for its end."""


@pytest.fixture
def aws(home: Home, tmp_path: Path) -> Generator[Aws]:
    port = emulator.choose_port(None, None)
    pid = emulator.start(home, port, lambda _: None)
    yield Aws(emulator.endpoint(port), "eu-central-1", tmp_path)
    emulator.stop(pid, home)


def waits_for(what: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while not what() and time.monotonic() < deadline:
        time.sleep(processes.POLL_SECONDS)
    return what()


def defined(aws: Aws, queue_url: str, queue_arn: str, image: str) -> TaskProcess:
    """A task that may take messages from one queue, as the program would declare it."""
    role = identity.role(aws, "worker-role", Inputs({"assumeRolePolicy": TRUST}))
    statement = {"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": queue_arn}
    document = orjson.dumps({"Version": "2012-10-17", "Statement": [statement]}).decode()
    identity.role_policy(aws, "worker-policy", Inputs({"role": role.outputs["name"], "policy": document}))
    definition = containers.task_definition(
        aws,
        "worker-task",
        Inputs(
            {
                "family": "worker",
                "requiresCompatibilities": ["FARGATE"],
                "networkMode": "awsvpc",
                "cpu": "256",
                "memory": "512",
                "taskRoleArn": role.outputs["arn"],
                "executionRoleArn": role.outputs["arn"],
                "containerDefinitions": orjson.dumps(
                    [
                        {
                            "name": "worker",
                            "image": image,
                            "command": ["python", "-c", WORK],
                            "environment": [
                                {"name": "WORK_QUEUE_URL", "value": queue_url},
                                {"name": "AWS_DEFAULT_REGION", "value": aws.region},
                                {"name": "TMPDIR", "value": "/scratch"},
                            ],
                            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": GROUP}},
                        }
                    ]
                ).decode(),
            }
        ),
    )
    aws.service_port = 4711
    containers.service(
        aws,
        "worker-service",
        Inputs({"taskDefinition": definition.id, "loadBalancers": [{"containerPort": 1}]}),
    )
    (task,) = aws.tasks
    return task


@pytest.mark.e2e
def test_a_service_is_a_process_with_the_rights_of_its_task(home: Home, aws: Aws) -> None:
    queue = messages.queue(aws, "work", Inputs({}))
    aws.client("sqs").send_message(QueueUrl=queue.outputs["url"], MessageBody="a job")
    aws.client("logs").create_log_group(logGroupName=GROUP)
    task = defined(aws, queue.outputs["url"], queue.outputs["arn"], "registry.example/image@sha256:0")

    (running,) = tasks.start(home, [task], aws, lambda _: None)
    assert running.pid is not None
    log = tasks.log_of(home, running)
    assert waits_for(lambda: "refused" in log.read_text()), log.read_text()
    assert log.read_text().splitlines() == ["port 4711", "took a job", "refused AccessDenied"]
    assert processes.belongs(running.pid, home)
    assert log.stat().st_mode & 0o077 == 0
    listed = (ResourceStatus("aws:ecs/service:Service", "worker-service", "worker-service", "process", "n"),)
    assert tasks.told(home, [running], listed) == listed

    tasks.stop(home, [running])
    assert not processes.belongs(running.pid, home)
    assert log.read_text().splitlines()[-1] == "ended in peace"
    events = aws.client("logs").filter_log_events(logGroupName=GROUP)["events"]
    assert [event["message"].rstrip() for event in events] == log.read_text().splitlines()
    assert running.log_driver is not None
    assert not processes.belongs(running.log_driver, home)
    (status,) = tasks.told(home, [running], listed)
    assert status.note == "HAS ENDED; n"


def test_a_process_finds_its_task_and_the_emulator_in_its_environment_and_nothing_of_the_users(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "HTTPS_PROXY", "PYTHONPATH", "FOREMAN_SECRET"):
        monkeypatch.setenv(name, "of the user")
    task = TaskProcess(
        name="web",
        command=("python",),
        environment={"LEDGER_TABLE": "t", "TMPDIR": "/scratch", "PORT": "8443"},
        role="r",
        built=False,
        port=4711,
    )
    credentials = {"AccessKeyId": "a", "SecretAccessKey": "b", "SessionToken": "c"}
    made = tasks.environment(home, task, "http://127.0.0.1:1", credentials, Path(sys.executable).parent)
    assert "of the user" not in made.values()
    assert (made["LEDGER_TABLE"], made["PORT"], made["TMPDIR"]) == ("t", "4711", str(home.temporary))
    assert made["BIND_HOST"] == "127.0.0.1"
    assert made["AWS_SESSION_TOKEN"] == "c"


def test_a_task_moves_with_its_stack() -> None:
    task = TaskProcess(
        name="worker",
        command=("python",),
        environment={"WORK_QUEUE_URL": "http://127.0.0.1:1/000000000000/work", "CHUNK_ROWS": "1"},
        role="r",
        built=True,
    )
    moved = renewal.moved_task(task, "http://127.0.0.1:2")
    assert moved.environment["WORK_QUEUE_URL"] == "http://127.0.0.1:2/000000000000/work"
    assert attrs.evolve(moved, environment=task.environment) == task


def test_only_the_role_of_a_task_is_open_to_who_starts_its_process() -> None:
    text, note = with_starter(TRUST, "000000000000")
    assert note == STARTER_NOTE
    assert orjson.loads(text)["Statement"][1]["Principal"] == {"AWS": "arn:aws:iam::000000000000:root"}
    of_lambda = TRUST.replace("ecs-tasks", "lambda")
    assert with_starter(of_lambda, "000000000000") == (of_lambda, "")
