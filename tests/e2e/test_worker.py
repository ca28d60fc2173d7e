"""The worker as a process of its own, on the emulator: what it does, and what is left when it is ended."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from attrs import define

from components._state_machine import TIMEOUT_S, Definition, definition
from tests.e2e.client import Client, job_id, wait
from tests.e2e.test_faults import stored
from tests.e2e.test_files import customers, fates, unique

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

ROOT = Path(__file__).parents[2]
ROWS = 2400
CHUNK_ROWS = 50
LEASE_S = 3
DONE = ["PrepareOnWorker", "Gate", "LoadOnWorker", "Notify", "Done"]


@define
class Workshop:
    """The queue that the state machine puts its work into, and workers that take from it."""

    client: Client
    queue_url: str
    folder: Path
    processes: list[subprocess.Popen[bytes]]

    def drop(self, rows: int = ROWS) -> str:
        """Drop a file; the id of its job."""
        mark, key = unique(), f"incoming/work-{unique()}.csv"
        body = customers(*({"customer_id": f"{mark}-{n}"} for n in range(rows)))
        return job_id(self.client.outputs["intake_bucket"], key, self.client.put(key, body))

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """A worker that has begun to look for work."""
        log = self.folder / f"worker-{len(self.processes)}.log"
        kwargs = self.client.stack.session_kwargs()
        given = {
            "AWS_ACCESS_KEY_ID": kwargs["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": kwargs["aws_secret_access_key"],
            "AWS_DEFAULT_REGION": kwargs["region_name"],
            "AWS_ENDPOINT_URL": kwargs["endpoint_url"],
            "APPROVAL": "never",
            "CHUNK_ROWS": str(CHUNK_ROWS),
            "FUNCTION_BYTES": "0",
            "FUNCTION_CHUNKS": "0",
            "GRAPHQL_URL": self.client.outputs["graphql_url"],
            "INTAKE_BUCKET": self.client.outputs["intake_bucket"],
            "LEASE_S": str(LEASE_S),
            "LEDGER_TABLE": self.client.outputs["ledger_table"],
            "RECEIPT_KEY": self.client.receipt_key(),
            "RECORDS_TABLE": self.client.outputs["records_table"],
            "STOP_S": "20",
            "TMPDIR": str(self.folder),
            "WORKER_BYTES": "1",
            "WORKER_THREADS": "2",
            "WORK_QUEUE_URL": self.queue_url,
            **environment,
        }
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        command = [sys.executable, "-m", "handlers.worker"]
        with log.open("wb") as out:
            process = subprocess.Popen(command, cwd=ROOT, env={**kept, **given}, stdout=out, stderr=out)
        self.processes.append(process)
        wait(lambda: b"worker_ready" in log.read_bytes() or None, "a worker to be ready")
        return process

    def said(self) -> list[str]:
        """The events that the workers have logged."""
        files = sorted(self.folder.glob("worker-*.log"))
        lines = [line for file in files for line in file.read_text().splitlines() if line.startswith("{")]
        return [json.loads(line)["event"] for line in lines]

    def in_the_middle(self, job: str) -> None:
        """Wait until some rows of a job are stored, and not all."""
        wait(lambda: 0 < stored(self.client, job) < ROWS or None, "the load to be in its middle")

    def whole(self, job: str) -> None:
        """A job that has ended well: every record once, one execution, one notice."""
        done = self.client.job_in(job, "succeeded")
        assert fates(done) == {"read": ROWS, "accepted": ROWS, "created": ROWS}
        found = self.client.customers(_job=job)
        assert len({record["customer_id"] for record in found}) == len(found) == ROWS
        assert {record["_meta"]["version"] for record in found} == {1}
        assert self.client.executions(job) == ["SUCCEEDED"]
        assert len(self.client.notices(job)) == 1

    def queue_is_empty(self) -> None:
        """Wait until no message is left, not even one that a worker holds."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def empty() -> bool | None:
            found = self.client.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
            return all(number == "0" for number in found["Attributes"].values()) or None

        wait(empty, "the queue of work to be empty")


@pytest.fixture
def workshop(client: Client, tmp_path: Path) -> Generator[Workshop]:
    """For a while every file is one for workers: the stack's state machine has states for them."""
    name = f"work-{unique()}"
    client.sqs.create_queue(QueueName=name)
    queue_url = f"{client.outputs['intake_queue_url'].rpartition('/')[0]}/{name}"
    arn = client.outputs["state_machine_arn"]
    before = client.states.describe_state_machine(stateMachineArn=arn)
    functions = arn.replace(":states:", ":lambda:").partition(":stateMachine:")[0]
    with_workers = definition(
        Definition(
            functions={role: f"{functions}:function:foreman-local-{role}" for role in TIMEOUT_S},
            bucket=client.outputs["intake_bucket"],
            ledger_table=client.outputs["ledger_table"],
            topic_arn=client.outputs["notification_topic_arn"],
            max_concurrency=4,
            tolerated_percent=50,
            approval_hours=1,
            work_queue_url=queue_url,
        )
    )
    kwargs: Any = client.stack.session_kwargs()
    iam: IAMClient = boto3.client("iam", **kwargs)  # pyright: ignore[reportUnknownMemberType]
    role = before["roleArn"].rpartition("/")[2]
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    made = Workshop(client, queue_url, tmp_path, [])
    with ExitStack() as stack:
        iam.put_role_policy(
            RoleName=role,
            PolicyName=name,
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
        )
        stack.callback(lambda: iam.delete_role_policy(RoleName=role, PolicyName=name))
        client.states.update_state_machine(stateMachineArn=arn, definition=json.dumps(with_workers))
        stack.callback(
            lambda: client.states.update_state_machine(stateMachineArn=arn, definition=before["definition"])
        )
        for each in ("ingest", "seal", "undo"):
            stack.enter_context(client.environment(each, WORKER_BYTES="1"))
        yield made
        for process in made.processes:
            process.kill()
            process.wait(10)


def test_a_worker_does_both_phases_of_a_job(workshop: Workshop) -> None:
    workshop.worker()
    job = workshop.drop()
    workshop.whole(job)
    assert workshop.client.states_of(job)[-5:] == DONE
    workshop.queue_is_empty()
    assert workshop.said().count("work_done") == 2


def test_sigterm_hands_the_work_back_and_another_worker_does_the_rest(workshop: Workshop) -> None:
    first = workshop.worker()
    job = workshop.drop()
    workshop.in_the_middle(job)
    first.send_signal(signal.SIGTERM)
    assert first.wait(30) == 0
    assert 0 < stored(workshop.client, job) < ROWS
    assert "work_handed_back" in workshop.said()
    workshop.worker()
    workshop.whole(job)


def test_after_sigkill_the_lease_ends_and_another_worker_takes_over(workshop: Workshop) -> None:
    first = workshop.worker()
    job = workshop.drop()
    workshop.in_the_middle(job)
    first.kill()
    assert 0 < stored(workshop.client, job) < ROWS
    workshop.worker()
    workshop.whole(job)


def test_two_workers_are_not_at_one_job(workshop: Workshop) -> None:
    for _ in range(2):
        workshop.worker()
    job = workshop.drop()
    workshop.in_the_middle(job)
    again = {"job_id": job, "attempt": 1, "phase": "load", "token": "another"}
    workshop.client.sqs.send_message(QueueUrl=workshop.queue_url, MessageBody=json.dumps(again))
    workshop.whole(job)
    wait(lambda: {"work_waits", "work_superseded"} & set(workshop.said()) or None, "it to be noticed")
    assert workshop.said().count("work_done") == 2


def test_work_of_an_attempt_that_was_followed_by_another_is_dropped(workshop: Workshop) -> None:
    workshop.worker()
    job = workshop.drop()
    workshop.whole(job)
    old = {"job_id": job, "attempt": 0, "phase": "load", "token": "old"}
    workshop.client.sqs.send_message(QueueUrl=workshop.queue_url, MessageBody=json.dumps(old))
    wait(lambda: "work_superseded" in workshop.said() or None, "the message to be dropped")
    workshop.queue_is_empty()


def test_what_breaks_in_a_worker_is_told_to_the_state_machine(workshop: Workshop) -> None:
    broken = workshop.worker(GRAPHQL_URL="http://127.0.0.1:9")
    job = workshop.drop()
    wait(lambda: "work_failed" in workshop.said() or None, "the load to fail")
    broken.kill()
    workshop.worker()
    workshop.whole(job)


def test_the_health_check_tells_a_living_worker_from_none(workshop: Workshop) -> None:
    process = workshop.worker()
    environment = dict(
        pair.split("=", 1)
        for pair in Path(f"/proc/{process.pid}/environ").read_text().rstrip("\0").split("\0")
    )

    def check() -> int:
        command = [sys.executable, "-m", "handlers._alive"]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False, timeout=30).returncode

    assert check() == 0
    alive = workshop.folder / "foreman-worker-alive"
    os.utime(alive, (0, 0))
    process.kill()
    assert check() == 1
