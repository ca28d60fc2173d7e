"""The fast engine: whole blocks at a time, equal to the exact engine row for row.

A block that is certainly a table of texts is judged by expressions that find what is certainly right. The
rows that are not, those whose key another row has, and all rows of other blocks go to the exact engine.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Final

import polars as pl
from attrs import frozen

from foreman_core.mapping import Mapping as ColumnMapping
from foreman_core.models import SourceRow
from foreman_core.reading import Unreadable
from foreman_core.schema import RecordSchema
from foreman_core.validation.accepted import accepted_line
from foreman_core.validation.fast import keys
from foreman_core.validation.fast.blocks import Odd, evened, frame_of
from foreman_core.validation.fast.memo import Memo, as_text
from foreman_core.validation.fast.rows import JSON, Rows
from foreman_core.validation.judge import BLANK, Judge, Reading, Verdict, unreadable
from foreman_core.validation.rulebook import Rulebook

SUSPECT: Final = "suspect"
_UNCLEAR: Final = "unclear"
_MANY: Final = 0.05
"""The share of suspect rows from which on it is tried whether spaces around cells are the cause."""


@frozen
class Looked:
    """A block that was looked at: its cells; per row whether it is suspect, its line as JSON, its keys. `odd`
    are the rows, by their place, that have more or fewer cells, or several lines; in `cells` they are blank.
    `lines` counts the physical lines.
    """

    cells: pl.DataFrame
    facts: pl.DataFrame
    odd: Mapping[int, SourceRow]
    lines: int

    def __len__(self) -> int:
        return self.cells.height

    def sources(self, places: pl.Series) -> list[SourceRow]:
        """The rows at these places."""
        chosen = self.facts[places]
        return [
            self.odd.get(place) or SourceRow(row, line, cells)
            for place, row, line, cells in zip(
                places, chosen[keys.ROW], chosen[keys.LINE], self.cells[places].iter_rows(), strict=True
            )
        ]


@frozen
class Judged:
    """What came of a block: how many rows are accepted without a word, and the verdicts on the others in file
    order. `lines` has the accepted rows of both kinds, if they were asked for.
    """

    clean: int
    verdicts: Sequence[tuple[SourceRow | Unreadable, Verdict]]
    lines: pl.Series | None


class FastJudge:
    """Judges the rows of one file, a block at a time, in file order."""

    def __init__(
        self,
        schema: RecordSchema,
        mapping: ColumnMapping,
        *,
        delimiter: str,
        read: Callable[[str, int, int], SourceRow | None],
        with_lines: bool,
    ) -> None:
        """`read` gives the record that is a line alone, by its text, its row and its number."""
        self._read = read
        self._judge = Judge(schema, mapping)
        book, memos = Rulebook(schema), dict[str, Memo]()
        self._plain = Rows(book, mapping, memos, padded=False)
        self._padded = Rows(book, mapping, memos, padded=True)
        self._rows = self._plain
        self._width = len(mapping.columns)
        self._delimiter = delimiter
        self._with_lines = with_lines
        self._seen = [keys.Seen() for _ in self._judge.keys.slots]

    def look(self, block: bytes, row: int, line: int) -> Looked | None:
        """See what is certain in a block of whole lines of which the first is `line`, and its record would be
        `row`. None when the block has to be read record by record. Blocks may be looked at ahead of their
        turn.
        """
        odd: dict[int, SourceRow] = {}
        more: list[Odd] = []
        cells = frame_of(block, self._delimiter, self._width)
        if cells is None:
            even = evened(block, self._delimiter, self._width)
            if even is None:
                return None
            block, more = even
            read = ((each.place, self._read(each.text, row + each.place, line + each.start)) for each in more)
            odd = {place: source for place, source in read if source is not None}
            cells = frame_of(block, self._delimiter, self._width)
            if cells is None or len(odd) < len(more):
                return None
        numbers = _lines_of(cells.height, line, more)
        escapes = self._with_lines and (b'"' in block or b"\\" in block)
        facts = self._facts_of(cells, self._rows, row, numbers, escapes=escapes)
        suspects = facts[SUSPECT].sum()
        if self._rows is self._plain and suspects > _MANY * cells.height:
            trimmed = self._facts_of(cells, self._padded, row, numbers, escapes=escapes)
            if trimmed[SUSPECT].sum() < suspects / 2:
                self._rows, facts = self._padded, trimmed
        if odd:
            is_odd = pl.int_range(pl.len()).is_in(list(odd))
            prints = keys.fingerprints([source.cells for source in odd.values()], self._width)
            facts = facts.with_columns(
                pl.col(SUSPECT) | is_odd,
                pl.col(_UNCLEAR) | is_odd,
                facts[keys.PRINT].scatter(list(odd), prints),
            )
        return Looked(cells, facts, odd, cells.height + sum(each.more for each in more))

    def _facts_of(
        self, cells: pl.DataFrame, rows: Rows, row: int, lines: pl.Expr, *, escapes: bool
    ) -> pl.DataFrame:
        rows.learn(cells)
        index = pl.int_range(pl.len())
        sure = {f"sure{number}": each for number, each in enumerate(rows.sure(escapes=escapes))}
        facts = cells.select(
            (row + index).alias(keys.ROW),
            lines.alias(keys.LINE),
            keys.fingerprint().alias(keys.PRINT),
            rows.unclear().alias(_UNCLEAR),
            *chain.from_iterable(keys.identity(text, key) for key, text in enumerate(rows.keys())),
            *([rows.json(row + index, lines).alias(JSON)] if self._with_lines else []),
            **sure,
        )
        repeated = [keys.is_repeated(key) for key in range(len(self._seen))]
        certain = pl.all_horizontal(*sure).fill_null(value=False)
        return facts.select(
            pl.exclude(*sure),
            pl.any_horizontal(~certain, pl.col(_UNCLEAR), *repeated).alias(SUSPECT),
        )

    def judge(self, looked: Looked) -> Judged:
        """The verdicts on a block that was looked at, when all before it have been judged."""
        facts, known = self._cleared(looked)
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
        chosen, sources = facts[suspects], looked.sources(suspects)
        readings = [
            known[place] if place in known else self._judge.read(source)
            for place, source in zip(suspects, sources, strict=True)
        ]
        verdicts = self._decide(sources, readings, chosen, held)
        self._remember(facts, suspects, verdicts)
        return Judged(
            clean=facts.height - len(sources),
            verdicts=list(zip(sources, verdicts, strict=True)),
            lines=self._lines(facts[JSON], suspects, verdicts) if self._with_lines else None,
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

    def _cleared(self, looked: Looked) -> tuple[pl.DataFrame, Mapping[int, Reading | None]]:
        """The facts, with the keys that the exact engine had to find, and the rows that have the same; and
        what it read, by place.
        """
        facts = looked.facts
        unclear = facts[_UNCLEAR].arg_true()
        if not len(unclear):
            return facts, {}
        known = dict(zip(unclear, map(self._judge.read, looked.sources(unclear)), strict=True))
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
    def _lines(lines: pl.Series, judged: pl.Series, verdicts: Sequence[Verdict]) -> pl.Series:
        mine = [
            None if verdict.accepted is None else accepted_line(verdict.accepted)[:-1].decode()
            for verdict in verdicts
        ]
        return lines.scatter(judged, pl.Series(mine, dtype=pl.String)).drop_nulls()


def _lines_of(height: int, first: int, odd: Sequence[Odd]) -> pl.Expr:
    """The physical lines on which the records of a block start."""
    index = pl.int_range(pl.len(), dtype=pl.Int64)
    longer = [each for each in odd if each.more]
    if not longer:
        return first + index
    none = pl.zeros(height + 1, dtype=pl.Int64, eager=True)
    after = none.scatter([each.place + 1 for each in longer], [each.more for each in longer])
    return first + index + pl.lit(after.cum_sum().head(height))


def _key(reading: Reading | None, slots: tuple[int, ...]) -> str | None:
    """The text of a key, as the expressions make it; None when a part is blank."""
    if reading is None:
        return None
    parts = [as_text(reading.values[slot]) for slot in slots]
    return "\0".join(part for part in parts if part is not None) if None not in parts else None
