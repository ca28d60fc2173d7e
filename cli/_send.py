"""Bringing a file into the intake bucket."""

import hashlib
from pathlib import Path
from typing import Final

from attrs import frozen

from cli._target import Target
from cli._text import size
from foreman_core.errors import Refused

BLOCK: Final = 1 << 20
LARGEST_PUT: Final = 5 * 1000**3
"""S3 takes at most 5 GB in one PUT (Amazon S3 user guide, "Uploading objects")."""


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


def dropped(target: Target, file: Path) -> Sent:
    """Put the file where the bucket's event starts an import. Refused when its name does not trigger one."""
    if not file.name.endswith(".csv"):
        raise Refused(
            "not-a-table",
            f"{file}: the bucket takes up only files whose name ends in .csv. Rename it to end so.",
        )
    return _put(target, file, f"incoming/{file.name}")


def _put(target: Target, file: Path, key: str) -> Sent:
    length = file.stat().st_size
    if length > LARGEST_PUT:
        raise Refused(
            "too-large", f"{file} has {size(length)}; one upload takes {size(LARGEST_PUT)}. Split the file."
        )
    with file.open("rb") as body:
        answer = target.s3.put_object(Bucket=target.bucket, Key=key, Body=body, ContentType="text/csv")
    return Sent(bucket=target.bucket, key=key, version_id=answer["VersionId"], name=file.name)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
