"""Which engine judges a file: row by row, or whole blocks at a time when there are enough of them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol

from attrs import define, field, frozen

from foreman_core.mapping import Mapping
from foreman_core.models import Issue, SourceRow
from foreman_core.reading import Delimited, Table, Unreadable
from foreman_core.schema import RecordSchema
from foreman_core.validation import Judge, Verdict
from foreman_core.validation.accepted import accepted_line

if TYPE_CHECKING:
    from foreman_core.validation.fast.engine import FastJudge, Judged, Looked

FAST_FROM: Final = 6 << 20
"""Bytes of rows from which on blocks are judged: about 50,000 rows. Importing Polars takes as long as judging
20,000 rows one by one."""

_PARTS: Final = 16
"""Pieces that a block is cut into when it is no plain table as a whole, and each of them again."""

_PIECE: Final = 1 << 15
"""Bytes of a piece that is read record by record."""

_THREADS: Final = 2
"""Blocks that are looked at at once: as many as Lambda has processors for the function that reads files."""

_BATCH: Final = 1 << 12
"""Rows that are judged between two looks at what came of them."""


Admit = Callable[[SourceRow], Issue | None]
"""What is against a row that it is not judged at all; None: nothing."""


class Lines(Protocol):
    """Accepted rows as lines of JSON, to be taken in any portions."""

    def __len__(self) -> int:
        """How many are left."""
        ...

    def take(self, count: int) -> bytes:
        """The next lines, at most so many, each with its line feed."""
        ...


@define
class ListedLines:
    """Lines that are there already."""

    _lines: list[bytes]
    _taken: int = 0

    def __len__(self) -> int:
        return len(self._lines) - self._taken

    def take(self, count: int) -> bytes:
        """The next lines, at most so many."""
        chosen = self._lines[self._taken : self._taken + count]
        self._taken += len(chosen)
        return b"".join(chosen)


@frozen(kw_only=True)
class Batch:
    """The next rows of a file. `clean` rows were accepted without a word, the others have a verdict each, in
    file order. `lines` are the accepted ones of both kinds, when they were asked for.
    """

    clean: int = 0
    verdicts: Sequence[tuple[SourceRow | Unreadable, Verdict]]
    lines: Lines | None = None


def judged(
    table: Table,
    schema: RecordSchema,
    mapping: Mapping,
    *,
    with_lines: bool,
    translate: Callable[[SourceRow], SourceRow | Unreadable] | None = None,
    admit: Admit | None = None,
) -> Iterator[Batch]:
    """The verdicts on all rows, in file order. `translate` puts other cells in place of those of a row before
    it is judged; a row that `admit` has something against is rejected for that, and holds no key.
    """
    delimited = table.delimited
    if delimited is None or translate is not None or admit is not None:
        judge = Judge(schema, mapping)
        admitting = judge if admit is None else _Admitting(judge, admit)
        yield from _one_by_one(table.rows, admitting, translate, with_lines=with_lines)
        return
    start = _start(delimited)
    if len(start) < FAST_FROM:
        yield from _one_by_one(
            _records(delimited, start), Judge(schema, mapping), None, with_lines=with_lines
        )
        return
    from foreman_core.validation.fast.engine import FastJudge  # noqa: PLC0415 - small files do without Polars

    judge = FastJudge(
        schema, mapping, delimiter=delimited.delimiter, read=delimited.record, with_lines=with_lines
    )
    yield from _Blocks(delimited, judge).batches(start)


def _start(delimited: Delimited) -> bytes:
    """The first blocks, together FAST_FROM bytes or all there are."""
    blocks: list[bytes] = []
    while sum(map(len, blocks)) < FAST_FROM and (block := delimited.take()):
        blocks.append(block)
    return b"".join(blocks)


def _records(delimited: Delimited, block: bytes) -> Iterator[SourceRow | Unreadable]:
    while block:
        yield from delimited.read(block, final=False)
        block = delimited.take()
    yield from delimited.read(b"", final=True)


@frozen
class _Admitting:
    """Judges the rows that are let through."""

    _judge: Judge
    _admit: Admit

    def judge(self, row: SourceRow | Unreadable) -> Verdict:
        issue = None if isinstance(row, Unreadable) else self._admit(row)
        return self._judge.judge(row) if issue is None else Verdict("rejected", (issue,))


def _one_by_one(
    rows: Iterable[SourceRow | Unreadable],
    judge: Judge | _Admitting,
    translate: Callable[[SourceRow], SourceRow | Unreadable] | None,
    *,
    with_lines: bool,
) -> Iterator[Batch]:
    following = iter(rows)
    while batch := list(islice(following, _BATCH)):
        verdicts = [
            (row, judge.judge(row if translate is None or isinstance(row, Unreadable) else translate(row)))
            for row in batch
        ]
        yield Batch(verdicts=verdicts, lines=_listed(verdicts) if with_lines else None)


def _listed(verdicts: Iterable[tuple[object, Verdict]]) -> Lines:
    return ListedLines(
        [accepted_line(verdict.accepted) for _, verdict in verdicts if verdict.accepted is not None]
    )


@define
class _Blocks:
    """A file block by block. While one is judged, the next ones are looked at by other threads: hashing and
    Polars leave Python's lock to the first.
    """

    _delimited: Delimited
    _judge: "FastJudge"
    _ahead: deque[tuple[bytes, "Future[Looked | None]"]] = field(factory=deque[Any])

    def batches(self, start: bytes) -> Iterator[Batch]:
        with ThreadPoolExecutor(1, "read") as reader, ThreadPoolExecutor(_THREADS, "look") as threads:
            block, following = start, reader.submit(self._delimited.take)
            while block or self._ahead:
                while block and len(self._ahead) <= _THREADS:
                    self._ahead.append((block, threads.submit(self._judge.look, block)))
                    block = following.result()
                    following = reader.submit(self._delimited.take)
                yield from self._judged(*self._ahead.popleft())
        yield from self._read(b"", final=True)

    def _judged(self, block: bytes, looking: "Future[Looked | None]") -> Iterator[Batch]:
        looked = looking.result()
        if looked is None or not self._delimited.at_boundary:  # what is open may come to its end here
            yield from self._in_pieces(block, len(block) // _PARTS)
        else:
            yield self._whole(looked)

    def _whole(self, looked: "Looked") -> Batch:
        row, line = self._delimited.row + 1, self._delimited.line
        self._delimited.skip(len(looked), looked.height)
        return self._batch(self._judge.judge(looked, row, line))

    def _in_pieces(self, block: bytes, size: int) -> Iterator[Batch]:
        """A block that is no plain table as a whole: what there is of one in it, and the rest record by
        record.
        """
        start = 0
        while start < len(block):
            end = block.find(b"\n", start + max(size, _PIECE)) + 1 or len(block)
            piece, start = block[start:end], end
            looked = self._judge.look(piece) if self._delimited.at_boundary else None
            if looked is not None:
                yield self._whole(looked)
            elif size > _PIECE and self._delimited.at_boundary:
                yield from self._in_pieces(piece, size // _PARTS)
            else:
                yield from self._read(piece, final=False)

    def _read(self, block: bytes, *, final: bool) -> Iterator[Batch]:
        records = self._delimited.read(block, final=final)
        while batch := list(islice(records, _BATCH)):
            yield self._batch(self._judge.judge_rows(batch))

    @staticmethod
    def _batch(judged: "Judged") -> Batch:
        return Batch(clean=judged.clean, verdicts=judged.verdicts, lines=judged.lines)
