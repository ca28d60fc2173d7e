"""Which of S3's events become jobs."""

import json
from typing import Any

import pytest

from handlers.intake import _created, _late  # pyright: ignore[reportPrivateUsage]


def event(key: str, size: int | None = 5, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    thing = {"key": key, "versionId": "v"} | ({} if size is None else {"size": size})
    return {
        "eventName": name,
        "eventTime": "2026-01-02T03:04:05.000Z",
        "s3": {"bucket": {"name": "intake"}, "object": thing},
    }


def keys(*events: dict[str, Any]) -> list[str]:
    return [created["object"]["key"] for created in _created(json.dumps({"Records": events}))]


@pytest.mark.parametrize("key", ["incoming/a.csv", "incoming/A.XLSX", "incoming/a.pdf", "incoming/a"])
def test_every_object_is_one_whatever_its_name(key: str) -> None:
    assert keys(event(key), event(key, size=0)) == [key, key]


@pytest.mark.parametrize("size", [0, None])
def test_a_folders_mark_is_none(size: int | None) -> None:
    assert keys(event("incoming/june/", size)) == []


def test_bytes_under_a_folders_name_are_a_file() -> None:
    assert keys(event("incoming/june/", 5)) == ["incoming/june/"]


def test_what_was_deleted_is_none() -> None:
    assert keys(event("incoming/a.csv", name="ObjectRemoved:Delete")) == []


def test_s3s_test_event_is_none() -> None:
    assert list(_created('{"Service": "Amazon S3", "Event": "s3:TestEvent"}')) == []


@pytest.mark.parametrize(
    ("event_time", "late"),
    [
        ("2026-01-02T03:04:04.250Z", 0.75),
        ("2026-01-02T03:04:05.004Z", 0.0),  # S3's clock is a little ahead
        (None, None),
    ],
)
def test_a_job_is_late_by_the_time_from_the_event_to_its_record(
    event_time: str | None, late: float | None
) -> None:
    assert _late(event_time, "2026-01-02T03:04:05.000Z") == late
