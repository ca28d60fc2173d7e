"""What is added to the emulator's GraphQL API."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from local.launch import guard_fields, is_open_to_keys, name_throttles, pass_error_info, queue_calls
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


class Functions:
    """The part of the emulator that runs functions: each call goes on when `go` is set."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.under_way: list[str] = []

    def _execute_function_dispatch(self, *args: Any) -> dict[str, object]:  # noqa: ANN401
        self.under_way.append(args[1]["FunctionName"])
        self.go.wait(10)
        return {"body": "done"}

    def _throttle_response(self, *, reason_code: str, msg: str) -> dict[str, Any]:
        return {"throttle": True, "error": True, "body": {"Reason": reason_code, "message": msg}}

    def call(self, name: str) -> dict[str, Any]:
        return self._execute_function_dispatch({}, {"FunctionName": name}, {}, "id", 0.0)


def test_calls_wait_for_a_place_of_their_own_function() -> None:
    functions = Functions()
    queue_calls(functions, at_once=2, patience_s=10)
    with ThreadPoolExecutor(5) as threads:
        calls = [threads.submit(functions.call, name) for name in ("load", "load", "load", "records")]
        threading.Event().wait(0.2)
        assert sorted(functions.under_way) == ["load", "load", "records"]
        functions.go.set()
        assert [call.result()["body"] for call in calls] == ["done"] * 4
    assert len(functions.under_way) == 4


def test_who_waits_for_too_long_is_told_as_by_lambda() -> None:
    functions = Functions()
    name_throttles(functions)
    queue_calls(functions, at_once=1, patience_s=0.01)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(functions.call, "load")
        while not functions.under_way:
            pass
        assert functions.call("load")["body"]["errorType"] == "Lambda.TooManyRequestsException"
        functions.go.set()
        first.result()
