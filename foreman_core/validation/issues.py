"""Faults as issues: with their place, their severity and what is shown of the value."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from foreman_core.models import Issue, IssueCode, Severity, Value
from foreman_core.reading.table import excerpt
from foreman_core.validation.fields import Found
from foreman_core.validation.keys import Keys, Taken
from foreman_core.validation.rulebook import Rulebook
from foreman_core.validation.rules import CompiledRule


@frozen
class Place:
    """Where a row stands. `columns` has the column of each mapped field; values of the API have none."""

    book: Rulebook
    row: int
    line: int
    columns: Mapping[str, str]

    def issue(
        self,
        field: str | None,
        code: IssueCode,
        message: str,
        *,
        severity: Severity = "error",
        value: object = None,
        column: str | None = None,
    ) -> Issue:
        """An issue of this row."""
        return Issue(
            row=self.row,
            line=self.line,
            field=field,
            column=column or (None if field is None else self.columns.get(field)),
            code=code,
            severity=severity,
            message=message,
            value=None if value is None else excerpt(_text(value)),
        )

    def surplus(self, message: str, value: object) -> Issue:
        """There is more than the header or the schema has a place for."""
        return self.issue(None, "extra-cell", message, value=value)

    def of_fields(self, found: Iterable[Found]) -> Iterator[Issue]:
        """What is wrong with single values, in the order of the schema."""
        for each in sorted(found, key=lambda found: found.slot):
            compiled = self.book.fields[each.slot]
            severity = compiled.severity(each)
            is_left_out = severity == "warning" and not each.kept
            yield self.issue(
                compiled.field.name,
                each.fault.code,
                each.fault.message + ("; the record goes on without it" if is_left_out else ""),
                severity=severity,
                value=each.shown,
            )

    def of_key(self, keys: Keys, taken: Taken, values: Sequence[Value]) -> Issue:
        """A key that an earlier row holds."""
        fields, slots = keys.fields[taken.key], keys.slots[taken.key]
        names = " and ".join(field.name for field in fields)
        is_warning = taken.key > 0 and len(fields) == 1 and fields[0].severity == "warning"
        return self.issue(
            fields[0].name,
            "unique",
            f"row {taken.row} (line {taken.line}) has the same {names} already: a file may carry it once",
            severity="warning" if is_warning else "error",
            value=" ".join(_text(values[slot]) for slot in slots),
        )

    def of_rule(self, rule: CompiledRule, values: Sequence[Value]) -> Issue:
        """A rule over several fields that the row breaks."""
        return self.issue(
            None if rule.slot is None else self.book.names[rule.slot],
            rule.fault.code,
            rule.fault.message,
            severity=rule.severity,
            value=None if rule.slot is None else values[rule.slot],
        )


def _text(value: object) -> str:
    try:
        return value if isinstance(value, str) else str(value)
    except ValueError:  # Python writes out no whole number of more than 4300 digits
        return "…"
