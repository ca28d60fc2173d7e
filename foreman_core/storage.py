"""The intake bucket as the steps see it: streamed objects, and what is gone told from what has failed."""

import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, Final

import orjson
from attrs import frozen
from botocore.exceptions import ClientError

from foreman_core.errors import Refused

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectVersionsOutputTypeDef

IN_MEMORY: Final = 8 * 1024 * 1024
"""Bytes of an object under construction that stay in memory; what is beyond goes to a temporary file."""

_GONE: Final = {"404", "NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "405"}
"""S3 answers 405 for a version that is a delete marker, and 404 or a name for what is not there at all."""


@frozen
class Place:
    """Where a listing of versions goes on: behind this version of this key."""

    key: str
    version_id: str


@frozen(kw_only=True)
class Version:
    """A version of an object, as a listing has it."""

    key: str
    version_id: str
    size: int
    modified: datetime


@frozen
class VersionPage:
    """Versions of objects that are there still, and where the next page begins (None: there is none)."""

    versions: Sequence[Version]
    next: Place | None


class Files:
    """The objects of one bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def open(self, key: str, *, version_id: str | None = None) -> "StreamingBody":
        """An object's content as a stream. Refused(`object-gone`) when it is not there any more."""
        return self.open_described(key, version_id=version_id)[0]

    def open_described(
        self, key: str, *, version_id: str | None = None
    ) -> tuple["StreamingBody", Mapping[str, str]]:
        """An object's content as a stream, and its user-defined metadata; Refused as `open` says."""
        version: dict[str, Any] = {} if version_id is None else {"VersionId": version_id}
        with _gone(key):
            answer = self._client.get_object(Bucket=self.bucket, Key=key, **version)
        return answer["Body"], answer.get("Metadata", {})

    def size(self, key: str, *, version_id: str) -> int:
        """An object's size in bytes. Refused(`object-gone`) when it is not there any more."""
        with _gone(key):
            head = self._client.head_object(Bucket=self.bucket, Key=key, VersionId=version_id)
        return head["ContentLength"]

    def read(self, key: str, *, start: int | None = None, end: int | None = None) -> bytes:
        """An object's content, or its bytes [start, end). Refused(`object-gone`) when it is not there."""
        asked: dict[str, Any] = {} if start is None or end is None else {"Range": f"bytes={start}-{end - 1}"}
        with _gone(key):
            return self._client.get_object(Bucket=self.bucket, Key=key, **asked)["Body"].read()

    def latest_version(self, key: str) -> str | None:
        """The latest version of an object that is there still, also when the object was deleted since; None
        when there is none.
        """
        try:
            with _gone(key):
                return self._client.head_object(Bucket=self.bucket, Key=key)["VersionId"]
        except Refused:
            listed = self._client.list_object_versions(Bucket=self.bucket, Prefix=key).get("Versions", [])
            return next((each.get("VersionId") for each in listed if each.get("Key") == key), None)

    def versions(self, prefix: str, *, after: Place | None) -> VersionPage:
        """A page of the versions of objects below a prefix, without those of objects that were deleted."""
        at: dict[str, Any] = {}
        if after is not None:
            at = {"KeyMarker": after.key, "VersionIdMarker": after.version_id}
        answer = self._client.list_object_versions(Bucket=self.bucket, Prefix=prefix, **at)
        deleted = _deleted(answer)
        if after is not None and any(each.get("Key") == after.key for each in answer.get("Versions", [])):
            # it begins within an object; that this was deleted came with the page before, or happened since
            first = self._client.list_object_versions(Bucket=self.bucket, Prefix=after.key, MaxKeys=1)
            deleted |= _deleted(first)
        found = [
            Version(
                key=each.get("Key", ""),
                version_id=each.get("VersionId", ""),
                size=each.get("Size", 0),
                modified=each["LastModified"],
            )
            for each in answer.get("Versions", [])
            if "LastModified" in each and each.get("Key") not in deleted
        ]
        if not answer["IsTruncated"]:
            return VersionPage(found, None)
        return VersionPage(found, Place(answer["NextKeyMarker"], answer["NextVersionIdMarker"]))

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Store an object."""
        self._client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def put_json(self, key: str, document: Mapping[str, object] | list[Any]) -> None:
        """Store a document as JSON."""
        self.put(key, orjson.dumps(document, option=orjson.OPT_INDENT_2), "application/json")

    @contextmanager
    def writer(self, key: str | Callable[[], str], content_type: str) -> Generator[IO[bytes]]:
        """A file to write to, which becomes the object when the block ends without an exception; its key may
        be known only then.
        """
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            yield body
            body.seek(0)
            name = key if isinstance(key, str) else key()
            self._client.upload_fileobj(body, self.bucket, name, ExtraArgs={"ContentType": content_type})


def _deleted(answer: "ListObjectVersionsOutputTypeDef") -> set[str]:
    """The objects of a listing that were deleted: their latest version is a marker."""
    return {each.get("Key", "") for each in answer.get("DeleteMarkers", []) if each.get("IsLatest")}


@contextmanager
def _gone(key: str) -> Generator[None]:
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _GONE:
            raise Refused(
                "object-gone",
                f"The object {key} was deleted or replaced before it could be read. Send the file again.",
            ) from error
        raise


def job_key(job_id: str, name: str) -> str:
    """The key of one of a job's own objects."""
    return f"jobs/{job_id}/{name}"
