"""Contradictions within a schema file, and what is said of each."""

from collections.abc import Callable
from typing import Any

import pytest

CONTRADICTIONS: dict[str, tuple[str, Any, str]] = {
    "a blank that clears what is never overwritten": (
        "fields.2",
        {"name": "x", "x-foreman": {"blank": "clear", "collision": "fill-blank"}},
        "fields[2].x-foreman.blank: clear contradicts collision, fill-blank",
    ),
    "a blank that clears a required field": (
        "fields.2",
        {"name": "x", "constraints": {"required": True}, "x-foreman": {"blank": "clear"}},
        "fields[2].x-foreman.blank: a required field cannot be cleared",
    ),
    # constraints
    "a longest text shorter than the shortest": (
        "fields.4.constraints",
        {"minLength": 5, "maxLength": 4},
        "fields[4].constraints.minLength: 5 is more than maxLength, 4",
    ),
    "a negative length": (
        "fields.4.constraints",
        {"minLength": -1},
        "fields[4].constraints.minLength: must not be negative, and is -1",
    ),
    "a minimum above the maximum": (
        "fields.3.constraints",
        {"minimum": 10, "maximum": 9.5},
        "fields[3].constraints.minimum: 10 is more than maximum, 9.5",
    ),
    "dates in the wrong order": (
        "fields.1.constraints",
        {"minimum": "2024-02-01", "maximum": "2024-01-31"},
        "fields[1].constraints.minimum: 2024-02-01 is more than maximum, 2024-01-31",
    ),
    "times in the wrong order": (
        "fields.1",
        {
            "name": "x",
            "type": "datetime",
            "constraints": {"minimum": "2024-01-01T10:00:00Z", "maximum": "2024-01-01T10:30:00+02:00"},
        },
        "fields[1].constraints.minimum: 2024-01-01T10:00:00Z is more than maximum, 2024-01-01T10:30:00+02:00",
    ),
    "times of which one has no zone": (
        "fields.1",
        {
            "name": "x",
            "type": "datetime",
            "constraints": {"minimum": "2024-01-01T10:00:00Z", "maximum": "2024-01-01T11:00:00"},
        },
        "fields[1].constraints.minimum: one bound has a time zone, the other has none",
    ),
    "a bound that is no date": (
        "fields.1.constraints.minimum",
        "2024-02-30",
        "fields[1].constraints.minimum: must be a date such as 2024-12-31, not text ('2024-02-30')",
    ),
    "a bound that is a date in another writing": (
        "fields.1.constraints.maximum",
        "20240228",
        "fields[1].constraints.maximum: must be a date such as 2024-12-31, not text ('20240228')",
    ),
    "a bound of a number that is a date": (
        "fields.3.constraints.minimum",
        "2024-01-01",
        "fields[3].constraints.minimum: must be a finite number, not text ('2024-01-01')",
    ),
    "a fraction as the bound of an integer": (
        "fields.3",
        {"name": "x", "type": "integer", "constraints": {"minimum": 0.5}},
        "fields[3].constraints.minimum: must be a whole number, not a number (0.5)",
    ),
    "a minimum of text": (
        "fields.0.constraints.minimum",
        3,
        "fields[0].constraints.minimum: does not apply to the type string",
    ),
    "a length of a number": (
        "fields.3.constraints.maxLength",
        3,
        "fields[3].constraints.maxLength: does not apply to the type number",
    ),
    "a pattern of a date": (
        "fields.1.constraints.pattern",
        ".*",
        "fields[1].constraints.pattern: does not apply to the type date",
    ),
    "an enum of a list": (
        "fields.1",
        {"name": "x", "type": "list", "constraints": {"enum": ["a"]}},
        "fields[1].constraints.enum: does not apply to the type list",
    ),
    "a broken pattern": (
        "fields.0.constraints.pattern",
        "[a-z",
        "fields[0].constraints.pattern: is no regular expression: unterminated character set at position 0",
    ),
    "a pattern that Python is about to read differently": (
        "fields.0.constraints.pattern",
        "[[a]",
        "fields[0].constraints.pattern: is no regular expression: Possible nested set at position 1",
    ),
    "a pattern that cannot be matched in linear time": (
        "fields.0.constraints.pattern",
        r"(a)\1",
        "fields[0].constraints.pattern: must do without a backreference: it is matched in linear time",
    ),
    "an enum of another type": (
        "fields.3.constraints.enum",
        [1, "2"],
        "fields[3].constraints.enum[1]: must be a finite number, not text ('2')",
    ),
    "an enum of text with a number": (
        "fields.0.constraints.enum",
        ["a", 1],
        "fields[0].constraints.enum[1]: must be text, not a number (1)",
    ),
    "an enum of numbers with true": (
        "fields.3.constraints.enum",
        [True],
        "fields[3].constraints.enum[0]: must be a finite number, not true or false (True)",
    ),
    "an empty enum": (
        "fields.0.constraints.enum",
        [],
        "fields[0].constraints.enum: must list at least one value",
    ),
    "an enum with a value twice": (
        "fields.0.constraints.enum",
        ["a", "a"],
        "fields[0].constraints.enum[1]: 'a' is there twice",
    ),
    "an enum that normalising makes unreachable": (
        "fields.0",
        {"name": "x", "constraints": {"enum": ["Pro"]}, "x-foreman": {"normalise": ["lower"]}},
        "fields[0].constraints.enum[0]: 'Pro' is never met: normalise has lower",
    ),
    # what belongs to a type
    "a format of a number": (
        "fields.3.format",
        "email",
        "fields[3].format: only a string has a format, and this is of type number",
    ),
    "a format of a date": (
        "fields.1.format",
        "email",
        (
            "fields[1].format: only a string has a format, and this is of type date; x-foreman.formats "
            "lists how dates are written"
        ),
    ),
    "words for true of a text": (
        "fields.0.trueValues",
        ["y"],
        "fields[0].trueValues: only a boolean has it, and this is of type string",
    ),
    "a word for true and false": (
        "fields.1",
        {"name": "x", "type": "boolean", "trueValues": ["1", "x"], "falseValues": ["x"]},
        "fields[1].falseValues: 'x' is among trueValues too",
    ),
    "no word for true": (
        "fields.1",
        {"name": "x", "type": "boolean", "trueValues": []},
        "fields[1].trueValues: must list at least one text, and no empty one",
    ),
    "a delimiter of a text": (
        "fields.0.delimiter",
        ";",
        "fields[0].delimiter: only a list has it, and this is of type string",
    ),
    "an empty delimiter": (
        "fields.1",
        {"name": "x", "type": "list", "delimiter": ""},
        "fields[1].delimiter: must not be empty",
    ),
    "date formats of a text": (
        "fields.0.x-foreman.formats",
        ["dd/mm/yyyy"],
        "fields[0].x-foreman.formats: only dates have further formats, and this is of type string",
    ),
    "a date format that is none": (
        "fields.1.x-foreman.formats",
        ["dd/mm/yyyy", "%d.%m.%Y"],
        "fields[1].x-foreman.formats[1]: '%d.%m.%Y' is no date format; write it like dd/mm/yyyy",
    ),
    "a date format with two separators": (
        "fields.1.x-foreman.formats",
        ["dd/mm-yyyy"],
        "fields[1].x-foreman.formats[0]: 'dd/mm-yyyy' is no date format; write it like dd/mm/yyyy",
    ),
    "a time in a date's format": (
        "fields.1.x-foreman.formats",
        ["dd/mm/yyyy HH:MM"],
        "fields[1].x-foreman.formats[0]: 'dd/mm/yyyy HH:MM' is no date format; write it like dd/mm/yyyy",
    ),
    "date formats that contradict each other": (
        "fields.1.x-foreman.formats",
        ["dd/mm/yyyy", "mm/dd/yyyy"],
        "fields[1].x-foreman.formats[1]: 'mm/dd/yyyy' and 'dd/mm/yyyy' read the same text as different dates",
    ),
    "normalising to two cases": (
        "fields.0.x-foreman.normalise",
        ["lower", "trim", "upper"],
        "fields[0].x-foreman.normalise: lower and upper contradict each other",
    ),
    "a country for a number": (
        "fields.3.x-foreman.default-country",
        "DE",
        "fields[3].x-foreman.default-country: only a string with the format phone has it",
    ),
    "a default country that is none": (
        "fields.4.x-foreman.default-country",
        "UK",
        "fields[4].x-foreman.default-country: 'UK' is no ISO 3166-1 alpha-2 code in capitals, such as DE",
    ),
    "a country field that is absent": (
        "fields.4.x-foreman.country-field",
        "country",
        "fields[4].x-foreman.country-field: there is no field 'country'",
    ),
    "a country field that holds no country": (
        "fields.4.x-foreman.country-field",
        "id",
        "fields[4].x-foreman.country-field: id has not the format country",
    ),
    "more than all rows": (
        "x-foreman.max-rejected-percent",
        101,
        "x-foreman.max-rejected-percent: must lie between 0 and 100, and is 101",
    ),
    # rules
    "a rule of two kinds": (
        "x-foreman.rules",
        [{"before": ["made", "sold"], "one-of": ["made", "sold"]}],
        "x-foreman.rules[0]: must be exactly one of before, one-of, required-if",
    ),
    "a rule of no kind": (
        "x-foreman.rules",
        [{"severity": "warning"}],
        "x-foreman.rules[0]: must be exactly one of before, one-of, required-if",
    ),
    "before with one field": (
        "x-foreman.rules",
        [{"before": ["made"]}],
        "x-foreman.rules[0].before: must list two fields, the earlier one first",
    ),
    "before with an absent field": (
        "x-foreman.rules",
        [{"before": ["made", "solt"]}],
        "x-foreman.rules[0].before[1]: there is no field 'solt'; did you mean sold?",
    ),
    "before with a number": (
        "x-foreman.rules",
        [{"before": ["made", "weight"]}],
        "x-foreman.rules[0].before: compares a date with a number; both must be dates, or both datetimes",
    ),
    "before itself": (
        "x-foreman.rules",
        [{"before": ["made", "made"]}],
        "x-foreman.rules[0].before[1]: made is there twice",
    ),
    "one of one": (
        "x-foreman.rules",
        [{"one-of": ["made"]}],
        "x-foreman.rules[0].one-of: must list at least two fields",
    ),
    "one of an absent field": (
        "x-foreman.rules",
        [{"before": ["made", "sold"]}, {"one-of": ["made", "x"]}],
        "x-foreman.rules[1].one-of[1]: there is no field 'x'",
    ),
    "required of an absent field": (
        "x-foreman.rules",
        [{"required-if": {"field": "mad", "when": "id", "is": ["x"]}}],
        "x-foreman.rules[0].required-if.field: there is no field 'mad'; did you mean made?",
    ),
    "required when an absent field": (
        "x-foreman.rules",
        [{"required-if": {"field": "made", "when": "ids", "is": ["x"]}}],
        "x-foreman.rules[0].required-if.when: there is no field 'ids'; did you mean id?",
    ),
    "required when it is there": (
        "x-foreman.rules",
        [{"required-if": {"field": "made", "when": "made", "is": ["2024-01-01"]}}],
        "x-foreman.rules[0].required-if.when: is the field itself",
    ),
    "required when nothing": (
        "x-foreman.rules",
        [{"required-if": {"field": "made", "when": "id", "is": []}}],
        "x-foreman.rules[0].required-if.is: must list at least one value",
    ),
    "required when a value of another type": (
        "x-foreman.rules",
        [{"required-if": {"field": "made", "when": "weight", "is": [1, "x"]}}],
        "x-foreman.rules[0].required-if.is[1]: must be a finite number, not text ('x')",
    ),
}


@pytest.mark.parametrize(("path", "value", "said"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_refused_with_the_place_and_the_reason(
    refusal_with: Callable[[str, object], str], path: str, value: object, said: str
) -> None:
    assert refusal_with(path, value) == said
