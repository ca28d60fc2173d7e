"""frictionless: the Table Schema part of the rules as a schema, the rest as one custom check."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import attrs
from frictionless import Check, Checklist, Dialect, Resource, Row, Schema, errors

from benchmarks.contenders import _rules as rules
from benchmarks.contenders._report import Flag, Found, run

_CONSTRAINT: Final = re.compile(r'constraint "(\w+)"')
_CODES: Final = {"maxLength": "max-length", "unique-error": "unique"}


def _field(
    name: str, kind: str = "string", *, form: str = "default", **constraints: object
) -> dict[str, Any]:
    return {"name": name, "type": kind, "format": form, "constraints": constraints}


_SCHEMA: Final = {
    "fields": [
        _field("customer_id", required=True, unique=True, maxLength=rules.ID_LENGTH),
        _field("first_name", required=True, maxLength=rules.NAME_LENGTH),
        _field("last_name", required=True, maxLength=rules.NAME_LENGTH),
        _field("email", form="email", required=True, maxLength=rules.EMAIL_LENGTH),
        _field("phone"),
        _field("country", required=True),
        _field("postal_code", maxLength=rules.POSTAL_CODE_LENGTH),
        _field("date_of_birth"),
        _field("signup_date", "date", required=True),
        _field("plan", required=True),
        _field("annual_revenue", "number", minimum=0, maximum=rules.LARGEST_REVENUE),
        _field("tags"),
    ]
}


@attrs.define(kw_only=True, repr=False)
class Rest(Check):
    """What Table Schema has no words for: phones, countries, a second form of dates, case, two dates."""

    type = "rest"
    Errors = [errors.RowError]  # noqa: RUF012 - as frictionless has it
    phones: rules.Phones

    def validate_row(self, row: Row) -> Iterable[errors.Error]:
        """One error per fault."""
        country = None if row["country"] is None else rules.country_of(row["country"])
        birth = None if row["date_of_birth"] is None else rules.date_of(row["date_of_birth"])
        if row["country"] is not None and country is None:
            yield self._error(row, "country:format")
        if row["phone"] is not None and not rules.is_phone(row["phone"], country, self.phones):
            yield self._error(row, "phone:format")
        if row["date_of_birth"] is not None and birth is None:
            yield self._error(row, "date_of_birth:type")
        if birth is not None and row["signup_date"] is not None and birth >= row["signup_date"]:
            yield self._error(row, "date_of_birth:rule")
        if row["plan"] is not None and row["plan"].lower() not in rules.PLANS:
            yield self._error(row, "plan:enum")

    @staticmethod
    def _error(row: Row, note: str) -> errors.Error:
        return errors.RowError.from_row(row, note=note)


def judge(path: Path, phones: rules.Phones) -> Found:
    """Every flag of every row."""
    resource = Resource(
        path=path.name, basepath=str(path.parent), schema=Schema.from_descriptor(_SCHEMA), dialect=Dialect()
    )
    report = resource.validate(Checklist(checks=[Rest(phones=phones)]), limit_errors=10**9)
    found = report.flatten(["rowNumber", "fieldName", "type", "note"])
    return Found(report.tasks[0].stats.get("rows", 0), [_flag(*each) for each in found])


def _flag(row: int, field: str | None, kind: str, note: str) -> Flag:
    row -= 1  # the header is one
    if kind == "row-error":
        name, code = note.split(":")
        return row, name, code
    constraint = _CONSTRAINT.search(note)
    if kind == "constraint-error" and constraint is not None:
        return row, field or "", _CODES.get(constraint[1], constraint[1])
    if kind == "type-error":
        return row, field or "", "format" if field == "email" else "type"
    return row, "" if kind.endswith("-cell") else field or "", _CODES.get(kind, kind)


if __name__ == "__main__":
    run(judge)
