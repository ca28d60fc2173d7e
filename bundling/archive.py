"""Zip files that depend on nothing but what is in them."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The first moment a zip file can name."""

_MODE: Final = 0o100644 << 16
_LEVEL: Final = 6


def write_zip(path: Path, files: Iterator[tuple[str, Path]]) -> int:
    """Write `(name, file)` pairs to a zip, sorted and dated alike; the bytes that they take unzipped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    total = 0
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, file in sorted(files):
            body = file.read_bytes()
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = _MODE
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, body, compresslevel=_LEVEL)
            total += len(body)
    half.replace(path)
    return total


def unzipped_size(path: Path) -> int:
    """The bytes that the content of a zip takes."""
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def sha256(path: Path) -> str:
    """The hash (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
