"""S3, as far as Foreman uses it: a versioned bucket, bodies that may break off, and what is announced.

* "Amazon S3 … strong read-after-write consistency": https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
* each write of a key in a versioned bucket is a version of its own:
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
* a later event of one key has a greater `sequencer`:
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

import io
from collections.abc import Callable
from datetime import datetime
from typing import IO, Any, Final

from attrs import frozen
from botocore.response import StreamingBody

from simulation.wire import Wire, client_error

FIRST_SEQUENCER: Final = 0x0055AED6DCD90281E5

PAGE: Final = 2
"""Versions in a page of a listing; S3 gives a thousand, and a run has a handful."""


@frozen
class Version:
    """One version of an object, and the sequencer of the event that told of it."""

    key: str
    version_id: str
    sequencer: str
    body: bytes
    modified: datetime


class S3:
    """The client's methods, by the names and with the answers of boto3's; one bucket."""

    def __init__(self, wire: Wire, announce: Callable[[Version], None], now: Callable[[], datetime]) -> None:
        self._wire = wire
        self._announce = announce
        self._now = now
        self.versions: list[Version] = []

    def store(self, key: str, body: bytes) -> Version:
        """Store a version, and announce it as the bucket's notification says."""
        number = len(self.versions)
        version = Version(key, f"v{number:04d}", f"{FIRST_SEQUENCER + number * 7:X}", body, self._now())
        self.versions.append(version)
        self._announce(version)
        return version

    def find(self, key: str, version_id: str | None = None) -> Version | None:
        """A version of an object; without its id the latest one."""
        for version in reversed(self.versions):
            if version.key == key and version_id in (None, version.version_id):
                return version
        return None

    def put_object(self, **given: Any) -> dict[str, Any]:
        """PutObject."""
        key, body = given["Key"], given["Body"]
        return self._wire.call(
            "s3", "PutObject", key, lambda: {"VersionId": self.store(key, body).version_id}
        )

    def upload_fileobj(self, body: IO[bytes], bucket: str, key: str, **_: object) -> None:
        """What s3transfer makes of a small body: one PutObject."""
        self.put_object(Bucket=bucket, Key=key, Body=body.read())

    def get_object(self, **given: Any) -> dict[str, Any]:
        """GetObject, whole or a range of bytes; the body may break off."""
        found = self._wire.call("s3", "GetObject", given["Key"], lambda: self._get(given), writes=False)
        body = found[_range(given.get("Range"))]
        sent = body
        if body and self._wire.faults.happens("cut-body", self._wire.kernel.now):
            sent = body[: self._wire.random.randrange(len(body))]
        return {"Body": StreamingBody(io.BytesIO(sent), len(body)), "ContentLength": len(body)}

    def head_object(self, **given: Any) -> dict[str, Any]:
        """HeadObject."""
        found = self._wire.call("s3", "HeadObject", given["Key"], lambda: self._version(given), writes=False)
        return {"ContentLength": len(found.body), "VersionId": found.version_id}

    def list_object_versions(self, **given: Any) -> dict[str, Any]:
        """ListObjectVersions, in pages of PAGE: by key, and of each key the newest first."""

        def effect() -> dict[str, Any]:
            found = [version for version in self.versions if version.key.startswith(given["Prefix"])]
            found.reverse()
            listed = sorted(found, key=lambda version: version.key)
            places = [(version.key, version.version_id) for version in listed]
            after = (given.get("KeyMarker", ""), given.get("VersionIdMarker", ""))
            start = places.index(after) + 1 if after in places else 0
            page = listed[start : start + PAGE]
            answer: dict[str, Any] = {
                "Versions": [
                    {
                        "Key": version.key,
                        "VersionId": version.version_id,
                        "Size": len(version.body),
                        "LastModified": version.modified,
                    }
                    for version in page
                ],
                "IsTruncated": start + PAGE < len(listed),
            }
            if answer["IsTruncated"]:
                answer |= {"NextKeyMarker": page[-1].key, "NextVersionIdMarker": page[-1].version_id}
            return answer

        return self._wire.call("s3", "ListObjectVersions", given["Prefix"], effect, writes=False)

    def _get(self, given: dict[str, Any]) -> bytes:
        return self._version(given).body

    def _version(self, given: dict[str, Any]) -> Version:
        version = self.find(given["Key"], given.get("VersionId"))
        if version is None:
            raise client_error("NoSuchVersion" if given.get("VersionId") else "NoSuchKey", "GetObject")
        return version


def _range(asked: str | None) -> slice:
    if asked is None:
        return slice(None)
    start, end = asked.removeprefix("bytes=").split("-")
    return slice(int(start), int(end) + 1)
