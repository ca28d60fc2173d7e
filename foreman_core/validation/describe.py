"""Every rule in words, with examples that the exact engine has judged: the source of docs/rules.md.

.venv/bin/python -m foreman_core.validation.describe > docs/rules.md
"""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import frozen

from foreman_core.mapping import map_columns
from foreman_core.models import Issue, IssueCode, SourceRow
from foreman_core.schema import Before, Constraints, Field, OneOf, RecordSchema, RequiredIf, Rule
from foreman_core.schema.model import Normaliser
from foreman_core.validation.judge import Judge, Verdict


@frozen
class Described:
    """A rule about one field: how it is written in a schema file, what it means, cells that keep and break
    it.
    """

    written: str
    means: str
    field: Field
    good: str
    bad: str


def _says(**constraints: Any) -> Field:  # noqa: ANN401 - as Constraints has them
    return Field(name="x", constraints=Constraints(**constraints))


TYPES: Final = (
    Described("type: string", "Any text that can be stored as it is: no control characters, no U+FFFD.",
              Field(name="x"), "00123", "a\x07b"),
    Described("type: integer", "A whole number: an optional sign and digits, no grouping.",
              Field(name="x", type="integer"), "-42", "1,000"),
    Described("type: number", "A decimal number with a point, maybe with an exponent; finite. Commas and "
              "grouping are not guessed.", Field(name="x", type="number"), "1.50", "1,5"),
    Described("type: boolean", "`true`, `True`, `TRUE`, `1` and their opposites, or what `trueValues` and "
              "`falseValues` list.", Field(name="x", type="boolean"), "TRUE", "yes"),
    Described("type: date", "ISO 8601, or one of `x-foreman.formats`. Day and month are never guessed.",
              Field(name="x", type="date", formats=("dd/mm/yyyy",)), "31/01/2024", "01/31/2024"),
    Described("type: datetime", "ISO 8601 with its zone, or one of `x-foreman.formats`. Stored as it was "
              "meant.", Field(name="x", type="datetime"), "2024-01-31T10:00:00Z", "2024-01-31T25:00:00Z"),
    Described("type: list", "Texts between the `delimiter` (a comma by default), each trimmed, blank ones "
              "left out; or a JSON array of texts.", Field(name="x", type="list", delimiter=";"), "a; b;",
              "a\x07"),
    Described("format: email", "One address by the rules of the web's forms, with a top-level domain.",
              Field(name="x", format="email"), "name@example.com", "name@example"),
    Described("format: uri", "An absolute address with a scheme.", Field(name="x", format="uri"),
              "https://example.com/a", "example.com/a"),
    Described("format: uuid", "Five groups of hexadecimal digits.", Field(name="x", format="uuid"),
              "8c1a3f6e-7d0b-4e4a-9d59-0d1f6f1e2a3b", "8c1a3f6e"),
    Described("format: phone", "A valid number by libphonenumber, stored as E.164. Without a `+` it is one "
              "of `country-field`'s country or `default-country`.",
              Field(name="x", format="phone", default_country="DE"), "030 901820", "12"),
    Described("format: country", "ISO 3166-1: a code of two or three letters, or the name; stored as two "
              "letters.", Field(name="x", format="country"), "Germany", "Narnia"),
)  # fmt: skip

CONSTRAINTS: Final = (
    Described("required: true", "The cell is not blank.", _says(required=True), "a", ""),
    Described("enum: [a, b]", "One of these values, after normalising.", _says(enum=("a", "b")), "a", "c"),
    Described("pattern: '[A-Z]+'", "The whole value matches the regular expression (Python's, without "
              "backreferences, looking around and word boundaries: it is matched in linear time).",
              _says(pattern="[A-Z]+"), "AB", "AB1"),
    Described("minLength: 2", "At least so many characters, or items of a list.", _says(min_length=2),
              "ab", "a"),
    Described("maxLength: 2", "At most so many characters, or items of a list.", _says(max_length=2),
              "ab", "abc"),
    Described("minimum: 1", "Not less: numbers, dates, datetimes.",
              Field(name="x", type="integer", constraints=Constraints(minimum=1)), "1", "0"),
    Described("maximum: 9", "Not more.", Field(name="x", type="integer", constraints=Constraints(maximum=9)),
              "9", "10"),
)  # fmt: skip

NORMALISERS: Final[tuple[tuple[Normaliser, str, str], ...]] = (
    ("trim", "Takes white space off both ends.", "  a b "),
    ("collapse-space", "Makes every run of white space one space, and trims.", " a   b "),
    ("lower", "Lower case.", "MÜLLER"),
    ("upper", "Upper case.", "straße"),
    ("title", "Each word with a capital.", "van den berg"),
    ("nfc", "Composes letters and their accents: one way to write each character.", "e\u0301"),
)

_DATES: Final = (Field(name="a", type="date"), Field(name="b", type="date"))
_TEXTS: Final = (Field(name="a"), Field(name="b"))

RULES: Final[tuple[tuple[str, str, Rule, tuple[Field, Field], tuple[str, str], tuple[str, str]], ...]] = (
    ("before: [a, b]", "The day of `a` is before that of `b`, where both are there.",
     Before(earlier="a", later="b"), _DATES, ("2024-01-01", "2024-01-02"), ("2024-01-02", "2024-01-01")),
    ("one-of: [a, b]", "At least one of the fields is not blank.", OneOf(fields=("a", "b")), _TEXTS,
     ("x", ""), ("", "")),
    ("required-if: {field: b, when: a, is: [x]}", "`b` is not blank where `a` is one of these.",
     RequiredIf(field="b", when="a", is_one_of=("x",)), _TEXTS, ("x", "y"), ("x", "")),
)  # fmt: skip

CODES: Final[dict[IssueCode, str]] = {
    "required": "a value is blank and must not be",
    "type": "a value is not of its field's type",
    "format": "a text has not its field's format, or has a character that cannot be stored",
    "enum": "a value is none of those that are allowed",
    "minimum": "a value is too small or too early",
    "maximum": "a value is too large or too late",
    "min-length": "a text is too short, or a list has too few items",
    "max-length": "a text is too long, or a list has too many items",
    "pattern": "a text does not match the pattern as a whole",
    "unique": "another row of the file has the same key; the first row that carries it holds it",
    "missing-cell": "the row has fewer cells than the header",
    "extra-cell": "the row has more cells than the header, and something in them",
    "encoding": "the row is not in the file's encoding, or has a NUL or a character that was lost before",
    "quote": "the row breaks the rules of quoting; see reading.md",
    "rule": "a rule over several fields is broken",
    "conflict": "the record was changed by somebody else while the file was loaded",
}


def judged(fields: Sequence[Field], cells: Sequence[str], rules: tuple[Rule, ...] = ()) -> Verdict:
    """What the exact engine says of a row with these fields."""
    key = Field(name="key", constraints=Constraints(required=True))
    schema = RecordSchema(
        name="t", plural="ts", fields=(key, *fields), primary_key="key", version="", rules=rules
    )
    judge = Judge(schema, map_columns([field.name for field in schema.fields], schema))
    return judge.judge(SourceRow(1, 2, ("1", *cells)))


def document() -> str:
    """docs/rules.md. ValueError when an example is not judged as it says."""
    return "\n".join([*_lines(), ""])


def _lines() -> Iterator[str]:
    yield "# Rules"
    yield ""
    yield (
        "What every rule of a schema file means. This page is made by "
        "`python -m foreman_core.validation.describe`; each example on it was judged by the exact engine, "
        "which is what Foreman means by the rule. All faults of a row are found in one pass. A blank cell "
        "(empty, white space, or one of `missingValues`) only breaks `required`."
    )
    yield ""
    for title, described in (("Types and formats", TYPES), ("Constraints", CONSTRAINTS)):
        yield from _table(
            title, ("in the schema", "means", "for example", "is stored as", "breaks it", "issue")
        )
        yield from (_of_field(each) for each in described)
        yield ""
    yield (
        "`unique: true`, `primaryKey` and `uniqueKeys` are judged over the whole file in file order, after "
        "normalising. A row whose cells all equal those of an earlier accepted row is a `duplicate`, which "
        "is no fault."
    )
    yield ""
    yield from _table("Normalisers", ("normalise", "does", "for example", "is stored as"))
    yield from (
        f"| `{name}` | {does} | {_code(cell)} | {_stored(Field(name='x', normalise=(name,)), cell)} |"
        for name, does, cell in NORMALISERS
    )
    yield ""
    yield from _table(
        "Rules over several fields", ("in the schema", "means", "keeps it", "breaks it", "issue")
    )
    for written, means, rule, fields, good, bad in RULES:
        issue = _issue(judged(fields, good, (rule,)), judged(fields, bad, (rule,)), written)
        yield f"| `{written}` | {means} | {_pair(good)} | {_pair(bad)} | `{issue.code}`: {issue.message} |"
    yield ""
    yield from _table("Issue codes", ("code", "means"))
    yield from (f"| `{code}` | {means} |" for code, means in CODES.items())


def _table(title: str, heads: Sequence[str]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"


def _of_field(each: Described) -> str:
    issue = _issue(judged([each.field], [each.good]), judged([each.field], [each.bad]), each.written)
    stored = _stored(each.field, each.good)
    return (
        f"| `{each.written}` | {each.means} | {_code(each.good)} | {stored} | {_code(each.bad)} "
        f"| `{issue.code}`: {issue.message} |"
    )


def _issue(good: Verdict, bad: Verdict, written: str) -> Issue:
    if good.fate != "accepted" or good.issues or not bad.issues:
        raise ValueError(f"{written}: an example is not judged as it should be")
    return bad.issues[0]


def _stored(field: Field, cell: str) -> str:
    accepted = judged([field], [cell]).accepted
    if accepted is None:
        raise ValueError(f"{cell!r} is not accepted")
    return _code(json.dumps(accepted.values[field.name], ensure_ascii=False))


def _pair(cells: Sequence[str]) -> str:
    return ", ".join(map(_code, cells))


def _code(text: str) -> str:
    shown = text if text.isprintable() else text.encode("unicode_escape").decode()
    return f"`{shown}`" if shown else "(blank)"


def main() -> None:
    """Print docs/rules.md."""
    sys.stdout.write(document())


if __name__ == "__main__":
    main()
