"""One long cell is judged in time that grows with its length, whatever it holds."""

import csv
import io
import time
from typing import Final

import pytest

from foreman_core.errors import Refused
from foreman_core.pipeline.check import check
from foreman_core.schema import Constraints, Field, RecordSchema, find_schema

LENGTH: Final = 100_000
SECONDS: Final = 5
"""For what takes less than one: only time in the square of the length takes as much."""

UNITS: Final = (
    *("0", "9", "a", "A", " ", "\t", "a ", "0 ", "-", "+", "(", "()", "[", '["', '{"a":', "1,", "1.", "a."),
    *("a@", "a-", "a:", "%", "%20", "/", "é", "e\u0301", "\u0301", "'", "=", "\\", ";", "1e", "x", "ext"),
    *("+4", "\u0958", "\u0130", "\ufb01", "\u00a0", "0-", "a="),
)
KINDS: Final[dict[str, tuple[Field, str]]] = {
    "text": (Field(name="x", normalise=("trim", "title", "nfc", "collapse-space")), ""),
    "enum": (Field(name="x", constraints=Constraints(enum=("a",))), ""),
    "integer": (Field(name="x", type="integer"), "-"),
    "number": (Field(name="x", type="number"), "-0"),
    "boolean": (Field(name="x", type="boolean"), ""),
    "date": (Field(name="x", type="date", formats=("dd/mm/yyyy",)), "01/"),
    "datetime": (Field(name="x", type="datetime", formats=("dd.mm.yyyy HH:MM",)), "2024-01-01T"),
    "list": (Field(name="x", type="list"), '["'),
    "email": (Field(name="x", format="email"), "a@"),
    "email's name": (Field(name="x", format="email"), ""),
    "uri": (Field(name="x", format="uri"), "http://"),
    "uuid": (Field(name="x", format="uuid"), "8c1a3f6e-"),
    "phone": (Field(name="x", format="phone", default_country="DE"), "+49"),
    "phone at home": (Field(name="x", format="phone", default_country="DE"), ""),
    "country": (Field(name="x", format="country"), ""),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_cell_takes_no_longer_than_its_length(kind: str) -> None:
    field, start = KINDS[kind]
    schema = RecordSchema(
        name="t",
        plural="ts",
        fields=(Field(name="id", constraints=Constraints(required=True)), field),
        primary_key="id",
        version="sha256:0",
    )
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("id", "x"))
    writer.writerows((str(n), start + unit * (LENGTH // len(unit)) + "!") for n, unit in enumerate(UNITS))
    before = time.perf_counter()
    report = check(io.BytesIO(file.getvalue().encode()), name="a.csv", schema=schema)
    assert time.perf_counter() - before < SECONDS
    assert report.counts.read == len(UNITS)


def outcome(header: str) -> str:
    try:
        check(io.BytesIO(f"{header}\n1,2\n".encode()), name="a.csv", schema=find_schema("customer"))
    except Refused as refused:
        return refused.code
    return "read"


@pytest.mark.parametrize("unit", ["a", "aB", "1", "a1", "email", "first", "a@", "-", "\u00e9"])
def test_a_long_header_takes_no_longer_than_its_length(unit: str) -> None:
    before = time.perf_counter()
    assert outcome("customer_id," + unit * (LENGTH // len(unit))) == "unmapped-required-field"
    assert time.perf_counter() - before < SECONDS
