"""The handlers called in this process, on the emulator, by clients whose HTTP session a test can break."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Final, Literal

import orjson
from attrs import define, field
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from handlers import _clients, imports, ingest, mutate, notify, plan, reconcile, records, seal, validate
from simulation.api import Told, operation

Fault = Literal["lost", "dropped", "throttled", "killed"]
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
    """What stands before the HTTP sessions of all clients: it counts writes, and breaks one of them."""

    broken: int | None = None
    fault: Fault = "lost"
    writes: list[str] = field(factory=list[str])

    def around(self, client: Any) -> None:  # noqa: ANN401 - a client of any service
        """Have the requests of a client come by here; the SDK's retries stay what they are."""
        session = client._endpoint.http_session
        session.send = self._breaking(session.send)

    def _breaking(self, send: Callable[[AWSPreparedRequest], AWSResponse]) -> Callable[..., AWSResponse]:
        def sent(request: AWSPreparedRequest) -> AWSResponse:
            operation = _write(request)
            if operation is None:
                return send(request)
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
