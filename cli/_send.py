"""Bringing a file into the intake bucket."""

import hashlib
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from boto3.s3.transfer import TransferConfig

from cli._screen import steps
from cli._target import Target
from cli._text import size
from foreman_core.models import Options
from foreman_core.pipeline.options import DEFAULTS, to_metadata

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BLOCK: Final = 1 << 20
IN_PARTS: Final = TransferConfig(multipart_threshold=16 << 20, multipart_chunksize=16 << 20)
"""A larger file goes in parts, several at once; each is sent again alone when it is lost on the way. S3 takes
10,000 of them, so they grow with the file: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""


@frozen(kw_only=True)
class Sent:
    """An object that lies in the bucket now."""

    bucket: str
    key: str
    version_id: str
    name: str


def submitted(target: Target, file: Path) -> Sent:
    """Put the file under its content's hash, where it starts nothing by itself."""
    return _put(target, file, f"submitted/{_sha256(file)}/{file.name}")


def dropped(target: Target, file: Path, options: Options = DEFAULTS) -> Sent:
    """Put the file where the bucket's event starts an import, with how it is read written on the object.

    Refused(`bad-mapping`) when that is too long for an object.
    """
    return _put(target, file, f"incoming/{file.name}", to_metadata(options))


def _put(target: Target, file: Path, key: str, metadata: Mapping[str, str] | None = None) -> Sent:
    client, length = target.s3, file.stat().st_size
    with file.open("rb") as body, steps() as tell, _heard(client) as answer:
        client.upload_fileobj(
            body,
            target.bucket,
            key,
            ExtraArgs={"Metadata": metadata or {}},
            Config=IN_PARTS,
            Callback=_progress(length, tell) if length > IN_PARTS.multipart_threshold else None,
        )
    return Sent(bucket=target.bucket, key=key, version_id=answer["VersionId"], name=file.name)


@contextmanager
def _heard(client: "S3Client") -> Generator[Mapping[str, Any]]:
    """What S3 answers to an upload: the transfer keeps it to itself, and who asks afterwards may be told of
    another's.
    """
    answer = dict[str, Any]()

    def keep(parsed: Mapping[str, Any], **_: object) -> None:
        answer.update(parsed)

    operations = [f"after-call.s3.{name}" for name in ("PutObject", "CompleteMultipartUpload")]
    for operation in operations:
        client.meta.events.register(operation, keep)
    try:
        yield answer
    finally:
        for operation in operations:
            client.meta.events.unregister(operation, keep)


def _progress(length: int, tell: Callable[[str], None]) -> Callable[[int], None]:
    sent, lock = 0, threading.Lock()  # the parts have a thread each

    def count(more: int) -> None:
        nonlocal sent
        with lock:
            sent += more
            tell(f"{size(sent)} of {size(length)} sent")

    return count


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
