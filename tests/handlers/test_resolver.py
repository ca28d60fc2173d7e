"""What AppSync gets from a Lambda function behind it."""

from types import SimpleNamespace
from typing import Any

import pytest

from foreman_core.errors import Conflict, Invalid, Refused
from foreman_core.models import Issue
from handlers._resolver import Arguments, resolver

CONTEXT = SimpleNamespace(aws_request_id="r-1")
ISSUE = Issue(row=0, line=0, field="email", column=None, code="format", message="not an address")


def answer(error: Exception | None) -> dict[str, Any]:
    def field(arguments: Arguments) -> object:
        if error is not None:
            raise error
        return {"echo": arguments["id"]}

    handler = resolver("tested", lambda _: {"thing": field}, job_of=lambda given: given["id"])
    return handler({"field": "thing", "arguments": {"id": "a"}, "identity": None}, CONTEXT)


def test_an_answer_is_data() -> None:
    assert answer(None) == {"data": {"echo": "a"}}


@pytest.mark.parametrize(
    ("error", "kind", "info"),
    [
        (Refused("not-found", "m"), "NotFound", {"code": "not-found"}),
        (Refused("limit-exceeded", "m"), "LimitExceeded", {"code": "limit-exceeded"}),
        (Refused("bad-request", "m"), "Refused", {"code": "bad-request"}),
        (Conflict("version", "m"), "Conflict", {"code": "version"}),
        (
            Invalid([ISSUE]),
            "ValidationFailed",
            [{"field": "email", "code": "format", "message": "not an address"}],
        ),
    ],
)
def test_a_refusal_is_a_value_with_a_stable_type(error: Exception, kind: str, info: object) -> None:
    assert answer(error) == {"error": {"type": kind, "message": error.args[0], "info": info}}


def test_anything_else_goes_on_as_an_exception() -> None:
    with pytest.raises(ZeroDivisionError):
        answer(ZeroDivisionError())
