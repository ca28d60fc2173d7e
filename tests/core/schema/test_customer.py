"""The shipped customer schema, as the users' contract has it, and the files that come with it."""

import csv
from pathlib import Path

import phonenumbers

from foreman_core.schema import find_schema

ROOT = Path(__file__).parents[3]

COLUMNS = (
    "customer_id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "country",
    "postal_code",
    "date_of_birth",
    "signup_date",
    "plan",
    "annual_revenue",
    "tags",
)
REQUIRED = {"customer_id", "first_name", "last_name", "email", "country", "signup_date", "plan"}
LONGEST = {"customer_id": 36, "first_name": 64, "last_name": 64, "email": 254, "postal_code": 16}


def test_a_customer_has_the_columns_that_were_promised() -> None:
    customer = find_schema("customer")
    assert tuple(customer.by_name) == COLUMNS
    assert customer.primary_key == "customer_id"
    assert {field.name for field in customer.fields if field.required} == REQUIRED
    longest = {field.name: field.constraints.max_length for field in customer.fields}
    assert {name: length for name, length in longest.items() if length is not None} == LONGEST
    assert customer.field("plan").constraints.enum == ("free", "pro", "enterprise")
    revenue = customer.field("annual_revenue").constraints
    assert (revenue.minimum, revenue.maximum) == (0, 10**12)
    assert customer.field("date_of_birth").formats == ("dd/mm/yyyy",)
    assert customer.field("signup_date").formats == ()
    assert customer.field("tags").delimiter == ";"
    formats = {field.name: field.format for field in customer.fields if field.format != "default"}
    assert formats == {"email": "email", "phone": "phone", "country": "country"}


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_sample_file_has_exactly_the_columns_of_the_schema_and_ten_customers() -> None:
    header, *rows = rows_of(ROOT / "sample.csv")
    assert tuple(header) == COLUMNS
    assert [row[0] for row in rows] == [f"C-{number}" for number in range(1001, 1011)]
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert b"\r" not in (ROOT / "sample.csv").read_bytes()


def test_the_sample_file_invents_nobody_who_could_be_reached_by_mail() -> None:
    for name in ("sample.csv", "samples/messy.csv"):
        _, *rows = rows_of(ROOT / name)
        domains = {row[3].rpartition("@")[2].lower() for row in rows if "@" in row[3]}
        assert domains == {"example.com", "example.net", "example.org"}


def test_the_sample_file_has_valid_phone_numbers() -> None:
    _, *rows = rows_of(ROOT / "sample.csv")
    numbers = [(row[4], row[5]) for row in rows if row[4]]
    assert any(number.startswith("+") for number, _ in numbers)
    assert any(not number.startswith("+") for number, _ in numbers)
    for number, country in numbers:
        assert phonenumbers.is_valid_number(phonenumbers.parse(number, country)), number
