"""The command line's GraphQL client: the stack's API key, a time-out, and errors that say what to do."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self, cast
from urllib.parse import urlsplit

from attrs import asdict
from gql import GraphQLRequest
from gql.transport.exceptions import TransportError, TransportServerError
from gql.transport.requests import RequestsHTTPTransport

from cli._job import SELECTION, JobView, view
from cli._send import Sent
from foreman_core.errors import Conflict, ForemanError, Refused, Unavailable
from foreman_core.mapping import Decided, as_json
from foreman_core.models import Options, Progress

TIMEOUT_SECONDS: Final = 35
"""A little more than the 30 s that AppSync gives a request."""

PAGE: Final = 50
LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}

_REFUSALS: Final = {"ValidationFailed": "validation-failed", "NotFound": "not-found", "Refused": "refused"}


class Api:
    """Requests to one stack's GraphQL API. Use as a context manager: it holds a connection."""

    def __init__(self, *, url: str, api_key: str, timeout: int = TIMEOUT_SECONDS) -> None:
        self._url = url
        self._transport = RequestsHTTPTransport(url=url, headers={"x-api-key": api_key}, timeout=timeout)

    def __enter__(self) -> Self:
        self._transport.connect()
        session = self._transport.session
        if session is not None and urlsplit(self._url).hostname in LOOPBACK:
            session.trust_env = False  # a proxy cannot reach this machine's loopback
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def ask(self, document: str, **variables: object) -> dict[str, Any]:
        """Send one operation and give back its `data`.

        Raises Refused or Conflict when the API says so, Unavailable when it failed or did not answer:
        HTTP 200 with errors is a failure too.
        """
        request = GraphQLRequest(document, variable_values=variables)
        try:
            answer = self._transport.execute(request)
        except TransportServerError as error:
            raise _refused_by_http(error.code, self._url) from error
        except TransportError as error:
            raise Unavailable("network", f"{self._url} did not answer ({error}). {_LOOK}") from error
        if answer.errors:
            # the transport hands on what the server sent, whatever its annotation says
            raise _failure(cast("list[dict[str, Any]]", answer.errors))
        return answer.data or {}

    def job(self, job_id: str) -> JobView | None:
        """The job as the ledger has it now, or None when there is none with that id."""
        found = self.ask(f"query($id: ID!) {{ job(id: $id) {{ {SELECTION} }} }}", id=job_id)["job"]
        return None if found is None else view(found)

    def jobs(self, limit: int) -> Iterator[JobView]:
        """The newest `limit` jobs, newest first."""
        token, left = None, limit
        while left > 0:
            page = self.ask(_JOBS, limit=min(left, PAGE), token=token)["jobs"]
            items = page["items"][:left]
            yield from (view(item) for item in items)
            left -= len(items)
            token = page["nextToken"]
            if token is None:
                return

    def start_import(self, sent: Sent, *, mode: str, again: bool, options: Options) -> JobView:
        """Ask for the import of an object that lies in the intake bucket."""
        request = {
            "key": sent.key,
            "version_id": sent.version_id,
            "name": sent.name,
            "mode": mode,
            "again": again,
            "options": asdict(options),
        }
        return view(self.ask(_START, input=request)["startImport"])

    def approve_plan(self, job_id: str) -> JobView:
        """Ask for the load of exactly the plan that the job holds."""
        return view(self.ask(_APPROVE, id=job_id)["approvePlan"])

    def remember_mapping(self, decided: Decided) -> str:
        """Have files with the same columns read so from now on; the signature of these."""
        return str(self.ask(_REMEMBER, mapping=as_json(decided))["rememberMapping"]["signature"])

    def retry_job(self, job_id: str) -> JobView:
        """Ask for a job to go on where it stopped."""
        return view(self.ask(_RETRY, id=job_id)["retryJob"])

    def cancel_job(self, job_id: str) -> JobView:
        """Ask for a job to stop."""
        return view(self.ask(_CANCEL, id=job_id)["cancelJob"])

    def audit_trail(self, job_id: str) -> list[str]:
        """The events of a job's audit trail, each as the text that was hashed."""
        return self.ask("query($id: ID!) { jobAudit(id: $id) }", id=job_id)["jobAudit"]

    def progress(self, job_id: str) -> Progress:
        """How far the chunks of a job are."""
        document = "query($id: ID!) { jobProgress(id: $id) { planned loaded } }"
        return Progress(**self.ask(document, id=job_id)["jobProgress"])

    def subscriptions(self) -> list[dict[str, Any]]:
        """Who is told of the ends of jobs."""
        return self.ask(f"query {{ subscriptions {{ {_SUBSCRIPTION} }} }}")["subscriptions"]

    def add_subscription(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Have somebody told; of a webhook, the answer alone has the secret."""
        return self.ask(_ADD_SUBSCRIPTION, input=given)["addSubscription"]

    def remove_subscription(self, subscription_id: str) -> dict[str, Any]:
        """Tell somebody no more."""
        return self.ask(_REMOVE_SUBSCRIPTION, id=subscription_id)["removeSubscription"]

    def test_subscription(self, subscription_id: str) -> dict[str, Any]:
        """Have a test sent."""
        return self.ask(_TEST_SUBSCRIPTION, id=subscription_id)["testSubscription"]

    def undo_job(self, job_id: str, *, dry_run: bool) -> JobView:
        """Ask for the undo of a job; the job that does it."""
        return view(self.ask(_UNDO, id=job_id, dry_run=dry_run)["undoJob"])


_LOOK: Final = "Look at the stack with ./foreman status, or start it with ./foreman up."
_JOBS: Final = f"""query($limit: Int, $token: String) {{
  jobs(limit: $limit, nextToken: $token) {{ items {{ {SELECTION} }} nextToken }}
}}"""
_START: Final = f"mutation($input: StartImportInput!) {{ startImport(input: $input) {{ {SELECTION} }} }}"
_APPROVE: Final = f"mutation($id: ID!) {{ approvePlan(id: $id) {{ {SELECTION} }} }}"
_RETRY: Final = f"mutation($id: ID!) {{ retryJob(id: $id) {{ {SELECTION} }} }}"
_CANCEL: Final = f"mutation($id: ID!) {{ cancelJob(id: $id) {{ {SELECTION} }} }}"
_UNDO: Final = f"""mutation($id: ID!, $dry_run: Boolean) {{
  undoJob(id: $id, dry_run: $dry_run) {{ {SELECTION} }}
}}"""
_REMEMBER: Final = "mutation($mapping: String!) { rememberMapping(mapping: $mapping) { signature } }"

_SUBSCRIPTION: Final = (
    "id channel address customer on digest created_at delivered_at failure { at what attempt }"
)
_ADD_SUBSCRIPTION: Final = f"""mutation($input: AddSubscriptionInput!) {{
  addSubscription(input: $input) {{ {_SUBSCRIPTION} secret }}
}}"""
_REMOVE_SUBSCRIPTION: Final = f"mutation($id: ID!) {{ removeSubscription(id: $id) {{ {_SUBSCRIPTION} }} }}"
_TEST_SUBSCRIPTION: Final = f"mutation($id: ID!) {{ testSubscription(id: $id) {{ {_SUBSCRIPTION} }} }}"


def _refused_by_http(status: int | None, url: str) -> ForemanError:
    if status in {401, 403}:
        return Refused(
            "unauthorized", f"{url} does not accept the API key. Take the current one: ./foreman outputs."
        )
    return Unavailable("network", f"{url} answered HTTP {status}. {_LOOK}")


def _failure(errors: list[dict[str, Any]]) -> ForemanError:
    """The exception for a GraphQL `errors` list; the first error that names its type decides."""
    first = next((error for error in errors if error.get("errorType")), errors[0])
    kind = str(first.get("errorType") or "InternalError")
    message = str(first.get("message") or kind) + _details(first.get("errorInfo"))
    if "Unauthorized" in kind:
        return Refused("unauthorized", f"{message} Take the current API key: ./foreman outputs.")
    if kind in _REFUSALS:
        return Refused(_code(first) or _REFUSALS[kind], message)
    if kind == "Conflict":
        return Conflict(_code(first) or "conflict", message)
    return Unavailable("api", f"the API failed ({kind}): {message}")


def _code(error: Mapping[str, Any]) -> str | None:
    info: object = error.get("errorInfo")
    code = cast("dict[str, object]", info).get("code") if isinstance(info, dict) else None
    return code if isinstance(code, str) else None


def _details(info: object) -> str:
    """The first issues of a ValidationFailed, in one line."""
    if not isinstance(info, list):
        return ""
    items = cast("list[dict[str, object]]", info)[:3]
    return "".join(f" {item.get('field', '')}: {item.get('message', '')}" for item in items)
