"""Read, map, validate, normalise: what every way into Foreman does first, and all that `foreman check`
does.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from attrs import asdict, define, field, frozen

from foreman_core.mapping import Decided, Match, map_columns
from foreman_core.mapping import Mapping as ColumnMapping
from foreman_core.models import Counts, Issue, SourceRow
from foreman_core.pipeline.judging import Batch, Lines, judged
from foreman_core.pipeline.returned import Returned
from foreman_core.reading import Readable, Table, Unreadable, open_table
from foreman_core.schema import RecordSchema
from foreman_core.validation import Fate
from foreman_core.validation.fitting import fitting

Recall = Callable[[tuple[str, ...]], Decided | None]
"""Columns -> what was decided for a file that had the same."""


class Admitting(Protocol):
    """What is known of the file that a rejects file came from."""

    @property
    def decided(self) -> Decided | None:
        """How its columns were matched."""
        ...

    def admit(self, row: SourceRow) -> Issue | None:
        """Why a row is not let through; None when it is."""
        ...


SAMPLE: Final = 20
"""Issues that a report shows."""


@frozen(kw_only=True)
class FileFacts:
    """What was found out about a file."""

    name: str
    bytes: int
    sha256: str
    format: str
    encoding: str | None
    bom: bool
    delimiter: str | None
    quote: str | None
    header_line: int
    columns: tuple[str, ...]


@frozen(kw_only=True)
class CheckReport:
    """What came of a file; `sample` holds its first issues."""

    file: FileFacts
    schema_name: str
    schema_version: str
    mapping: ColumnMapping
    counts: Counts
    issues_by_code: Mapping[str, int]
    issues_by_field: Mapping[str, int]
    sample: tuple[Issue, ...]

    @property
    def issues(self) -> int:
        """How many issues there are, warnings included."""
        return sum(self.issues_by_code.values())

    def as_json(self) -> dict[str, Any]:
        """The document that `foreman check --json` prints."""
        return {
            "file": {**asdict(self.file), "columns": list(self.file.columns)},
            "schema": {"name": self.schema_name, "version": self.schema_version},
            "mapping": [_match(match) for match in self.mapping.matches],
            "unmapped": list(self.mapping.unmapped),
            "suggestions": [asdict(suggestion) for suggestion in self.mapping.suggestions],
            "missing_fields": list(self.mapping.missing_fields),
            "rows": {
                "read": self.counts.read,
                "accepted": self.counts.accepted,
                "rejected": self.counts.rejected,
                "duplicate": self.counts.duplicate,
                "blank": self.counts.blank,
            },
            "issues": {
                "total": self.issues,
                "by_code": dict(self.issues_by_code),
                "by_field": dict(self.issues_by_field),
            },
            "sample": [asdict(issue) for issue in self.sample],
        }


def check(
    stream: Readable,
    *,
    name: str,
    schema: RecordSchema,
    decided: Decided | None = None,
    recall: Recall | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool = True,
    sheet: str | None = None,
    corrections: Callable[[Table], Admitting | None] | None = None,
    on_table: Callable[[Table], None] | None = None,
    on_accepted: Callable[[Lines], None] | None = None,
    on_issue: Callable[[Issue], None] | None = None,
    on_rejected: Callable[[SourceRow, tuple[Issue, ...]], None] | None = None,
    on_verdict: Callable[[SourceRow, Fate], None] | None = None,
) -> CheckReport:
    """Judge every row of a file, in one pass and in memory that rows only add their keys to. How it is read,
    `open_table` says.

    The columns are matched as `map_columns` says: as `decided`, and as `recall` remembers for such a header.
    Of a rejects file that `corrections` recognises, they are matched as in the file that it came from, and
    only the rows that it lets through are judged.
    `on_table` is called once, when the columns are matched; the others as rows go by, in file order. Accepted
    rows come as lines, many at a time; `on_verdict` tells of all that are not accepted.
    Refused names a file that cannot be used at all, maybe after rows were handed on: what they were written
    to is void then.
    """
    table = open_table(stream, encoding=encoding, delimiter=delimiter, header=header, sheet=sheet)
    admitting = None if corrections is None else corrections(table)
    if admitting is not None:
        decided = admitting.decided or decided
    remembered = None if recall is None else recall(table.columns)
    mapping = map_columns(
        table.columns, schema, decided, remembered=remembered, fits=fitting(table.sample, schema)
    )
    if on_table is not None:
        on_table(table)
    tally = _Tally()
    known = None if admitting is None or admitting.decided is None else admitting.decided.header
    translate = _translation(mapping, known)
    admit = None if admitting is None else admitting.admit
    with_lines = on_accepted is not None
    for batch in judged(table, schema, mapping, with_lines=with_lines, translate=translate, admit=admit):
        tally.add(batch)
        if on_accepted is not None and batch.lines is not None:
            on_accepted(batch.lines)
        for row, verdict in batch.verdicts:
            if on_issue is not None:
                for issue in verdict.issues:
                    on_issue(issue)
            source = row.source if isinstance(row, Unreadable) else row
            if verdict.fate == "rejected" and on_rejected is not None:
                on_rejected(source, verdict.issues)
            if verdict.fate != "accepted" and on_verdict is not None:
                on_verdict(source, verdict.fate)
    return CheckReport(
        file=_facts(table, name),
        schema_name=schema.name,
        schema_version=schema.version,
        mapping=mapping,
        counts=tally.counts(),
        issues_by_code=dict(tally.by_code.most_common()),
        issues_by_field=dict(tally.by_field.most_common()),
        sample=tuple(tally.sample),
    )


def _translation(
    mapping: ColumnMapping, known: Sequence[str] | None
) -> Callable[[SourceRow], SourceRow | Unreadable] | None:
    """What is done to cells before they are judged; None for nothing. `known` are the columns of the file
    whose rejects come back.
    """
    returned = Returned(mapping.columns, None if known is None else frozenset(known))
    if not returned.is_rejects:
        return mapping.translate if mapping.values else None

    def translate(row: SourceRow) -> SourceRow | Unreadable:
        taken = returned.taken(row)
        return taken if isinstance(taken, Unreadable) else mapping.translate(taken)

    return translate


@define
class _Tally:
    fates: dict[Fate, int] = field(factory=lambda: {"accepted": 0, "rejected": 0, "duplicate": 0, "blank": 0})
    by_code: Counter[str] = field(factory=Counter[str])
    by_field: Counter[str] = field(factory=Counter[str])
    sample: list[Issue] = field(factory=list[Issue])

    def add(self, batch: Batch) -> None:
        self.fates["accepted"] += batch.clean
        for _, verdict in batch.verdicts:
            self.fates[verdict.fate] += 1
            self._add(verdict.issues)

    def _add(self, issues: Iterable[Issue]) -> None:
        for issue in issues:
            self.by_code[issue.code] += 1
            if issue.field is not None:
                self.by_field[issue.field] += 1
            if len(self.sample) < SAMPLE:
                self.sample.append(issue)

    def counts(self) -> Counts:
        return Counts(read=sum(self.fates.values()), **self.fates)


def _facts(table: Table, name: str) -> FileFacts:
    return FileFacts(
        name=name,
        bytes=table.bytes,
        sha256=table.sha256,
        format=table.format,
        encoding=table.encoding,
        bom=table.bom,
        delimiter=table.delimiter,
        quote=table.quote,
        header_line=table.header_line,
        columns=table.columns,
    )


def _match(match: Match) -> dict[str, Any]:
    return {"column": match.column, "field": match.field, "how": match.how, "score": match.score}
