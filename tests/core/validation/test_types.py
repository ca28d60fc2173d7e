"""Types of the Table Schema: which texts are a value, and which value."""

import pytest

from foreman_core.models import IssueCode, Value
from foreman_core.schema import Constraints, Field
from foreman_core.validation.fields import Found, compile_field


def judge(field: Field, text: str, missing: tuple[str, ...] = ("",)) -> tuple[Value, list[IssueCode]]:
    found: list[Found] = []
    value = compile_field(0, field, missing).from_cell(text, found, None)
    return value, [each.fault.code for each in found]


def is_wrong(field: Field, text: str, code: IssueCode = "type") -> bool:
    return judge(field, text) == (None, [code])


NUMBER = Field(name="n", type="number", normalise=("trim",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("007", 7),
        ("+5", 5),
        (" 12 ", 12),
        ("1234.50", 1234.5),
        (".5", 0.5),
        ("5.", 5),
        ("1e3", 1000),
        ("-1.5E-3", -0.0015),
        ("100.00", 100),
        ("123456789012345", 123456789012345),
        ("0.00000123456789012345", 0.00000123456789012345),
        ("12345678901234500000", 1.23456789012345e19),
        ("0e400", 0),
    ],
)
def test_numbers(text: str, value: float) -> None:
    assert judge(NUMBER, text) == (value, [])


@pytest.mark.parametrize("text", ["1000000", "1e6", "2.0"])
def test_whole_numbers_are_integers(text: str) -> None:
    assert isinstance(judge(NUMBER, text)[0], int)


@pytest.mark.parametrize(
    "text",
    ["abc", "1,234.50", "1.234,50", "1 234", "1'234", "12 €", "1_000", "0x10", "NaN", "inf", "-Infinity",
     "1e", "e5", ".", "+", "--1", "1.2.3", "٣", "\uff11\uff12", "1e5.5", "½"],
)  # fmt: skip
def test_what_is_no_number(text: str) -> None:
    assert is_wrong(NUMBER, text)


@pytest.mark.parametrize(
    "text", ["1234567890123456", "0.1234567890123456", "1.000000000000001", "9007199254740993"]
)
def test_a_number_keeps_all_its_digits_or_is_none(text: str) -> None:
    assert is_wrong(NUMBER, text)


@pytest.mark.parametrize("text", ["1e126", "1e999", "1e-131", "1e-400"])
def test_a_number_that_dynamodb_cannot_hold_is_none(text: str) -> None:
    assert is_wrong(NUMBER, text)


INTEGER = Field(name="n", type="integer", normalise=("trim",))


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("-7", -7), ("+0012", 12), ("0", 0), ("000", 0), ("0" * 9999 + "7", 7)]
)
def test_integers(text: str, value: int) -> None:
    assert judge(INTEGER, text) == (value, [])


@pytest.mark.parametrize("text", ["1.0", "1e3", "+", "-", "1,000", "\uff11", "1234567890123456", "twelve"])
def test_what_is_no_integer(text: str) -> None:
    assert is_wrong(INTEGER, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("1", True),
        ("false", False),
        ("FALSE", False),
        ("0", False),
    ],
)
def test_booleans_of_the_table_schema(text: str, *, value: bool) -> None:
    assert judge(Field(name="b", type="boolean"), text) == (value, [])


@pytest.mark.parametrize("text", ["yes", "tRUE", "2", "wahr"])
def test_what_is_no_boolean(text: str) -> None:
    assert is_wrong(Field(name="b", type="boolean"), text)


def test_booleans_in_other_words() -> None:
    field = Field(name="b", type="boolean", true_values=("Ja",), false_values=("Nein",), normalise=("lower",))
    assert [judge(field, text)[0] for text in ("JA", "nein")] == [True, False]
    assert is_wrong(field, "true")


DATE = Field(name="d", type="date", formats=("dd/mm/yyyy", "yyyymmdd"), normalise=("trim",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-02-29", "2024-02-29"),
        ("0001-01-01", "0001-01-01"),
        ("31/12/1999", "1999-12-31"),
        ("03/04/2020", "2020-04-03"),
        ("20200403", "2020-04-03"),
        (" 2020-04-03 ", "2020-04-03"),
    ],
)
def test_dates(text: str, value: str) -> None:
    assert judge(DATE, text) == (value, [])


@pytest.mark.parametrize(
    "text",
    ["2023-02-29", "2023-13-01", "2023-00-10", "31/02/2020", "12/31/1999", "1/2/2020", "2020-W01-1",
    "2020-1-1",
     "2020/01/01", "01.02.2020", "0000-01-01", "10000-01-01", "2020-01-01T00:00:00Z",
     "\uff12\uff10\uff12\uff10-01-01", "yesterday"],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    assert is_wrong(DATE, text)


def test_further_formats_are_read_only_where_the_schema_lists_them() -> None:
    assert is_wrong(Field(name="d", type="date"), "31/12/1999")


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        ("mm-dd-yyyy", "12-31-1999", "1999-12-31"),
        ("dd.mm.yyyy", "31.12.1999", "1999-12-31"),
        ("yyyy dd mm", "1999 31 12", "1999-12-31"),
    ],
)
def test_formats_of_dates(form: str, text: str, value: str) -> None:
    assert judge(Field(name="d", type="date", formats=(form,)), text) == (value, [])


MOMENT = Field(name="t", type="datetime", formats=("dd.mm.yyyy HH:MM", "yyyy-mm-dd HH:MM:SS"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-12-31T23:59:59Z", "2024-12-31T23:59:59Z"),
        ("2024-12-31t23:59:59z", "2024-12-31T23:59:59Z"),
        ("2024-12-31T23:59Z", "2024-12-31T23:59:00Z"),
        ("2025-01-01T00:30:00+01:00", "2024-12-31T23:30:00Z"),
        ("2024-12-31T23:59:59.25Z", "2024-12-31T23:59:59.250Z"),
        ("2024-12-31T23:59:59.000001Z", "2024-12-31T23:59:59.000001Z"),
        ("31.12.2024 23:59", "2024-12-31T23:59:00Z"),
        ("2024-12-31 23:59:59", "2024-12-31T23:59:59Z"),
    ],
)
def test_moments(text: str, value: str) -> None:
    assert judge(MOMENT, text) == (value, [])


@pytest.mark.parametrize(
    "text",
    ["2024-12-31T23:59:59", "2024-12-31", "2024-02-30T00:00:00Z", "2024-12-31T24:00:00Z",
    "2024-12-31T23:59:60Z",
     "2024-12-31T23:59:59.1234567Z", "0001-01-01T00:00:00+01:00", "2024-12-31T23:59:59+0100", "now"],
)  # fmt: skip
def test_what_is_no_moment(text: str) -> None:
    assert is_wrong(MOMENT, text)


TAGS = Field(name="l", type="list", delimiter=";", normalise=("lower",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a;b", ["a", "b"]),
        (" A ; b ;; ", ["a", "b"]),
        ("a,b", ["a,b"]),
        (";", None),
        ("", None),
        ("a;a", ["a", "a"]),
    ],
)
def test_lists(text: str, value: list[str] | None) -> None:
    assert judge(TAGS, text) == (value, [])


@pytest.mark.parametrize("text", ["", " ", "\t", "\u00a0"])
def test_nothing_but_space_is_blank(text: str) -> None:
    assert judge(Field(name="s"), text, missing=()) == (None, [])


@pytest.mark.parametrize("text", ["N/A", "n/a", " N/A "])
def test_missing_values_are_blank_after_normalising(text: str) -> None:
    field = Field(name="s", normalise=("trim", "lower"))
    assert judge(field, text, missing=("", "N/A")) == (None, [])


def test_a_required_field_must_not_be_blank() -> None:
    field = Field(name="s", constraints=Constraints(required=True))
    assert judge(field, "-", missing=("-",)) == (None, ["required"])


@pytest.mark.parametrize("kind", ["string", "number", "date", "list"])
def test_control_characters_and_surrogates_are_refused_in_every_type(kind: str) -> None:
    field = Field(name="s", type=kind, normalise=("trim",))  # pyright: ignore[reportArgumentType]
    for character in "\x00\x07\x1b\x1f\x7f\x85\x9f\ud800\udfff":
        assert is_wrong(field, f"a{character}b", "format")
        assert is_wrong(field, f"12{character}", "format")


def test_the_mark_of_a_lost_character_is_an_encoding_fault() -> None:
    assert is_wrong(Field(name="s"), "Zo\ufffd", "encoding")


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\r\nb", "Zoë", "🦊", "عربي", "a\u200db", "\u00a0x"])
def test_other_text_is_kept_as_it_is(text: str) -> None:
    assert judge(Field(name="s"), text) == (text, [])


@pytest.mark.parametrize(
    ("steps", "text", "value"),
    [
        (("trim",), "  a  b ", "a  b"),
        (("collapse-space",), " a \t b\nc ", "a b c"),
        (("lower",), "ÄbC", "äbc"),
        (("upper",), "straße", "STRASSE"),
        (("title",), "ada lovelace", "Ada Lovelace"),
        (("nfc",), "Zoe\u0308", "Zo\u00eb"),
        (("nfc", "trim", "lower"), " ZOE\u0308 ", "zo\u00eb"),
        ((), " a ", " a "),
    ],
)
def test_normalising(steps: tuple[str, ...], text: str, value: str) -> None:
    assert judge(Field(name="s", normalise=steps), text) == (value, [])  # pyright: ignore[reportArgumentType]
