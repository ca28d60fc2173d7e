"""S3's events, as the bucket sends them: which new files they tell of, and what is passed over and why.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_plus

import orjson
from attrs import frozen

INCOMING: Final = "incoming/"
"""Where files are dropped: what lies elsewhere in the bucket is Foreman's own."""


@frozen(kw_only=True)
class FileCreated:
    """A new version of an object. `at` is when S3 says it came, ISO 8601, if it does."""

    bucket: str
    key: str
    version_id: str
    sequencer: str | None
    at: str | None


@frozen
class Ignored:
    """An event that makes no job: `test-event`, `not-created`, `not-incoming` or `folder`."""

    why: str


def read_events(body: str) -> Iterator[FileCreated | Ignored]:
    """What a message tells of, in its order. An exception for a message that S3 has not sent."""
    message: dict[str, Any] = orjson.loads(body)
    if message.get("Event") == "s3:TestEvent":
        yield Ignored("test-event")
        return
    for record in message["Records"]:
        yield _read(record)


def _read(record: dict[str, Any]) -> FileCreated | Ignored:
    if not record["eventName"].startswith("ObjectCreated:"):
        return Ignored("not-created")
    thing = record["s3"]["object"]
    key = unquote_plus(thing["key"])
    why = passed_over(key, thing.get("size"))
    if why is not None:
        return Ignored(why)
    return FileCreated(
        bucket=record["s3"]["bucket"]["name"],
        key=key,
        version_id=thing["versionId"],
        sequencer=thing.get("sequencer"),
        at=record.get("eventTime"),
    )


def passed_over(key: str, size: int | None) -> str | None:
    """Why an object is no file for Foreman: it lies elsewhere, or is what consoles show as a folder; else
    None.
    """
    if not key.startswith(INCOMING):
        return "not-incoming"
    return "folder" if key.endswith("/") and not size else None
