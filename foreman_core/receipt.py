"""The receipt of a job: what became of every line of its file, under one hash that a key has signed.

The hash is the root of a Merkle tree as of RFC 6962, section 2.1 (https://www.rfc-editor.org/rfc/rfc6962).
Its leaves are, in file order, one text for each line of the file: the line's number, what became of it, and
the hash of its bytes. What this proves, and what not, is in docs/receipts.md.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

import orjson
from attrs import define, field, frozen

from foreman_core.errors import Refused
from foreman_core.models import Counts

VERSION: Final = 1
ALGORITHM: Final = "ECDSA_SHA_256"
"""The signature: ECDSA on the curve P-256 over the SHA-256 of the statement's text."""

HEADER: Final = "header"
CONTINUED: Final = "continued"
_NO_ROWS: Final = {HEADER, CONTINUED}
_BLOCK: Final = 1 << 20
_LOOKED_AT: Final = 1 << 16
_PACKED: Final = (b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How gzip, zip (and most workbooks) and old workbooks begin."""

_ASCII: Final = bytes(range(128)).replace(b"\\", b"") + rb"\n\u000a+AAo-"
"""All of ASCII, and how a line end is said otherwise: with a backslash, and in UTF-7."""

Unit = Literal["line", "row"]
"""What a leaf speaks of: a line of the file's bytes; or, where the bytes have no lines, as in an archive, a
workbook, UTF-16 or EBCDIC, a row, whose content stands under the hash of the whole file alone."""

Fate = tuple[int, int, str]
"""The row, the line on which it starts, and what became of it."""

Run = tuple[int, int, str]
"""Of which number to which number, and what became of all of these lines or rows."""


@define
class Merkle:
    """A Merkle tree that leaves are added to; it keeps one hash for each of its perfect subtrees."""

    size: int = 0
    _roots: list[tuple[int, bytes]] = field(factory=list[tuple[int, bytes]])

    def add(self, data: bytes) -> None:
        """Add a leaf."""
        height, root = 0, hashlib.sha256(b"\x00" + data).digest()
        while self._roots and self._roots[-1][0] == height:
            root = hashlib.sha256(b"\x01" + self._roots.pop()[1] + root).digest()
            height += 1
        self._roots.append((height, root))
        self.size += 1

    def root(self) -> str:
        """The hash over all leaves (hex); that of nothing when there are none."""
        if not self._roots:
            return hashlib.sha256().hexdigest()
        root = self._roots[-1][1]
        for _, left in reversed(self._roots[:-1]):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        return root.hex()


@define
class Content:
    """A file as the receipt sees it: its lines one by one, and the hash of the whole."""

    _stream: Any
    size: int = 0
    _sha256: Any = field(factory=hashlib.sha256)
    _first: bytes = b""

    def unit(self, encoding: str | None) -> Unit:
        """What the file is counted by, when it is read in an encoding that somebody named (None: in one that
        was found out). It is asked before the lines are.
        """
        while len(self._first) < _LOOKED_AT and (block := self._read()):
            self._first += block
        looked_at = self._first[:_LOOKED_AT]
        has_lines = b"\0" not in looked_at and (encoding is None or _has_ascii(encoding))
        return "line" if has_lines and not looked_at.startswith(_PACKED) else "row"

    def lines(self) -> Iterator[bytes]:
        """The lines with their ends (LF, CRLF or CR); in memory there is a block and a line."""
        rest, self._first = self._first, b""
        while block := self._read():
            lines = (rest + block).splitlines(keepends=True)
            rest = lines.pop()  # it may go on, or end with the \n after its \r
            yield from lines
        yield from rest.splitlines(keepends=True)

    def sha256(self) -> str:
        """The hash (hex) of the file, whose rest is read for it."""
        while self._read():
            pass
        return self._sha256.hexdigest()

    def _read(self) -> bytes:
        block: bytes = self._stream.read(_BLOCK)
        self._sha256.update(block)
        self.size += len(block)
        return block


@frozen(kw_only=True)
class Tally:
    """What a receipt states of the lines: their root, how many there are, how many rows had which fate."""

    unit: Unit
    units: int
    root: str
    rows: dict[str, int]


def _has_ascii(encoding: str) -> bool:
    """Whether the lines of the bytes are those of the text: each byte of ASCII is what it is in ASCII."""
    try:
        return _ASCII.decode(encoding) == _ASCII.decode("ascii")
    except UnicodeError:
        return False


def leaf(number: int, fate: str, sha256: str) -> bytes:
    """The text of one leaf; `sha256` (hex) is that of the line's bytes, `-` where rows are counted."""
    return f"{number} {fate} {sha256}".encode()


def runs_of(content: Content, unit: Unit, fates: Iterable[Fate]) -> Iterator[tuple[int, str, str]]:
    """Number, fate and hash of each line, or row, given the fates of the rows in file order."""
    if unit == "row":
        yield from ((row, fate, "-") for row, _, fate in fates)
        return
    following = iter(fates)
    coming = next(following, None)
    before = HEADER
    for number, line in enumerate(content.lines(), 1):
        fate = before
        if coming is not None and coming[1] == number:
            fate, before, coming = coming[2], CONTINUED, next(following, None)
        yield number, fate, hashlib.sha256(line).hexdigest()


def tallied(unit: Unit, leaves: Iterable[tuple[int, str, str]], on_run: Any = None) -> Tally:  # noqa: ANN401
    """The root over the leaves. `on_run` is given each run of leaves that have one fate."""
    tree, rows = Merkle(), Counter[str]()
    first, last, same = 0, 0, ""
    for number, fate, sha256 in leaves:
        tree.add(leaf(number, fate, sha256))
        if fate != same or number != last + 1:
            if same and on_run is not None:
                on_run((first, last, same))
            first, same = number, fate
        last = number
        rows[fate] += 1
    if same and on_run is not None:
        on_run((first, last, same))
    for name in _NO_ROWS:
        rows.pop(name, None)
    return Tally(unit=unit, units=tree.size, root=tree.root(), rows=dict(sorted(rows.items())))


def unrolled(runs: Iterable[Run], unit: Unit) -> Iterator[Fate]:
    """The fates of the rows, from the runs of a receipt."""
    for first, last, fate in runs:
        if fate not in _NO_ROWS:
            yield from ((number if unit == "row" else 0, number, fate) for number in range(first, last + 1))


def statement(**said: object) -> str:
    """What is signed, as the text that is signed."""
    return orjson.dumps({"version": VERSION, **said}, option=orjson.OPT_SORT_KEYS).decode()


def check_tally(said: dict[str, Any], found: Tally, *, size: int, sha256: str) -> None:
    """Refused(`receipt-mismatch`) when a file, with these fates of its lines, is not what was signed."""
    file = said["file"]
    if (file["sha256"], file["bytes"]) != (sha256, size):
        raise _mismatch(
            f"this file has the SHA-256 {sha256}, and the receipt is for one with {file['sha256']}"
        )
    if said["rows"] != found.rows:
        raise _mismatch(f"the fates add up to {found.rows}, and {said['rows']} was signed")
    if (said["unit"], said["units"], said["root"]) != (found.unit, found.units, found.root):
        raise _mismatch("the fates of the lines are not those that were signed")


def fates_balance(counts: Counts, rows: dict[str, int]) -> bool:
    """Whether the fates of the single rows add up to the account of the job."""
    return (
        all(getattr(counts, name) == rows.get(name, 0) for name in FATES)
        and sum(rows.values()) == counts.read
    )


FATES: Final = ("created", "updated", "unchanged", "rejected", "duplicate", "blank", "conflict", "pending")


def _mismatch(what: str) -> Refused:
    return Refused("receipt-mismatch", f"The receipt does not hold: {what}.")
