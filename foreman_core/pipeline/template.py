"""An empty file for a record type, as a start for who has to send one."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from foreman_core.mapping import map_columns
from foreman_core.models import SourceRow
from foreman_core.schema import Constraints, Field, RecordSchema
from foreman_core.validation import Judge

_TEXTS: Final = {
    "email": "name@example.com",
    "uri": "https://example.com/",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "phone": "+49 30 901820",
    "country": "DE",
}
_DAY: Final = "2026-01-31"
_MOMENT: Final = "2026-01-31T12:00:00Z"


def template(schema: RecordSchema, *, example: bool) -> str:
    """A CSV file with the names of all fields, and one example row if asked for: UTF-8 with BOM once it is
    encoded as `utf-8-sig`, so that spreadsheets read it.

    The example passes `check`, but for fields whose pattern or bounds allow no ready-made value: these are
    blank.
    """
    names = [field.name for field in schema.fields]
    rows = [names]
    if example:
        cells = [_example(field) for field in schema.fields]
        judge = Judge(schema, map_columns(names, schema))
        verdict = judge.judge(SourceRow(1, 2, tuple(cells)))
        wrong = {issue.field for issue in verdict.issues}
        rows.append(["" if name in wrong else cell for name, cell in zip(names, cells, strict=True)])
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _example(field: Field) -> str:
    says = field.constraints
    if says.enum:
        first = says.enum[0]
        return str(first).lower() if isinstance(first, bool) else str(first)
    makers: dict[str, Callable[[], str]] = {
        "string": lambda: _TEXTS.get(field.format) or _text(field),
        "number": lambda: _number(says),
        "integer": lambda: _number(says),
        "boolean": lambda: (field.true_values or ("true",))[0],
        "date": lambda: _within(_DAY, says.minimum, says.maximum),
        "datetime": lambda: _within(_MOMENT, says.minimum, says.maximum),
        "list": lambda: field.delimiter.join(
            f"item {each}" for each in range(1, max(2, says.min_length or 0) + 1)
        ),
    }
    return makers[field.type]()


def _number(says: Constraints) -> str:
    low, high = says.minimum, says.maximum
    if isinstance(low, int | float):
        return str(low)
    return str(high if isinstance(high, int | float) and high < 1 else 1)


def _within(value: str, low: object, high: object) -> str:
    """The value, or the bound that it is beyond."""
    if isinstance(low, str) and _moment(low) > _moment(value):
        return low
    return high if isinstance(high, str) and _moment(high) < _moment(value) else value


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() if "T" in text else date.fromisoformat(text).toordinal()


def _text(field: Field) -> str:
    text = (field.title or field.name).lower()
    least, most = field.constraints.min_length or 0, field.constraints.max_length
    return text.ljust(least, "x")[: most if most is not None else None].strip()
