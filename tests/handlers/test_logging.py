"""What a log line may hold."""

import json

import pytest
import structlog
from botocore.exceptions import ClientError

from foreman_core.errors import Refused
from handlers import _logging

CANARY = "ada.lovelace@example.org"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> "Lines":
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    _logging.configure("tested")
    return Lines(capsys)


class Lines:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def last(self) -> dict[str, object]:
        return json.loads(self._capsys.readouterr().out.splitlines()[-1])


def test_a_line_is_json_with_function_level_and_time(lines: Lines) -> None:
    structlog.get_logger().info("step_done", job_id="job-1", seconds=0.5)
    line = lines.last()
    assert line.pop("timestamp")
    assert line == {
        "event": "step_done",
        "function": "tested",
        "level": "info",
        "job_id": "job-1",
        "seconds": 0.5,
    }


def test_a_key_that_is_not_listed_is_dropped_and_named(lines: Lines) -> None:
    structlog.get_logger().info("step_done", row={"email": CANARY}, email=CANARY)
    line = lines.last()
    assert line["dropped_keys"] == ["email", "row"]
    assert CANARY not in json.dumps(line)


@pytest.mark.parametrize(
    ("error", "known"),
    [
        (ValueError(f"could not read {CANARY}"), {"error_type": "ValueError"}),
        (Refused("not-found", CANARY), {"error_type": "Refused", "error_code": "not-found"}),
        (
            ClientError({"Error": {"Code": "ValidationException", "Message": CANARY}}, "PutItem"),
            {"error_type": "ClientError", "error_code": "ValidationException", "error_operation": "PutItem"},
        ),
    ],
)
def test_an_exception_is_told_without_its_message(
    lines: Lines, error: Exception, known: dict[str, str]
) -> None:
    try:
        raise error
    except type(error):
        structlog.get_logger().exception("step_failed")
    line = lines.last()
    assert CANARY not in json.dumps(line)
    assert known.items() <= line.items()
    assert "test_logging.py" in str(line["where"])


def test_quieter_levels_stay_out(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    _logging.configure("tested")
    structlog.get_logger().info("step_done")
    assert capsys.readouterr().out == ""


def test_the_trace_of_the_call_is_in_every_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=a1b2;Sampled=1")
    _logging.configure("tested")
    structlog.get_logger().info("step_done")
    assert json.loads(capsys.readouterr().out)["trace_id"] == "1-5bef4de7-ad49b0e87f6ef6c87fc2e700"
