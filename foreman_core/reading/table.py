"""What a file looks like once it is open."""

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal, Protocol

from attrs import define, field, frozen

from foreman_core.models import Issue, SourceRow

if TYPE_CHECKING:
    from _hashlib import HASH

    from foreman_core.reading.delimited import Delimited


class Readable(Protocol):
    """A file, an S3 body, a pipe: `read` gives at most that many bytes, and none at the end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        ...


EXCERPT: Final = 1000
"""Characters of a value that an issue shows."""


def excerpt(text: str) -> str:
    """What an issue shows of a value: its beginning, and nothing that UTF-8 cannot carry."""
    shown = text if len(text) <= EXCERPT else text[:EXCERPT] + "…"
    return shown.encode("utf-8", "backslashreplace").decode()


@frozen
class Unreadable:
    """A record that is no row. `source` holds its cells, or the text of its physical line as the one cell
    where they are not known; `issue` says why. What could not be decoded is U+FFFD in it.
    """

    source: SourceRow
    issue: Issue


@define
class Digest:
    """A stream that remembers how much was read of it, and the hash of that."""

    _stream: Readable
    size: int = 0
    at_end: bool = False
    _sha256: "HASH" = field(factory=hashlib.sha256)

    def read(self, size: int) -> bytes:
        """The next bytes, at most so many; none at the end."""
        block = self._stream.read(size)
        self._sha256.update(block)
        self.size += len(block)
        self.at_end = not block
        return block

    @property
    def sha256(self) -> str:
        """The hash (hex) of what was read so far."""
        return self._sha256.hexdigest()


@frozen(kw_only=True)
class Table:
    """An open file: its facts, and its rows, which can be read once, in file order.

    `encoding`, `delimiter` and `quote` are None where the format has none; `header_line` is 0 without a
    header. `sample` has the cells of the first rows, as a hint at what the columns hold. `delimited` has the
    same rows as blocks of lines; who takes these leaves `rows` alone.
    """

    format: Literal["csv", "tsv", "xlsx", "xls", "ods", "jsonl"]
    encoding: str | None
    bom: bool
    delimiter: str | None
    quote: str | None
    header_line: int
    columns: tuple[str, ...]
    rows: Iterator[SourceRow | Unreadable]
    digest: Digest
    sample: tuple[tuple[str, ...], ...] = ()
    delimited: "Delimited | None" = None

    @property
    def bytes(self) -> int:
        """The size of the file; ValueError before the last row was read."""
        return self._whole().size

    @property
    def sha256(self) -> str:
        """The hash (hex) of the file; ValueError before the last row was read."""
        return self._whole().sha256

    def _whole(self) -> Digest:
        if not self.digest.at_end:
            raise ValueError("the file has not been read to its end")
        return self.digest
