"""Which of S3's events become jobs."""

import json
from typing import Any

import pytest

from handlers.intake import _created  # pyright: ignore[reportPrivateUsage]


def event(key: str, size: int | None = 5, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    thing = {"key": key, "versionId": "v"} | ({} if size is None else {"size": size})
    return {"eventName": name, "s3": {"bucket": {"name": "intake"}, "object": thing}}


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
