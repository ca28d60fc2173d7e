"""AppSync: an operation becomes the call of one resolver function, and its answer may get lost.

* a request that takes longer than 30 s is given up, while the function goes on:
  https://docs.aws.amazon.com/general/latest/gr/appsync.html
* an error that a resolver tells (`{error}`) or has is in `errors`, with HTTP 200:
  https://docs.aws.amazon.com/appsync/latest/devguide/troubleshooting-and-common-mistakes.html
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
from graphql import FieldNode, OperationDefinitionNode, VariableNode, parse

from foreman_core.errors import Unavailable
from simulation.functions import FunctionFailed, Functions
from simulation.kernel import Killed
from simulation.wire import Wire


class Told(Exception):  # noqa: N818 - an answer, not a failure
    """The API refused: the error's type and message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Api:
    """The API, for steps (`ask`) and for people (`call`); `routes` says which function has which field."""

    def __init__(self, wire: Wire, functions: Functions, routes: Mapping[str, str]) -> None:
        self._wire = wire
        self._functions = functions
        self._routes = routes

    def ask(self, document: str, variables: Mapping[str, object]) -> dict[str, Any]:
        """As `foreman_core.api.GraphQL.ask`."""
        name, arguments = operation(document)
        given = {argument: variables[variable] for argument, variable in arguments.items()}
        try:
            return {name: self.call(name, given)}
        except Told as told:
            raise Unavailable("api", f"the GraphQL API failed: {told.kind}") from None

    def call(self, name: str, arguments: Mapping[str, object]) -> Any:
        """The answer of one field. Told when it is a refusal, Unavailable when there is none."""
        wire = self._wire
        wire.pause()
        fault = wire.fault(writes=True)
        wire.note(f"appsync.{name}" + (f"  !{fault}" if fault else ""))
        event = orjson.loads(orjson.dumps({"field": name, "arguments": arguments}))
        if fault == "killed-before":
            raise Killed
        if fault in ("throttled", "broken", "dropped", "expired"):
            raise Unavailable("api", f"the GraphQL API did not answer ({fault})")
        try:
            answer = orjson.loads(orjson.dumps(self._functions.invoke(self._routes[name], event)))
        except FunctionFailed as failure:
            raise Unavailable("api", f"the GraphQL API failed: {failure.error}") from None
        if fault == "killed-after":
            raise Killed
        if fault is not None:
            raise Unavailable("api", f"the GraphQL API did not answer ({fault})")
        if "error" in answer:
            raise Told(answer["error"]["type"], answer["error"]["message"])
        return answer["data"]


@cache
def operation(document: str) -> tuple[str, Mapping[str, str]]:
    """The one field of an operation, and which variable each of its arguments is."""
    (definition,) = parse(document).definitions
    assert isinstance(definition, OperationDefinitionNode)  # noqa: S101 - for the type checker
    (field,) = definition.selection_set.selections
    assert isinstance(field, FieldNode)  # noqa: S101 - for the type checker
    arguments = {
        argument.name.value: argument.value.name.value
        for argument in field.arguments or ()
        if isinstance(argument.value, VariableNode)
    }
    return field.name.value, arguments
