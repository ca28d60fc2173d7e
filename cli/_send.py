"""Bringing a file into the intake bucket."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import frozen

from cli._target import Target
from cli._text import size
from foreman_core.errors import Refused
from foreman_core.models import Options
from foreman_core.pipeline.options import DEFAULTS, to_metadata

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


def dropped(target: Target, file: Path, options: Options = DEFAULTS) -> Sent:
    """Put the file where the bucket's event starts an import, with how it is read written on the object.

    Refused(`bad-mapping`) when that is too long for an object.
    """
    return _put(target, file, f"incoming/{file.name}", to_metadata(options))


def _put(target: Target, file: Path, key: str, metadata: Mapping[str, str] | None = None) -> Sent:
    length = file.stat().st_size
    if length > LARGEST_PUT:
        raise Refused(
            "too-large", f"{file} has {size(length)}; one upload takes {size(LARGEST_PUT)}. Split the file."
        )
    with file.open("rb") as body:
        answer = target.s3.put_object(Bucket=target.bucket, Key=key, Body=body, Metadata=metadata or {})
    return Sent(bucket=target.bucket, key=key, version_id=answer["VersionId"], name=file.name)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
