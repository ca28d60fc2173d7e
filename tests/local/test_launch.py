"""What is added to the emulator's GraphQL API."""

from types import SimpleNamespace
from typing import Any

import pytest

from local.launch import guard_fields, is_open_to_keys, pass_error_info
from tests.local.doubles import always


@pytest.mark.parametrize(
    ("of_field", "of_type", "default", "is_open"),
    [
        (["aws_iam"], ["aws_api_key", "aws_iam"], "API_KEY", False),
        (["aws_api_key", "aws_iam"], ["aws_iam"], "AWS_IAM", True),
        ([], ["aws_api_key"], "AWS_IAM", True),
        ([], ["aws_iam"], "API_KEY", False),
        (["deprecated"], [], "AWS_IAM", False),
        ([], [], "API_KEY", True),
    ],
)
def test_the_nearest_directive_decides(
    of_field: list[str], of_type: list[str], default: str, *, is_open: bool
) -> None:
    assert is_open_to_keys(of_field, of_type, default) is is_open


def definition(*directives: str, **fields: object) -> SimpleNamespace:
    """A definition in a GraphQL schema, as graphql-core has it."""
    nodes = [SimpleNamespace(name=SimpleNamespace(value=name)) for name in directives]
    return SimpleNamespace(ast_node=SimpleNamespace(directives=nodes), fields=fields)


def refusal(kind: str, name: str) -> PermissionError:
    return PermissionError(f"{kind}.{name}")


def rendered(errors: list[object] | None) -> list[dict[str, object]]:
    return [{"message": "m"} for _ in errors or []]


@pytest.fixture
def appsync() -> SimpleNamespace:
    """The parts of the emulator that are touched."""
    module = SimpleNamespace(
        _schemas={"api": {"definition": "the schema"}},
        _apis={"api": {"authenticationType": "AWS_IAM"}},
        _unauthorized_field=refusal,
        _resolve_field=always("the answer"),
    )
    fields = {"open": definition("aws_api_key"), "closed": definition("aws_iam")}
    schema = SimpleNamespace(type_map={"Query": definition(**fields)})
    guard_fields(module, SimpleNamespace(build_api_schema=always(schema)))
    return module


def ask(module: Any, field: str, headers: dict[str, str]) -> object:  # noqa: ANN401
    return module._resolve_field("api", {}, type_name="Query", field_name=field, request_headers=headers)


def test_a_key_opens_the_fields_that_say_so_and_no_others(appsync: SimpleNamespace) -> None:
    assert ask(appsync, "open", {"X-Api-Key": "k"}) == "the answer"
    with pytest.raises(PermissionError, match=r"Query\.closed"):
        ask(appsync, "closed", {"X-Api-Key": "k"})


def test_callers_without_a_key_are_left_to_iam(appsync: SimpleNamespace) -> None:
    assert ask(appsync, "closed", {"Authorization": "AWS4-HMAC-SHA256 …"}) == "the answer"


def test_the_information_of_an_error_is_handed_on() -> None:
    module = SimpleNamespace(_as_appsync_errors=rendered)
    pass_error_info(module)
    of_resolver = SimpleNamespace(original_error=SimpleNamespace(error_info={"code": "too-large"}))
    of_graphql = SimpleNamespace(original_error=None)
    assert module._as_appsync_errors([of_resolver, of_graphql]) == [
        {"message": "m", "errorInfo": {"code": "too-large"}},
        {"message": "m"},
    ]
    assert module._as_appsync_errors(None) == []
