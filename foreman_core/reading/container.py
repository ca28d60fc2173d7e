"""What a file is wrapped in: gzip or zip around a table, and workbooks, which are archives of their own.

Nothing an archive says of itself is believed: what comes out of it is counted while it comes.
"""

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import IO, Final, Literal, cast

from attrs import define, frozen

from foreman_core.errors import Refused
from foreman_core.reading.table import Digest, Readable

UNPACKED_LIMIT: Final = 5 << 30
"""Bytes that come out of an archive at most: the largest object that S3 takes in one request,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html"""

ARCHIVE_LIMIT: Final = 400 << 20
"""Bytes of a zip archive or workbook, which is kept in a temporary file: a Lambda function has 512 MB,
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

WORKBOOK_LIMIT: Final = 256 << 20
"""Bytes of a workbook when unpacked. It takes twice as much memory: a sheet is read as a whole."""

_RATIO: Final = 200
_RATIO_FROM: Final = 16 << 20
"""More than 200 bytes for each one packed, in so many bytes, is no table: text shrinks 5 to 20 times. Until
that is noticed rows are judged, and each may have a kilobyte of faults."""

_MOST: Final = 1 << 16
_START: Final = 8
_NAME_LENGTHS: Final = 26
"""Where a member's header says how long its name and its extra field are, which end it:
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3.7"""

_SHOWN_NAMES: Final = 5
_GZIP, _ZIP, _EMPTY_ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0"

_DAMAGED: Final = "is damaged or was cut off: send it again"

WorkbookFormat = Literal["xlsx", "xls", "ods"]


@frozen
class Workbook:
    """A workbook as a seekable file."""

    format: WorkbookFormat
    file: IO[bytes]


@define
class Peeked:
    """A stream of which the first bytes are known."""

    start: bytes
    _stream: Readable
    _rest: bytes

    def read(self, size: int) -> bytes:
        """The next bytes, at most so many; none at the end."""
        if not self._rest:
            return self._stream.read(size)
        part, self._rest = self._rest[:size], self._rest[size:]
        return part


def unwrapped(digest: Digest) -> Readable | Workbook:
    """The table inside the file as a stream, or the workbook that it is.

    Refused(`not-a-table`) for an archive that is damaged, encrypted, or has not exactly one table, and
    (`too-large`) for one from which more comes than the limits, maybe while it is read.
    """
    stream = _peeked(digest)
    if not stream.start.startswith(_GZIP):
        return _content(stream, digest, limit=ARCHIVE_LIMIT, is_inner=False)
    unpacked = gzip.GzipFile(fileobj=cast("IO[bytes]", stream), mode="rb")  # it only reads
    return _inner(_Unpacked(unpacked, digest, "gzip file"), digest)


def _inner(stream: Readable, digest: Digest) -> Readable | Workbook:
    """What is in an archive: a table or a workbook, but no other archive."""
    return _content(_peeked(stream), digest, limit=WORKBOOK_LIMIT, is_inner=True)


def _content(stream: Peeked, digest: Digest, *, limit: int, is_inner: bool) -> Readable | Workbook:
    if stream.start.startswith(_GZIP):
        raise _nested()
    if not stream.start.startswith((_ZIP, _EMPTY_ZIP, _OLE)):
        return stream
    spool = _spooled(stream, limit)
    if stream.start.startswith(_OLE):
        return Workbook("xls", spool)
    archive = _archive(spool)
    kind = _workbook_format(archive)
    if kind is not None:
        _check_workbook(archive, spool)
        return Workbook(kind, spool)
    if is_inner:
        raise _nested()
    member = _only_table(archive)
    # what an archive says of itself is not believed, unless it gives itself away
    _check_ratio("zip archive", member.file_size, member.compress_size)
    with _faults_of("zip archive"):
        unpacked = archive.open(member)
    return _inner(_Unpacked(unpacked, digest, "zip archive"), digest)


def _nested() -> Refused:
    return Refused("not-a-table", "an archive is inside the archive: pack the table itself")


def _peeked(stream: Readable) -> Peeked:
    start = b""
    while len(start) < _START and (block := stream.read(_START - len(start))):
        start += block
    return Peeked(start, stream, start)


@define
class _Unpacked:
    """What comes out of an archive, counted."""

    _stream: Readable
    _packed: Digest
    _what: str
    _size: int = 0

    def read(self, size: int) -> bytes:
        with _faults_of(self._what):
            block = self._stream.read(size)
        self._size += len(block)
        _check_ratio(self._what, self._size, self._packed.size)
        return block


def _check_ratio(what: str, size: int, packed: int) -> None:
    """Refuse an archive of so many bytes that more comes out of than out of any table."""
    if size > UNPACKED_LIMIT or (size > _RATIO_FROM and size > _RATIO * packed):
        raise Refused(
            "too-large",
            f"more than {size:,} bytes come out of this {what} of {packed:,}: "
            "that is no table. Send the file as it is",
        )


@contextmanager
def _faults_of(what: str) -> Generator[None]:
    try:
        yield
    except (zipfile.BadZipFile, EOFError, ValueError, zlib.error, gzip.BadGzipFile) as error:
        raise Refused("not-a-table", f"the {what} {_DAMAGED} ({error})") from error
    except (NotImplementedError, RuntimeError) as error:
        raise Refused(
            "not-a-table", f"the {what} can't be unpacked ({error}): send the file as it is"
        ) from error


class _Spool(tempfile.SpooledTemporaryFile[bytes]):
    """Open as long as somebody may read it."""

    def __del__(self) -> None:
        self.close()


def _spooled(stream: Readable, limit: int) -> IO[bytes]:
    spool = _Spool(max_size=8 << 20)
    size = 0
    while block := stream.read(1 << 20):
        size += len(block)
        if size > limit:
            raise Refused(
                "too-large",
                f"the archive or workbook has more than {limit:,} bytes: send it as CSV, or as gzip",
            )
        spool.write(block)
    spool.seek(0)
    return spool


def _archive(spool: IO[bytes]) -> zipfile.ZipFile:
    with _faults_of("zip archive or workbook"):
        return zipfile.ZipFile(spool)


def _workbook_format(archive: zipfile.ZipFile) -> WorkbookFormat | None:
    names = set(archive.namelist())
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return "xlsx"
    return "ods" if {"mimetype", "content.xml"} <= names else None


def _check_workbook(archive: zipfile.ZipFile, spool: IO[bytes]) -> None:
    """Unpack a workbook to nowhere, for its true size: who reads it later trusts nobody either, but has no
    limit.
    """
    left = WORKBOOK_LIMIT
    for member in archive.infolist():
        left -= _unpacked_size(member, spool, left)
        if left < 0:
            raise Refused(
                "too-large",
                f"the workbook has more than {WORKBOOK_LIMIT:,} bytes when unpacked: save the sheet as CSV",
            )
    spool.seek(0)


def _unpacked_size(member: zipfile.ZipInfo, spool: IO[bytes], limit: int) -> int:
    if member.compress_type != zipfile.ZIP_DEFLATED:
        return max(member.compress_size, member.file_size)
    unpacking, size, left = zlib.decompressobj(-zlib.MAX_WBITS), 0, member.compress_size
    with _faults_of("workbook"):
        spool.seek(member.header_offset + _NAME_LENGTHS)
        name, extra = (int.from_bytes(spool.read(2), "little") for _ in range(2))
        spool.seek(name + extra, 1)
        while size <= limit and not unpacking.eof:
            block = unpacking.unconsumed_tail
            if not block:
                block = spool.read(min(_MOST, left))
                left -= len(block)
            if not block:
                break
            size += len(unpacking.decompress(block, _MOST))
    return size


def _only_table(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        member for member in archive.infolist() if not member.is_dir() and not _is_hidden(member.filename)
    ]
    if len(members) != 1:
        what = f"has {_listed([member.filename for member in members])}" if members else "is empty"
        raise Refused("not-a-table", f"the zip archive {what}: pack one table into it")
    if members[0].flag_bits & 1:
        raise Refused("not-a-table", "the zip archive has a password: send it without one")
    return members[0]


def _is_hidden(name: str) -> bool:
    """Whether a system put it there for itself."""
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith((".", "Thumbs.db"))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:_SHOWN_NAMES]))
    more = len(names) - _SHOWN_NAMES
    return f"{len(names)} files: {shown}{f' and {more} more' if more > 0 else ''}"
