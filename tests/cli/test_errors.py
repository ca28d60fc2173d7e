"""Every failure is one line with an exit code; with --json it is a document too."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from botocore.exceptions import EndpointConnectionError

from bundling import TooLarge
from cli import _errors
from cli._errors import classify, guarded
from foreman_core.errors import Conflict, Refused, Unavailable
from local.errors import LocalError
from tests.cli.conftest import JOB_ID, Foreman, Stack

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("error", "exit_code", "code"),
    [
        (Refused("no-header", "No header."), 2, "no-header"),
        (Conflict("conflict", "Somebody was faster."), 2, "conflict"),
        (Unavailable("network", "No answer."), 3, "network"),
        (LocalError("port-taken", "Port 1 is taken."), 3, "port-taken"),
        (TooLarge("Too large for Lambda."), 3, "bundling"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), 3, "aws"),
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "x.csv"), 2, "file"),
        (OSError("disk"), 3, "internal"),
        (click.UsageError("No."), 2, "usage"),
        (KeyError("x"), 3, "internal"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_error_has_its_exit_code_and_a_stable_code(error: Exception, exit_code: int, code: str) -> None:
    assert classify(error)[:2] == (exit_code, code)


def failing(error: BaseException) -> int:
    raise error


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(lambda: failing(ValueError("two\nlines\x1b[31m")), []) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "two lines\\x1b[31m" in captured.err


def test_a_traceback_comes_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    guarded(lambda: failing(ValueError("x")), ["--debug"])
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(lambda: failing(KeyboardInterrupt()), []) == _errors.INTERRUPTED
    assert capsys.readouterr().err == "stopped\n"


@pytest.mark.parametrize("argv", [["chekc"], ["--nonsense"], ["check"], ["demo", "--port", "x"], ["job"]])
def test_wrong_usage_is_one_line_that_points_to_the_help(foreman: Foreman, argv: list[str]) -> None:
    done = foreman(*argv)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error (usage): ")
    assert "--help" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.usefixtures("no_stack")
def test_with_json_an_error_is_a_document(foreman: Foreman) -> None:
    done = foreman("jobs", "--json")
    assert done.code == 2
    assert done.document == {
        "error": {"code": "stack-down", "message": "The local stack is not running. Start it: ./foreman up"}
    }


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_says_where_the_right_one_is(foreman: Foreman, stack: Stack, status: int) -> None:
    stack.status = status
    done = foreman("jobs")
    assert (done.code, done.err.partition(":")[0]) == (2, "error (unauthorized)")
    assert "./foreman outputs" in done.err


def test_an_unauthorized_answer_does_too(foreman: Foreman, stack: Stack) -> None:
    stack.errors = [{"errorType": "UnauthorizedException", "message": "You are not authorized."}]
    assert foreman("jobs").err.startswith("error (unauthorized): ")


def test_an_api_that_is_gone_says_what_to_look_at(foreman: Foreman, stack: Stack) -> None:
    stack.port = 1
    done = foreman("jobs")
    assert (done.code, done.err.partition(":")[0]) == (3, "error (network)")
    assert "./foreman status" in done.err


@pytest.mark.parametrize(
    ("error", "exit_code", "code"),
    [
        (
            {"errorType": "Refused", "errorInfo": {"code": "object-gone"}, "message": "Gone."},
            2,
            "object-gone",
        ),
        ({"errorType": "NotFound", "message": "There is no such job."}, 2, "not-found"),
        ({"errorType": "Conflict", "message": "It is succeeded already."}, 2, "conflict"),
        ({"errorType": "InternalError", "message": "Something broke."}, 3, "api"),
        ({"errorType": "LimitExceeded", "message": "Too much."}, 3, "api"),
        ({"message": "Cannot query field."}, 3, "api"),
    ],
)
def test_an_error_of_the_api_keeps_its_code(
    foreman: Foreman, stack: Stack, error: dict[str, object], exit_code: int, code: str
) -> None:
    stack.errors = [error]
    done = foreman("submit", "--plan", JOB_ID)
    assert (done.code, done.err.partition(":")[0]) == (exit_code, f"error ({code})")
    assert str(error["message"]) in done.err


def test_validation_faults_are_named(foreman: Foreman, stack: Stack) -> None:
    issues = [{"field": "email", "code": "format", "message": "is no address"}]
    stack.errors = [{"errorType": "ValidationFailed", "message": "Broken rules.", "errorInfo": issues}]
    assert "email: is no address" in foreman("jobs").err


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = "import sys; from cli.main import run; sys.exit(run(['check', *['sample.csv'] * 500, '--json']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert (process.stderr.read(), process.wait(timeout=60)) == (b"", 0)
