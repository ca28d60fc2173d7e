"""The fast engine: whole blocks at a time, equal to the exact engine row for row.

A block that is certainly a table of texts is judged by expressions that find what is certainly right. The
rows that are not, those whose key another row has, and all rows of other blocks go to the exact engine.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain, compress
from typing import Final

import polars as pl
from attrs import define, frozen

from foreman_core.mapping import Mapping as ColumnMapping
from foreman_core.models import SourceRow
from foreman_core.reading import Unreadable
from foreman_core.schema import RecordSchema
from foreman_core.validation.accepted import accepted_line
from foreman_core.validation.fast import keys
from foreman_core.validation.fast.blocks import Block, Table, block_of, table_of
from foreman_core.validation.fast.columns import Column
from foreman_core.validation.fast.memo import as_text
from foreman_core.validation.fast.older import Budget
from foreman_core.validation.fast.rows import BlockRows, Rows
from foreman_core.validation.judge import BLANK, Judge, Reading, Verdict, unreadable
from foreman_core.validation.rulebook import Rulebook

SUSPECT: Final = "suspect"
_UNCLEAR: Final = "unclear"
_SURE: Final = "sure"
_NONE: Final[frozenset[int]] = frozenset()
_MANY: Final = 0.05
"""The share of suspect rows from which on it is tried whether spaces around cells are the cause."""

SUSPECTS: Final = 1 << 14
"""Rows of one block that the exact engine judges, at most: with all that is wrong with it, a row takes four
kilobytes, and a block of short lines has a million of them.
"""


@frozen
class Looked:
    """A block that was looked at: its cells; per row whether it is suspect, and its keys.

    `odd` are the rows, by their place, that are not what `cells` says; `right` has the slots of suspect rows
    that are certain all the same. `lines` has the physical line on which each row starts, and `height` their
    number; both count from the first of the block.
    """

    cells: pl.DataFrame
    rows: BlockRows
    facts: pl.DataFrame
    odd: Mapping[int, tuple[str, ...]]
    right: Mapping[int, frozenset[int]]
    lines: pl.Series
    height: int

    def __len__(self) -> int:
        return self.cells.height


@define
class SeriesLines:
    """Accepted rows as lines of JSON, each with its line feed, to be taken in any portions."""

    _lines: pl.Series
    _taken: int = 0

    def __len__(self) -> int:
        return len(self._lines) - self._taken

    def take(self, count: int) -> bytes:
        """The next lines, at most so many."""
        chosen = self._lines.slice(self._taken, count)
        self._taken += len(chosen)
        return chosen.str.join("").cast(pl.Binary).item()


@frozen
class Judged:
    """What came of a block: how many rows are accepted without a word, and the verdicts on the others in file
    order. `lines` has the accepted rows of both kinds, if they were asked for.
    """

    clean: int
    verdicts: Sequence[tuple[SourceRow | Unreadable, Verdict]]
    lines: SeriesLines | None


class FastJudge:
    """Judges the rows of one file, a block at a time, in file order."""

    def __init__(
        self,
        schema: RecordSchema,
        mapping: ColumnMapping,
        *,
        delimiter: str,
        read: Callable[[bytes], SourceRow | None],
        with_lines: bool,
    ) -> None:
        """`read` gives the record that a text alone is."""
        self._read = read
        self._judge = Judge(schema, mapping)
        book, remembered = Rulebook(schema), dict[str, Column]()
        self._plain = Rows(book, mapping, remembered, padded=False)
        self._padded = Rows(book, mapping, remembered, padded=True)
        self._rows = self._plain
        self._slots = book.slots
        self._width = len(mapping.columns)
        self._delimiter = delimiter
        self._with_lines = with_lines
        budget = Budget().shared(len(self._judge.keys.slots))
        self._seen = [keys.Seen(budget) for _ in self._judge.keys.slots]

    def look(self, text: bytes) -> Looked | None:
        """See what is certain in a block of whole lines; None when it has to be read record by record, or has
        more than SUSPECTS rows for the exact engine. Blocks may be looked at ahead of their turn, and by
        several threads.
        """
        block = block_of(text, self._delimiter, self._width)
        table = None if block is None else table_of(block, self._delimiter, self._width)
        if block is None or table is None:
            return None
        odd = self._odd(block, table)
        if odd is None:
            return None
        escapes = self._with_lines and (b'"' in text or b"\\" in text)
        rows, facts = self._facts_of(table.cells, escapes=escapes)
        if facts[SUSPECT].sum() > SUSPECTS:
            return None
        right = self._right(facts, list(rows.cells), odd)
        facts = facts.select(pl.exclude(f"^{_SURE}.*$"))
        if odd:
            is_odd = pl.int_range(pl.len()).is_in(list(odd))
            prints = keys.fingerprints(list(odd.values()), self._width)
            facts = facts.with_columns(
                pl.col(SUSPECT) | is_odd,
                pl.col(_UNCLEAR) | is_odd,
                facts[keys.PRINT].scatter(list(odd), prints),
            )
        lines, height = _lines_of(block)
        return Looked(table.cells, rows, facts, odd, right, lines, height)

    def _odd(self, block: Block, table: Table) -> dict[int, tuple[str, ...]] | None:
        """The cells of the rows that the table does not have right; None when one is no row by itself, or
        when there are too many of them.
        """
        mark = self._delimiter.encode()
        odd: dict[int, tuple[str, ...]] = {}
        if table.uneven.sum() + len(block.long) > SUSPECTS:
            return None
        uneven: list[int] = table.uneven.arg_true().to_list()
        texts = {place: block.lines[place] for place in uneven}
        texts |= {each.place: each.text for each in block.long}
        for place, text in texts.items():
            if text and b'"' not in text:
                cells = text.removesuffix(b"\r").split(mark)
                odd[place] = tuple(cell.decode() for cell in cells)
                continue
            source = self._read(text)
            if source is None:
                return None
            odd[place] = source.cells
        return odd

    def _facts_of(self, cells: pl.DataFrame, *, escapes: bool) -> tuple[BlockRows, pl.DataFrame]:
        rows = self._rows
        found, facts = self._facts_by(cells, rows, escapes=escapes)
        suspects = facts[SUSPECT].sum()
        if rows is self._plain and suspects > _MANY * cells.height:
            trimmed = self._facts_by(cells, self._padded, escapes=escapes)
            if trimmed[1][SUSPECT].sum() < suspects / 2:
                self._rows = self._padded
                return trimmed
        return found, facts

    def _facts_by(self, cells: pl.DataFrame, by: Rows, *, escapes: bool) -> tuple[BlockRows, pl.DataFrame]:
        rows = by.of(cells)
        sure = {f"{_SURE}{number}": each for number, each in enumerate(rows.sure(escapes=escapes))}
        facts = cells.select(
            keys.fingerprint().alias(keys.PRINT),
            rows.unclear().alias(_UNCLEAR),
            *chain.from_iterable(keys.identity(text, key) for key, text in enumerate(rows.keys())),
            **sure,
        )
        repeated = [keys.is_repeated(key) for key in range(len(self._seen))]
        certain = pl.all_horizontal(*sure).fill_null(value=False)
        return rows, facts.with_columns(
            pl.any_horizontal(~certain, pl.col(_UNCLEAR), *repeated).alias(SUSPECT),
        )

    def _right(
        self, facts: pl.DataFrame, names: Sequence[str], odd: Collection[int]
    ) -> dict[int, frozenset[int]]:
        """The slots of each suspect row whose cells are certain."""
        slots = [self._slots[name] for name in names]
        suspect = facts.filter(pl.col(SUSPECT)).select(f"{_SURE}{number}" for number in range(len(names)))
        places = facts[SUSPECT].arg_true()
        return {
            place: frozenset(compress(slots, sure))
            for place, sure in zip(places, suspect.iter_rows(), strict=True)
            if place not in odd
        }

    def judge(self, looked: Looked, row: int, line: int) -> Judged:
        """The verdicts on a block that was looked at, when all before it have been judged: its first record
        is `row`, and starts on `line`.
        """
        facts = looked.facts.with_columns(
            pl.int_range(row, row + pl.len(), dtype=pl.Int64).alias(keys.ROW),
            (looked.lines + line).alias(keys.LINE),
        )
        facts, known = self._cleared(looked, facts)
        held = [seen.carried(facts[keys.high(key)]) for key, seen in enumerate(self._seen)]
        again = pl.any_horizontal(
            pl.col(SUSPECT),
            *(
                pl.col(keys.high(key)).is_in(each[keys.HIGH].implode()).fill_null(value=False)
                for key, each in enumerate(held)
                if each.height
            ),
        )
        suspects = facts.select(again).to_series().arg_true()
        chosen, sources = facts[suspects], _sources(looked, facts, suspects)
        readings = [
            known[place] if place in known else self._judge.read(source, looked.right.get(place, _NONE))
            for place, source in zip(suspects, sources, strict=True)
        ]
        verdicts = self._decide(sources, readings, chosen, held)
        self._remember(facts, suspects, verdicts)
        return Judged(
            clean=facts.height - len(sources),
            verdicts=list(zip(sources, verdicts, strict=True)),
            lines=self._lines(_json(looked, facts), suspects, verdicts) if self._with_lines else None,
        )

    def judge_rows(self, rows: Sequence[SourceRow | Unreadable]) -> Judged:
        """The verdicts on records that were read one by one."""
        sources = [row for row in rows if not isinstance(row, Unreadable)]
        readings = [self._judge.read(source) for source in sources]
        facts = self._facts(sources, readings)
        held = [seen.carried(facts[keys.high(key)]) for key, seen in enumerate(self._seen)]
        decided = self._decide(sources, readings, facts, held)
        everything = pl.int_range(len(sources), eager=True)
        self._remember(facts, everything, decided)
        following = iter(decided)
        verdicts = [
            (row, unreadable(row) if isinstance(row, Unreadable) else next(following)) for row in rows
        ]
        no_lines = pl.repeat(None, len(sources), dtype=pl.String, eager=True)
        lines = self._lines(no_lines, everything, decided) if self._with_lines else None
        return Judged(clean=0, verdicts=verdicts, lines=lines)

    def _cleared(
        self, looked: Looked, facts: pl.DataFrame
    ) -> tuple[pl.DataFrame, Mapping[int, Reading | None]]:
        """The facts, with the keys that the exact engine had to find, and the rows that have the same; and
        what it read, by place.
        """
        unclear = facts[_UNCLEAR].arg_true()
        if not len(unclear):
            return facts, {}
        sources = _sources(looked, facts, unclear)
        known = {
            place: self._judge.read(source, looked.right.get(place, _NONE))
            for place, source in zip(unclear, sources, strict=True)
        }
        found = self._identities(list(known.values()))
        columns = {name: facts[name].scatter(unclear, found[name]) for name in found.columns}
        facts = facts.with_columns(**columns)
        alike = pl.any_horizontal(
            pl.col(keys.high(key)).is_in(found[keys.high(key)].drop_nulls().implode()).fill_null(value=False)
            for key in range(len(self._seen))
        )
        return facts.with_columns(pl.col(SUSPECT) | alike), known

    def _facts(self, sources: Sequence[SourceRow], readings: Sequence[Reading | None]) -> pl.DataFrame:
        return pl.DataFrame(
            [
                pl.Series(keys.ROW, [source.row for source in sources], dtype=pl.Int64),
                pl.Series(keys.LINE, [source.line for source in sources], dtype=pl.Int64),
                keys.fingerprints([source.cells for source in sources], self._width).alias(keys.PRINT),
                *self._identities(readings).get_columns(),
            ]
        )

    def _identities(self, readings: Sequence[Reading | None]) -> pl.DataFrame:
        texts = {
            f"{key}": pl.Series([_key(reading, slots) for reading in readings], dtype=pl.String)
            for key, slots in enumerate(self._judge.keys.slots)
        }
        frame = pl.DataFrame(texts)
        return frame.select(*chain.from_iterable(keys.identity(pl.col(name), int(name)) for name in texts))

    def _decide(
        self,
        sources: Sequence[SourceRow],
        readings: Sequence[Reading | None],
        facts: pl.DataFrame,
        held: Sequence[pl.DataFrame],
    ) -> list[Verdict]:
        claims = self._judge.keys
        claims.forget()
        for key, holders in enumerate(held):
            for high, low, row, line, fingerprint in holders.iter_rows():
                claims.hold((key, high, low), row, line, fingerprint)
        identities = [
            list(zip(facts[keys.high(key)], facts[keys.low(key)], strict=True)) for key in range(len(held))
        ]
        verdicts: list[Verdict] = []
        for index, (source, reading, fingerprint) in enumerate(
            zip(sources, readings, facts[keys.PRINT], strict=True)
        ):
            if reading is None:
                verdicts.append(BLANK)
                continue
            mine = [
                None if each[index][0] is None else (key, *each[index]) for key, each in enumerate(identities)
            ]
            taken = claims.claim_as(mine, source.row, source.line, fingerprint)
            verdicts.append(self._judge.decide(source, reading, taken))
        return verdicts

    def _remember(self, facts: pl.DataFrame, judged: pl.Series, verdicts: Sequence[Verdict]) -> None:
        """Keep who holds which key; the fingerprint is that of an accepted row."""
        lost = [verdict.accepted is None for verdict in verdicts]
        prints = facts[keys.PRINT].scatter(judged.filter(pl.Series(lost, dtype=pl.Boolean)), None)
        for key, seen in enumerate(self._seen):
            seen.add(
                facts.select(
                    pl.col(keys.high(key)).alias(keys.HIGH),
                    pl.col(keys.low(key)).alias(keys.LOW),
                    pl.col(keys.ROW).cast(pl.UInt32),
                    pl.col(keys.LINE).cast(pl.UInt32),
                    prints.alias(keys.PRINT),
                )
            )

    @staticmethod
    def _lines(lines: pl.Series, judged: pl.Series, verdicts: Sequence[Verdict]) -> SeriesLines:
        mine = [
            None if verdict.accepted is None else accepted_line(verdict.accepted).decode()
            for verdict in verdicts
        ]
        return SeriesLines(lines.scatter(judged, pl.Series(mine, dtype=pl.String)).drop_nulls())


def _lines_of(block: Block) -> tuple[pl.Series, int]:
    """The lines on which the records of a block start, counted from its first, and how many lines it has."""
    count = len(block.lines)
    index = pl.int_range(count, dtype=pl.Int64, eager=True)
    if not block.long:
        return index, count
    more = [each.more for each in block.long]
    none = pl.zeros(count + 1, dtype=pl.Int64, eager=True)
    after = none.scatter([each.place + 1 for each in block.long], more)
    return index + after.cum_sum().head(count), count + sum(more)


def _sources(looked: Looked, facts: pl.DataFrame, places: pl.Series) -> list[SourceRow]:
    """The rows at these places."""
    chosen = facts[places]
    rows = zip(places, chosen[keys.ROW], chosen[keys.LINE], looked.cells[places].iter_rows(), strict=True)
    return [SourceRow(row, line, looked.odd.get(place, cells)) for place, row, line, cells in rows]


def _json(looked: Looked, facts: pl.DataFrame) -> pl.Series:
    """The lines of all rows, as if they were accepted."""
    return looked.cells.select(
        looked.rows.json(pl.lit(facts[keys.ROW]), pl.lit(facts[keys.LINE]))
    ).to_series()


def _key(reading: Reading | None, slots: tuple[int, ...]) -> str | None:
    """The text of a key, as the expressions make it; None when a part is blank."""
    if reading is None:
        return None
    parts = [as_text(reading.values[slot]) for slot in slots]
    return "\0".join(part for part in parts if part is not None) if None not in parts else None
