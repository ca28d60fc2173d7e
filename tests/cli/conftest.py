"""A stack as the command line sees it: its GraphQL API and its bucket, on loopback, in this process."""

import json
import threading
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from attrs import define, field, frozen

from cli import _follow
from cli.main import run as run_command
from local import stack as local_stack
from local.stack import LocalStack

API_KEY = "da2-secret-of-the-test"
SECRET = "whsec_shown-once"
JOB_ID = "job-aaaaaaaaaaaaaaaaaaaaaaaaaa"
EARLIER = "job-bbbbbbbbbbbbbbbbbbbbbbbbbb"
NO_SUCH_KEY = b"<Error><Code>NoSuchKey</Code><Message>There is no such key.</Message></Error>"


def job(job_id: str = JOB_ID, state: str = "succeeded", **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - as GraphQL has it
    """A job as GraphQL gives it."""
    counts = dict.fromkeys(
        (
            "read",
            "accepted",
            "rejected",
            "duplicate",
            "blank",
            "created",
            "updated",
            "deleted",
            "unchanged",
            "kept",
            "conflict",
            "pending",
        ),
        0,
    )
    return {
        "id": job_id,
        "state": state,
        "mode": "load",
        "record_type": "customer",
        "plan_id": None,
        "chunks": 1,
        "duplicate_of": None,
        "undoes": None,
        "dry_run": False,
        "created_at": "2026-01-02T03:04:05.000000Z",
        "updated_at": "2026-01-02T03:04:07.500000Z",
        "issues_by_code": "{}",
        "issues_by_field": "{}",
        "changes_by_field": "{}",
        "source": {
            "bucket": "intake",
            "key": "incoming/sample.csv",
            "version_id": "v1",
            "name": "sample.csv",
            "bytes": 1234.0,
            "sha256": "ab" * 32,
        },
        "reason": None,
        "timeline": [
            {"state": "received", "at": "2026-01-02T03:04:05.000000Z"},
            {"state": state, "at": "2026-01-02T03:04:07.500000Z"},
        ],
        **changed,
        "counts": {**counts, **changed.get("counts", {})},
    }


def duplicate(**changed: Any) -> dict[str, Any]:  # noqa: ANN401
    """A job that ended because an earlier one has the same content."""
    reason = {"code": "duplicate-file", "message": f"{EARLIER} has loaded the same content."}
    return job(state="cancelled", duplicate_of=EARLIER, reason=reason, **changed)


@define
class Stack:
    """What the fake stack holds, and what it was asked."""

    port: int = 0
    jobs: list[dict[str, Any] | None] = field(factory=list[dict[str, Any] | None])
    listed: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    started: dict[str, Any] = field(factory=job)
    records: dict[str, list[dict[str, Any]]] = field(factory=dict[str, list[dict[str, Any]]])
    objects: dict[str, bytes] = field(factory=dict[str, bytes])
    metadata: dict[str, str] = field(factory=dict[str, str])
    trail: list[str] = field(factory=list[str])
    progress: dict[str, int] = field(factory=lambda: {"planned": 0, "loaded": 0})
    subscribed: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    errors: list[dict[str, Any]] | None = None
    status: int = 200
    failures: int = 0
    asked: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    keys: list[str | None] = field(factory=list[str | None])

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def running(self) -> LocalStack:
        """The stack as `local` would describe it."""
        return LocalStack(
            endpoint=self.endpoint,
            region="eu-central-1",
            port=self.port,
            pid=4711,
            outputs={
                "graphql_url": f"{self.endpoint}/graphql",
                "api_key": API_KEY,
                "intake_bucket": "intake",
                "region": "eu-central-1",
            },
            resources=(
                local_stack.ResourceStatus("aws:s3/bucket:Bucket", "intake", "intake", "emulated"),
                local_stack.ResourceStatus(
                    "aws:cloudwatch/dashboard:Dashboard", "b", "", "metadata", "shown"
                ),
            ),
        )

    def variables(self, operation: str) -> dict[str, Any]:
        """The variables of the last request for `operation`."""
        return next(request["variables"] for request in reversed(self.asked) if operation in request["query"])

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a GraphQL request."""
        self.asked.append(request)
        query = str(request["query"])
        variables: dict[str, Any] = request.get("variables") or {}
        if self.errors is not None:
            return {"data": None, "errors": self.errors}
        answers: dict[str, Callable[[], object]] = {
            "startImport(": lambda: self.started,
            "approvePlan(": lambda: self.started,
            "undoJob(": lambda: self.started,
            "retryJob(": lambda: self.started,
            "cancelJob(": lambda: self.started,
            "jobAudit(": lambda: self.trail,
            "jobProgress(": lambda: self.progress,
            "rememberMapping(": lambda: {"signature": "ab" * 16},
            "addSubscription(": lambda: {**self.subscribed[0], "secret": SECRET},
            "removeSubscription(": lambda: self.subscribed[0],
            "testSubscription(": lambda: self.subscribed[0],
            "subscriptions {": lambda: self.subscribed,
            "jobs(": lambda: self._page(variables),
            "job(": lambda: self.jobs[0] if len(self.jobs) == 1 else self.jobs.pop(0),
            "customers(": lambda: {"items": self.records[variables["filter"]["_job"]], "nextToken": None},
        }
        operation = next(name for name in answers if name in query)
        return {"data": {operation.rstrip(" {("): answers[operation]()}}

    def _page(self, variables: dict[str, Any]) -> dict[str, Any]:
        start = int(variables.get("token") or 0)
        end = start + variables["limit"]
        return {"items": self.listed[start:end], "nextToken": str(end) if end < len(self.listed) else None}


class Handler(BaseHTTPRequestHandler):
    """GraphQL at POST /graphql, S3 everywhere else."""

    stack: Stack

    def do_POST(self) -> None:
        self.stack.keys.append(self.headers.get("x-api-key"))
        request = json.loads(self._body())
        if self.stack.failures:
            self.stack.failures -= 1
            self._send(502, b"bad gateway")
        elif self.stack.status != 200:
            self._send(self.stack.status, b"no")
        else:
            self._send(200, json.dumps(self.stack.answer(request)).encode(), "application/json")

    def do_PUT(self) -> None:
        key = self.path.partition("?")[0].lstrip("/")
        self.stack.objects[key] = self._body()
        said = self.headers.get("x-amz-meta-foreman")
        if said is not None:
            self.stack.metadata[key] = said
        self._send(200, b"", headers={"x-amz-version-id": "v1", "ETag": '"e"'})

    def do_GET(self) -> None:
        found = self.stack.objects.get(self.path.partition("?")[0].lstrip("/"))
        self._send(404 if found is None else 200, NO_SUCH_KEY if found is None else found)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        parts: list[bytes] = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        return b"".join(parts)

    def _send(
        self, status: int, body: bytes, kind: str = "text/plain", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Generator[Stack]:
    """The fake stack; the command line doesn't know of it yet."""
    stack = Stack()
    handler = type("HandlerOfThisTest", (Handler,), {"stack": stack})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        httpd.daemon_threads = True
        stack.port = httpd.server_address[1]
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield stack
        httpd.shutdown()
        thread.join(timeout=5)


@pytest.fixture
def stack(server: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The fake stack as the local one that runs."""
    monkeypatch.setattr(local_stack, "current", server.running)
    monkeypatch.setattr(_follow, "FIRST_WAIT", 0.01)
    return server


@pytest.fixture
def no_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """No local stack runs."""
    monkeypatch.setattr(local_stack, "current", lambda: None)


@frozen
class Done:
    """What a command left: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Its one JSON document."""
        return json.loads(self.out)


Foreman = Callable[..., Done]


@pytest.fixture
def foreman(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Foreman:
    """Runs one command line in this process."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*argv: str) -> Done:
        code = run_command(argv)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run
