"""Which of S3's events tell of new files, and what is said of the others."""

import json
from typing import Any
from urllib.parse import quote_plus

import pytest

from foreman_core.file_events import FileCreated, Ignored, read_events


def event(key: str, size: int | None = 5, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    thing = {"key": key, "versionId": "v", "sequencer": "0A"} | ({} if size is None else {"size": size})
    return {
        "eventName": name,
        "eventTime": "2026-01-02T03:04:05.000Z",
        "s3": {"bucket": {"name": "intake"}, "object": thing},
    }


def told(*events: dict[str, Any]) -> list[str]:
    """The keys of new files, and why the other events are none."""
    found = read_events(json.dumps({"Records": events}))
    return [each.key if isinstance(each, FileCreated) else f"({each.why})" for each in found]


@pytest.mark.parametrize("key", ["incoming/a.csv", "incoming/A.XLSX", "incoming/a.pdf", "incoming/a"])
def test_every_object_is_a_file_whatever_its_name_also_an_empty_one(key: str) -> None:
    assert told(event(key), event(key, size=0)) == [key, key]


@pytest.mark.parametrize("size", [0, None])
def test_a_folders_mark_is_none(size: int | None) -> None:
    assert told(event("incoming/june/", size)) == ["(folder)"]


def test_bytes_under_a_folders_name_are_a_file() -> None:
    assert told(event("incoming/june/", 5)) == ["incoming/june/"]


def test_noise_makes_no_job_and_keeps_no_file_back() -> None:
    """F06."""
    found = told(
        event("incoming/a.csv", name="ObjectRemoved:Delete"),
        event("jobs/job-1/plan.json"),
        event("submitted/1/a.csv"),
        event("incoming/b.csv"),
    )
    assert found == ["(not-created)", "(not-incoming)", "(not-incoming)", "incoming/b.csv"]


def test_s3s_test_event_is_none() -> None:
    """F06."""
    assert list(read_events('{"Service": "Amazon S3", "Event": "s3:TestEvent"}')) == [Ignored("test-event")]


@pytest.mark.parametrize("body", ["{", "{}", '{"Records": [{}]}', "[]"])
def test_what_s3_has_not_sent_is_an_error(body: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        list(read_events(body))


@pytest.mark.parametrize(
    "key",
    ["with space.csv", "plus+sign.csv", "100%.csv", "änderung 東京.csv", "new\nline.csv", "k" * 1015],
    ids=lambda key: key[:9],
)
def test_a_key_comes_back_as_it_was(key: str) -> None:
    """F07."""
    (found,) = read_events(json.dumps({"Records": [event(quote_plus(f"incoming/{key}", safe="/"))]}))
    assert isinstance(found, FileCreated)
    assert (found.key, found.version_id, found.sequencer) == (f"incoming/{key}", "v", "0A")
