"""What the scenarios have of the stack: a bucket to drop into, jobs to wait for, and the table."""

import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import requests
from botocore.config import Config

from foreman_core.identity import job_id
from foreman_core.ledger import Ledger
from foreman_core.models import Job, JobState
from foreman_core.records import Records, StoredRecord
from local import stack as local_stack
from local.stack import LocalStack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

AT_ONCE: Final = 32
"""Uploads side by side."""

LOOK_S: Final = 1.0
"""Between two looks at jobs that are under way: the stack shares the machine with who looks."""

RESTING: Final = {state for state in JobState if state.is_final} | {JobState.NEEDS_REVIEW}


class OverdueError(Exception):
    """Jobs that did not come to an end in time; the message names them and where they stand."""


class Client:
    """A user of the stack, who may also look into its tables."""

    def __init__(self, stack: LocalStack, home: Path) -> None:
        kwargs: Any = stack.session_kwargs()
        config = Config(
            read_timeout=120, retries={"total_max_attempts": 5}, max_pool_connections=AT_ONCE, proxies={}
        )
        self.stack = stack
        self.home = home
        self._s3: S3Client = boto3.client("s3", config=config, **kwargs)  # pyright: ignore[reportUnknownMemberType]
        self._dynamodb: DynamoDBClient = boto3.client("dynamodb", config=config, **kwargs)  # pyright: ignore[reportUnknownMemberType]
        self._outputs = stack.outputs
        self._http = requests.Session()
        self._ledger = Ledger(self._dynamodb, stack.outputs["ledger_table"])
        self._records = Records(self._dynamodb, stack.outputs["records_table"], "customer")

    def drop(self, name: str, body: bytes | Path) -> str:
        """Put a file into the intake bucket; the id of its job."""
        bucket, key = self._outputs["intake_bucket"], f"incoming/{name}"
        if isinstance(body, Path):
            with body.open("rb") as stream:
                version = self._s3.put_object(Bucket=bucket, Key=key, Body=stream)["VersionId"]
        else:
            version = self._s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
        return job_id(bucket=bucket, key=key, version_id=version)

    def drop_all(self, files: Sequence[tuple[str, bytes]]) -> list[str]:
        """Drop files all at once; the ids of their jobs in the same order."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self.drop, [name for name, _ in files], [body for _, body in files]))

    def ended(self, jobs: Iterable[str], *, patience_s: float) -> dict[str, Job]:
        """The jobs by their ids, once all of them rest. OverdueError when that takes too long."""
        waiting, found = set(jobs), dict[str, Job]()
        end = time.monotonic() + patience_s
        while waiting:
            seen = {each: self._ledger.find(each) for each in waiting}
            found |= {each: job for each, job in seen.items() if job is not None and job.state in RESTING}
            waiting -= found.keys()
            if waiting and time.monotonic() > end:
                stand = {each: None if job is None else job.state.value for each, job in seen.items()}
                raise OverdueError(f"{len(waiting)} jobs have not ended after {patience_s:g} s: {stand}")
            if waiting:
                time.sleep(LOOK_S)
        return found

    def stored(self, ids: Iterable[str]) -> Mapping[str, StoredRecord]:
        """The records of these ids that are there."""
        return self._records.get_many(ids)

    def count(self) -> int:
        """How many records the table has. The emulator counts at once; AWS only every six hours."""
        table = self._outputs["records_table"]
        return self._dynamodb.describe_table(TableName=table)["Table"].get("ItemCount", 0)

    def is_readable(self, customer_id: str) -> bool:
        """Whether a record can be read through the API."""
        return self._ask("query($id: ID!) { customer(id: $id) { customer_id } }", id=customer_id) is not None

    def _ask(self, document: str, **variables: str) -> Mapping[str, Any] | None:
        answer = self._http.post(
            self._outputs["graphql_url"],
            json={"query": document, "variables": variables},
            headers={"x-api-key": self._outputs["api_key"]},
            timeout=35,
        ).json()
        if "errors" in answer:
            raise RuntimeError(f"the API answered {answer['errors']}")
        (found,) = answer["data"].values()
        return found


@contextmanager
def running(home: Path) -> Generator[Client]:
    """A stack in a home of its own, created afresh, gone at the end."""
    try:
        yield Client(local_stack.up(fresh=True, home=home, progress=lambda _: None), home)
    finally:
        local_stack.down(home=home, progress=lambda _: None)
