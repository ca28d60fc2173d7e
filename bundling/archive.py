"""Zip files that depend on nothing but what is in them."""

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The first moment a zip file can name."""

_MODE: Final = 0o100644 << 16
_UNIX: Final = 3
_LEVEL: Final = 6


def write_zip(path: Path, files: Iterable[tuple[str, Path]]) -> None:
    """Write `(name, file)` pairs to a zip, sorted and dated alike. The zip is there whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, half = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with (
            os.fdopen(descriptor, "wb") as out,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive,
        ):
            for name, file in sorted(files):
                archive.writestr(_entry(name), file.read_bytes(), compresslevel=_LEVEL)
        Path(half).replace(path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.external_attr = _MODE
    entry.create_system = _UNIX
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file another name, or copy it where that cannot be, as on another disk."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def unzipped_sizes(path: Path) -> dict[str, int]:
    """The bytes that each file in a zip takes unzipped."""
    with zipfile.ZipFile(path) as archive:
        return {entry.filename: entry.file_size for entry in archive.infolist()}


def sha256(path: Path) -> str:
    """The hash (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
