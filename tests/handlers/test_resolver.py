"""What AppSync gets from a Lambda function behind it."""

import json
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from foreman_core.errors import Conflict, Invalid, Refused
from foreman_core.models import Issue
from handlers import _clients
from handlers._resolver import Arguments, resolver

JOB_ID = "job-aaaaaaaaaaaaaaaaaaaaaaaaaa"
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


def told_of(job: str, capsys: pytest.CaptureFixture[str]) -> object:
    handler = resolver("tested", lambda _: {"thing": lambda _: None}, job_of=lambda given: given["id"])
    handler({"field": "thing", "arguments": {"id": job}, "identity": None}, CONTEXT)
    return json.loads(capsys.readouterr().out).get("job_id")


def test_the_job_that_a_request_is_about_is_in_the_logs(capsys: pytest.CaptureFixture[str]) -> None:
    assert told_of(JOB_ID, capsys) == JOB_ID


@pytest.mark.parametrize("text", ["ada@example.org", f"{JOB_ID} ada", "job-ada", ""])
def test_what_a_caller_sends_instead_of_an_id_stays_out_of_the_logs(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told_of(text, capsys) is None


@pytest.mark.parametrize(
    ("role", "arguments"),
    [
        ("records", {"input": {"job_id": JOB_ID, "rows": []}}),
        ("jobs", {"id": JOB_ID}),
        ("imports", {"id": JOB_ID}),
    ],
)
def test_every_function_behind_the_api_says_which_job(
    role: str, arguments: Arguments, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    monkeypatch.setattr(_clients, "dynamodb", lambda: None)
    handler = import_module(f"handlers.{role}").handler
    with pytest.raises(RuntimeError, match="the environment lacks"):
        handler({"field": "x", "arguments": arguments, "identity": None}, CONTEXT)
    assert json.loads(capsys.readouterr().out)["job_id"] == JOB_ID
