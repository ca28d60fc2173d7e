"""The handlers called in this process, on the emulator, by clients whose HTTP session a test can break."""

import io
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Final, Literal

import orjson
from attrs import define, field
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from urllib3.response import HTTPResponse

from handlers import _clients, imports, ingest, mutate, notify, plan, reconcile, records, seal, validate
from simulation.api import Told, operation

Fault = Literal["lost", "dropped", "throttled", "killed"]
Answers = Callable[[AWSPreparedRequest, AWSResponse], AWSResponse]
FAULTS: Final[tuple[Fault, ...]] = ("lost", "dropped", "throttled", "killed")
WRITES: Final = (
    *("PutItem", "UpdateItem", "TransactWriteItems", "BatchExecuteStatement"),
    *("Publish", "StartExecution"),
)
TRIES: Final = 3
CONTEXT: Any = SimpleNamespace(aws_request_id="here")


class Killed(BaseException):
    """The function is gone."""


@define
class Session:
    """What stands before the HTTP sessions of all clients: it counts writes, and breaks one of them.

    `reads` are the answers that S3's next reads get instead of their own; `dies_at` is the call, of whatever
    kind, from which on the process is dead.
    """

    broken: int | None = None
    fault: Fault = "lost"
    writes: list[str] = field(factory=list[str])
    reads: list[Answers] = field(factory=list[Answers])
    dies_at: int | None = None
    calls: int = 0

    def around(self, client: Any) -> None:  # noqa: ANN401 - a client of any service
        """Have the requests of a client come by here; the SDK's retries stay what they are."""
        session = client._endpoint.http_session
        session.send = self._breaking(session.send)

    def _breaking(self, send: Callable[[AWSPreparedRequest], AWSResponse]) -> Callable[..., AWSResponse]:
        def sent(request: AWSPreparedRequest) -> AWSResponse:
            self.calls += 1
            # also in a thread of the SDK's, whose death it would not notice: the process is dead from now on
            if self.dies_at is not None and self.calls >= self.dies_at:
                raise Killed
            operation = _write(request)
            if operation is None:
                answer = send(request)
                return self.reads.pop(0)(request, answer) if self.reads and _is_read(request) else answer
            self.writes.append(operation)
            if len(self.writes) - 1 != self.broken:
                return send(request)
            if self.fault == "throttled":
                return _throttled(request)
            if self.fault == "dropped":
                raise EndpointConnectionError(endpoint_url=request.url)
            send(request)
            if self.fault == "killed":
                raise Killed
            raise ReadTimeoutError(endpoint_url=request.url)

        return sent


class Here:
    """The API, answered by the resolver in this process."""

    def ask(self, document: str, variables: dict[str, object]) -> dict[str, Any]:
        name, arguments = operation(document)
        given = {argument: variables[variable] for argument, variable in arguments.items()}
        answer = records.handler({"field": name, "arguments": given}, CONTEXT)
        if "error" in answer:
            raise Told(answer["error"]["type"], answer["error"]["message"])
        return {name: answer["data"]}


def here(_url: str) -> Here:
    """The API in this process, whatever its address."""
    return Here()


def no_time(_seconds: float) -> None:
    """Wait, but not long."""


def load(start: dict[str, Any], read: Callable[[str], bytes]) -> str:
    """Take a submitted file all the way, each step tried again when it breaks; the job's id."""
    asked = {"field": "startImport", "arguments": {"input": start}}
    job: str = _insist(lambda: imports.handler(asked, CONTEXT))["data"]["id"]
    at = {"job_id": job}
    assert _insist(lambda: ingest.handler(at, CONTEXT))["next"] == "map"
    judged = _insist(lambda: validate.handler(at, CONTEXT))
    for chunk in _items(read(judged["chunks_key"])):
        _insist(lambda chunk=chunk: plan.handler(chunk, CONTEXT))
    sealed = _insist(lambda: seal.handler(at, CONTEXT))
    for chunk in _items(read(sealed["plan_key"])):
        _insist(lambda chunk=chunk: mutate.handler(chunk, CONTEXT))
    _insist(lambda: reconcile.handler(at, CONTEXT))
    _insist(lambda: notify.handler(at, CONTEXT))
    return job


def clients() -> list[Any]:
    """The clients that the handlers share."""
    return [_clients.dynamodb(), _clients.s3(), _clients.sns(), _clients.states(), _clients.kms()]


def _insist(step: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    for _ in range(TRIES):
        try:
            return step()
        except (Exception, Killed):  # noqa: BLE001, S112 - the state machine tries again whatever it was
            continue
    raise AssertionError("the step stays broken")


def _items(document: bytes) -> Iterator[dict[str, Any]]:
    yield from orjson.loads(document)


def _write(request: AWSPreparedRequest) -> str | None:
    """The name of the operation, when it is one that writes."""
    target = request.headers.get("X-Amz-Target", "")
    name = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
    if not name and b"Action=Publish" in _body(request):
        name = "Publish"
    if name:
        return name if name in WRITES else None
    return "PutObject" if request.method == "PUT" else None


def _is_read(request: AWSPreparedRequest) -> bool:
    """Whether a request reads the content of an object."""
    return request.method == "GET" and "X-Amz-Target" not in request.headers and "?list" not in request.url


def unavailable(status: int) -> Answers:
    """S3 answers with this status."""

    def answer(request: AWSPreparedRequest, _: AWSResponse) -> AWSResponse:
        code = {500: b"InternalError", 503: b"SlowDown"}.get(status, b"Throttling")
        return AWSResponse(
            request.url, status, HTTPHeaders(), _Raw(b"<Error><Code>" + code + b"</Code></Error>")
        )

    return answer


def altered(change: Callable[[bytes], bytes], *, checked: bool = True) -> Answers:
    """The body comes as `change` makes it, with the headers of the whole; unless `checked`, without a
    checksum, as of an object that was uploaded without one.
    """

    def answer(request: AWSPreparedRequest, real: AWSResponse) -> AWSResponse:
        body = change(real.raw.read())
        for name in [name for name in real.headers if name.lower().startswith("x-amz-checksum")]:
            if not checked:
                del real.headers[name]
        raw = HTTPResponse(body=io.BytesIO(body), preload_content=False, headers=dict(real.headers))
        return AWSResponse(request.url, real.status_code, HTTPHeaders.from_dict(dict(real.headers)), raw)

    return answer


def _body(request: AWSPreparedRequest) -> bytes:
    body = request.body
    return body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else b""


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


def _throttled(request: AWSPreparedRequest) -> AWSResponse:
    """An answer that each of the protocols takes for «slow down»."""
    url = request.url
    if "X-Amz-Target" in request.headers:
        body = b'{"__type": "com.amazonaws#ThrottlingException", "message": "slow down"}'
        return AWSResponse(
            url, 400, HTTPHeaders.from_dict({"content-type": "application/x-amz-json-1.0"}), _Raw(body)
        )
    return AWSResponse(url, 503, HTTPHeaders(), _Raw(b"<Error><Code>SlowDown</Code></Error>"))
