"""Starts the emulator; run by the emulator's own Python, never imported.

Two promises of AppSync that Foreman's API rests on are not kept by MiniStack, and are added here: a field
that the schema does not open to API keys is refused to them, and an error's `errorInfo` reaches the client.
https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html

And one machine is not a region: MiniStack starts a process for every call that is under way, so some hundred
files at once take all its memory, and each process so little of the processors that functions run out of
time. Here calls of a function wait for one of a few places.
"""

import importlib
import os
import runpy
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

AT_ONCE: Final = max(4, 2 * (os.cpu_count() or 1))
"""Processes of one function. Each function has its own places: one that calls another through the API cannot
wait for a place that it holds itself."""
PATIENCE_S: Final = 30.0
"""So long a call waits for a place; then it is told what Lambda tells when there is no room."""

API_KEY: Final = "aws_api_key"
MODES: Final = frozenset(
    {API_KEY, "aws_iam", "aws_cognito_user_pools", "aws_auth", "aws_oidc", "aws_lambda"},
)


def is_open_to_keys(
    field_directives: Sequence[str], type_directives: Sequence[str], default_mode: str
) -> bool:
    """Whether a caller with an API key may have a field: it decides itself, else its type, else the API."""
    for directives in (field_directives, type_directives):
        modes = MODES.intersection(directives)
        if modes:
            return API_KEY in modes
    return default_mode == "API_KEY"


def guard_fields(appsync: Any, graphql: Any) -> None:  # noqa: ANN401 - modules of the emulator
    """Make the emulator refuse fields to API keys as the schema says."""
    resolve: Callable[..., Any] = appsync._resolve_field  # noqa: SLF001 - it has no public place for this

    def guarded(api_id: str, *args: object, **kwargs: Any) -> Any:  # noqa: ANN401
        headers: Mapping[str, str] = kwargs["request_headers"]
        if "x-api-key" in {name.lower() for name in headers}:
            kind, name = kwargs["type_name"], kwargs["field_name"]
            definition = appsync._schemas[api_id]["definition"]  # noqa: SLF001
            found = graphql.build_api_schema(api_id, definition).type_map[kind]
            default = appsync._apis[api_id]["authenticationType"]  # noqa: SLF001
            if not is_open_to_keys(_directives(found.fields[name]), _directives(found), default):
                raise appsync._unauthorized_field(kind, name)  # noqa: SLF001
        return resolve(api_id, *args, **kwargs)

    appsync._resolve_field = guarded  # noqa: SLF001


def pass_error_info(graphql: Any) -> None:  # noqa: ANN401 - a module of the emulator
    """Make the emulator hand the fourth argument of `util.error` on."""
    render: Callable[[Any], list[dict[str, Any]]] = graphql._as_appsync_errors  # noqa: SLF001

    def rendered(errors: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        entries = render(errors)
        for entry, error in zip(entries, errors or [], strict=True):
            info = getattr(getattr(error, "original_error", None), "error_info", None)
            if info is not None:
                entry["errorInfo"] = info
        return entries

    graphql._as_appsync_errors = rendered  # noqa: SLF001


def queue_calls(lambda_svc: Any, at_once: int, patience_s: float) -> None:  # noqa: ANN401 - a module of the emulator
    """Make the emulator run at most `at_once` calls of a function side by side; the others wait."""
    run: Callable[..., Any] = lambda_svc._execute_function_dispatch  # noqa: SLF001
    places: dict[str, threading.BoundedSemaphore] = {}
    lock = threading.Lock()

    def queued(func: object, config: Mapping[str, Any], event: object, request_id: str, _: float) -> object:
        name: str = config["FunctionName"]
        with lock:
            place = places.setdefault(name, threading.BoundedSemaphore(at_once))
        if not place.acquire(timeout=patience_s):
            return lambda_svc._throttle_response(  # noqa: SLF001
                reason_code="ConcurrentInvocationLimitExceeded", msg=f"{name}: no place in {patience_s:g} s"
            )
        try:
            return run(func, config, event, request_id, time.time())
        finally:
            place.release()

    lambda_svc._execute_function_dispatch = queued  # noqa: SLF001


def name_throttles(lambda_svc: Any) -> None:  # noqa: ANN401 - a module of the emulator
    """Make the emulator's state machines see a throttled call under the name that Step Functions gives it.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    throttle: Callable[..., dict[str, Any]] = lambda_svc._throttle_response  # noqa: SLF001

    def named(*args: object, **kwargs: object) -> dict[str, Any]:
        response = throttle(*args, **kwargs)
        response["body"]["errorType"] = "Lambda.TooManyRequestsException"
        return response

    lambda_svc._throttle_response = named  # noqa: SLF001


def _directives(definition: Any) -> list[str]:  # noqa: ANN401 - a part of a GraphQL schema
    node = definition.ast_node
    return [directive.name.value for directive in node.directives] if node else []


if __name__ == "__main__":
    graphql_core = importlib.import_module("ministack.core.appsync_graphql")
    guard_fields(importlib.import_module("ministack.services.appsync"), graphql_core)
    pass_error_info(graphql_core)
    functions = importlib.import_module("ministack.services.lambda_svc")
    queue_calls(functions, AT_ONCE, PATIENCE_S)
    name_throttles(functions)
    runpy.run_module("ministack", run_name="__main__")
