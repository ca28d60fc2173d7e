"""Foreman's GraphQL API as its own steps call it: signed, with a time-out; HTTP 200 alone is no success."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from gql import GraphQLRequest
from gql.transport.exceptions import TransportError
from gql.transport.requests import RequestsHTTPTransport
from requests.auth import AuthBase

from foreman_core.errors import Unavailable

TIMEOUT_S: Final = 35
"""A little more than the 30 s after which AppSync gives up:
https://docs.aws.amazon.com/general/latest/gr/appsync.html"""


class GraphQL(Protocol):
    """Whatever answers GraphQL operations."""

    def ask(self, document: str, variables: Mapping[str, object]) -> dict[str, Any]:
        """The `data` of the answer; Unavailable when there is none, or when it comes with errors."""
        ...


class Api:
    """The API at `url`, with `auth` on every request; the connection is kept."""

    def __init__(self, url: str, auth: AuthBase) -> None:
        self._transport = RequestsHTTPTransport(url=url, auth=auth, timeout=TIMEOUT_S)
        self._transport.connect()

    def ask(self, document: str, variables: Mapping[str, object]) -> dict[str, Any]:
        """See `GraphQL.ask`. Values of rows never get into the exception's message."""
        request = GraphQLRequest(document, variable_values=dict(variables))
        try:
            answer = self._transport.execute(request)
        except TransportError as error:
            raise Unavailable("api", f"the GraphQL API did not answer ({type(error).__name__})") from None
        if answer.errors or answer.data is None:
            kinds = {_kind(error) for error in answer.errors or []} or {"no data"}
            raise Unavailable("api", f"the GraphQL API failed: {', '.join(sorted(kinds))}")
        return answer.data


def _kind(error: Any) -> str:  # noqa: ANN401 - AppSync's shape, not the specification's
    try:
        return str(error["errorType"])
    except (KeyError, TypeError):
        return "unnamed error"
