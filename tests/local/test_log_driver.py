"""What processes say comes into their log groups: whole, in order, once."""

import threading
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from local import log_driver
from local.aws import Aws
from local.log_driver import follow


class Logs:
    """CloudWatch Logs, which does not answer as often as it is told to, and ends the driver after so many
    requests.
    """

    def __init__(self, ended: threading.Event, requests: int, *, silent: int = 0) -> None:
        self.ended = ended
        self.left = requests
        self.silent = silent
        self.taken: list[list[str]] = []

    def client(self, service: str) -> "Logs":
        assert service == "logs"
        return self

    def create_log_stream(self, **given: Any) -> None:  # noqa: ANN401 - as boto3
        assert given["logGroupName"] == "group"

    def put_log_events(self, **given: Any) -> None:  # noqa: ANN401
        self.left -= 1
        if not self.left:
            self.ended.set()
        if self.silent:
            self.silent -= 1
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        self.taken.append([event["message"] for event in given["logEvents"]])


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    monkeypatch.setattr(log_driver, "POLL_S", 0.01)
    monkeypatch.setattr(log_driver, "MOST_LINES", 3)
    return threading.Event()


def passed_on(logs: Logs, file: Path) -> list[list[str]]:
    follow(cast("Aws", logs), "group", file, logs.ended)
    return logs.taken


def test_lines_come_whole_in_order_and_a_bounded_number_at_a_time(
    ended: threading.Event, tmp_path: Path
) -> None:
    file = tmp_path / "worker.log"
    file.write_bytes(b"1\n2\n3\n4\n5\nhal")
    assert passed_on(Logs(ended, 2), file) == [["1\n", "2\n", "3\n"], ["4\n", "5\n"]]


def test_what_the_service_did_not_take_comes_once_more(ended: threading.Event, tmp_path: Path) -> None:
    file = tmp_path / "worker.log"
    file.write_bytes(b"1\n2\n3\n4\n")
    assert passed_on(Logs(ended, 4, silent=2), file) == [["1\n", "2\n", "3\n"], ["4\n"]]


def test_what_was_said_before_the_end_is_passed_on(ended: threading.Event, tmp_path: Path) -> None:
    file = tmp_path / "worker.log"
    file.write_bytes(b"last words\n")
    ended.set()
    assert passed_on(Logs(ended, 9), file) == [["last words\n"]]
