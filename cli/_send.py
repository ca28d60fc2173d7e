"""Bringing a file into the intake bucket."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from boto3.s3.transfer import TransferConfig

from cli._screen import steps
from cli._target import Target
from cli._text import size
from foreman_core.models import Options
from foreman_core.pipeline.options import DEFAULTS, to_metadata

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
    client, answer, length = target.s3, dict[str, Any](), file.stat().st_size

    def keep(parsed: Mapping[str, Any], **_: object) -> None:
        answer.update(parsed)

    # the transfer keeps to itself what S3 answers, and who asks afterwards may be told of another's upload
    for operation in ("PutObject", "CompleteMultipartUpload"):
        client.meta.events.register(f"after-call.s3.{operation}", keep)
    with file.open("rb") as body, steps() as tell:
        client.upload_fileobj(
            body,
            target.bucket,
            key,
            ExtraArgs={"Metadata": metadata or {}},
            Config=IN_PARTS,
            Callback=_progress(length, tell) if length > IN_PARTS.multipart_threshold else None,
        )
    return Sent(bucket=target.bucket, key=key, version_id=answer["VersionId"], name=file.name)


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
