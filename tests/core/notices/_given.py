"""A job that has ended, and a real receiver of webhooks."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs

from foreman_core.models import Counts, Job, JobState, Moment, Source

AT = "2026-06-01T10:00:00.000Z"
JOB = Job(
    id="job-1",
    state=JobState.PARTIALLY_SUCCEEDED,
    mode="load",
    record_type="customer",
    source=Source(bucket="intake", key="incoming/acme/june.csv", version_id="v", name="june.csv"),
    created_at=AT,
    updated_at=AT,
    counts=Counts(read=4, accepted=2, rejected=1, blank=1, created=1, unchanged=1),
    issues_by_code={"format": 1, "required": 3, "type": 1},
    timeline=(Moment(state=JobState.RECEIVED, at=AT),),
)


def a_job(**changed: Any) -> Job:  # noqa: ANN401 - any field
    return attrs.evolve(JOB, **changed)


class Receiver(ThreadingHTTPServer):
    """Keeps requests, and answers as it is told: with the statuses in turn, the last one for good."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses = [204]
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?a=b"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.path, headers, body))
        if self.server.answer is not None:
            self.server.answer(self)
            return
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - as it is called there
        del format


@contextmanager
def receiver() -> Generator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(5)
