"""Starts the emulator; run by the emulator's own Python, never imported.

Two promises of AppSync that Foreman's API rests on are not kept by MiniStack, and are added here: a field
that the schema does not open to API keys is refused to them, and an error's `errorInfo` reaches the client.
https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
"""

import importlib
import runpy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

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


def _directives(definition: Any) -> list[str]:  # noqa: ANN401 - a part of a GraphQL schema
    node = definition.ast_node
    return [directive.name.value for directive in node.directives] if node else []


if __name__ == "__main__":
    services, core = "ministack.services.appsync", "ministack.core.appsync_graphql"
    guard_fields(importlib.import_module(services), importlib.import_module(core))
    pass_error_info(importlib.import_module(core))
    runpy.run_module("ministack", run_name="__main__")
