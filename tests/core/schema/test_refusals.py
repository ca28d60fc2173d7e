"""Keys, words and names that a schema file must not have, and what is said of each."""

from collections.abc import Callable
from typing import Any

import pytest

REFUSALS: dict[str, tuple[str, Any, str]] = {
    # unknown keys
    "an unknown key": ("tittle", "x", "tittle: unknown key; did you mean title?"),
    "an unknown key of a field": ("fields.1.titel", "x", "fields[1].titel: unknown key; did you mean title?"),
    "an unknown constraint": (
        "fields.3.constraints.minLenght",
        1,
        "fields[3].constraints.minLenght: unknown key; did you mean minLength?",
    ),
    "an unknown key of ours": (
        "fields.1.x-foreman.alias",
        ["x"],
        "fields[1].x-foreman.alias: unknown key; did you mean aliases?",
    ),
    "an unknown key of ours for the schema": (
        "x-foreman.on-unknown-colum",
        "fail",
        "x-foreman.on-unknown-colum: unknown key; did you mean on-unknown-column?",
    ),
    "a key like no other": ("zzz", 1, "zzz: unknown key"),
    "a constraint beside constraints": (
        "fields.1.required",
        True,
        "fields[1].required: unknown key; it belongs under constraints",
    ),
    "a key of ours beside x-foreman": (
        "fields.1.aliases",
        ["x"],
        "fields[1].aliases: unknown key; it belongs under x-foreman",
    ),
    "a key of Table Schema that is not read": (
        "foreignKeys",
        [],
        "foreignKeys: is a key of Table Schema that Foreman does not read",
    ),
    "an unknown key of a rule": (
        "x-foreman.rules",
        [{"befor": ["made", "sold"]}],
        "x-foreman.rules[0].befor: unknown key; did you mean before?",
    ),
    "an unknown key of a condition": (
        "x-foreman.rules",
        [{"required-if": {"field": "made", "when": "id", "is": ["x"], "not": 1}}],
        "x-foreman.rules[0].required-if.not: unknown key",
    ),
    "two faults": (
        "fields.1",
        {"name": "x", "tpye": "date", "title": 3},
        "fields[1].tpye: unknown key; did you mean type? (and 1 more)",
    ),
    # missing keys
    "a field without a name": ("fields.1", {"type": "date"}, "fields[1].name: is missing"),
    "a condition without its values": (
        "x-foreman.rules",
        [{"required-if": {"field": "made", "when": "id"}}],
        "x-foreman.rules[0].required-if.is: is missing",
    ),
    "no name": ("name", ..., "name: is missing"),
    "no fields": ("fields", ..., "fields: is missing"),
    "no primary key": ("primaryKey", ..., "primaryKey: is missing"),
    # wrong types
    "fields by name": ("fields", {"id": {}}, "fields: must be a list, not a mapping ({'id': {}})"),
    "a field that is text": (
        "fields.1",
        "made",
        "fields[1]: must be a mapping of keys to values, not text ('made')",
    ),
    "x-foreman that is a list": (
        "fields.1.x-foreman",
        [],
        "fields[1].x-foreman: must be a mapping of keys to values, not a list ([])",
    ),
    "constraints that are a list": (
        "fields.1.constraints",
        [],
        "fields[1].constraints: must be a mapping of keys to values, not a list ([])",
    ),
    "a name that is a number": ("name", 7, "name: must be text, not a number (7)"),
    "aliases that are text": (
        "fields.1.x-foreman.aliases",
        "day",
        "fields[1].x-foreman.aliases: must be a list, not text ('day')",
    ),
    "an alias that is a number": (
        "fields.1.x-foreman.aliases",
        ["day", 7],
        "fields[1].x-foreman.aliases[1]: must be text, not a number (7)",
    ),
    "required that is text": (
        "fields.1.constraints.required",
        "yes",
        "fields[1].constraints.required: must be true or false, not text ('yes')",
    ),
    "a length that is a fraction": (
        "fields.0.constraints.maxLength",
        3.5,
        "fields[0].constraints.maxLength: must be a whole number, not a number (3.5)",
    ),
    "a length that is true": (
        "fields.0.constraints.maxLength",
        True,
        "fields[0].constraints.maxLength: must be a whole number, not true or false (True)",
    ),
    "a bound that is true": (
        "fields.3.constraints.minimum",
        True,
        "fields[3].constraints.minimum: must be a number, or a date as text, not true or false (True)",
    ),
    "an enum with a list in it": (
        "fields.0.constraints.enum",
        [["a"]],
        "fields[0].constraints.enum[0]: must be text, a number, true or false, not a list (['a'])",
    ),
    "a percentage that is text": (
        "x-foreman.max-rejected-percent",
        "2%",
        "x-foreman.max-rejected-percent: must be a number, not text ('2%')",
    ),
    "a missing value that is null": ("missingValues", [None], "missingValues[0]: must be text, not empty"),
    "a primary key that is a number": ("primaryKey", 1, "primaryKey: must be text, not a number (1)"),
    "a unique key with a number in it": (
        "uniqueKeys",
        [["id", 1]],
        "uniqueKeys[0][1]: must be text, not a number (1)",
    ),
    # words from a closed list
    "an unknown type": (
        "fields.1.type",
        "datetim",
        (
            "fields[1].type: must be one of string, number, integer, boolean, date, datetime, list, not "
            "text ('datetim'); did you mean datetime?"
        ),
    ),
    "an unknown format": (
        "fields.0.format",
        "mail",
        (
            "fields[0].format: must be one of default, email, uri, uuid, phone, country, not text "
            "('mail'); did you mean email?"
        ),
    ),
    "an unknown normaliser": (
        "fields.0.x-foreman.normalise",
        ["strip"],
        (
            "fields[0].x-foreman.normalise[0]: must be one of trim, lower, upper, title, nfc, "
            "collapse-space, not text ('strip'); did you mean trim?"
        ),
    ),
    "an unknown severity": (
        "fields.1.x-foreman.severity",
        "info",
        "fields[1].x-foreman.severity: must be one of error, warning, not text ('info')",
    ),
    "an unknown collision rule": (
        "fields.1.x-foreman.collision",
        None,
        "fields[1].x-foreman.collision: must be one of overwrite, fill-blank, never, not empty",
    ),
    "an unknown answer to unknown columns": (
        "x-foreman.on-unknown-column",
        "drop",
        "x-foreman.on-unknown-column: must be one of keep, ignore, fail, not text ('drop')",
    ),
    # names
    "two fields of one name": ("fields.3", {"name": "made"}, "fields[3].name: fields[1] is called made too"),
    "two names that differ in writing only": (
        "fields.1",
        {"name": "So_Ld"},
        "fields[3].name: 'sold' stands for So_Ld already",
    ),
    "a name with a space": (
        "fields.1.name",
        "made on",
        "fields[1].name: 'made on' must be letters, digits and underscores, and begin with a letter",
    ),
    "a name that begins with an underscore": (
        "fields.1.name",
        "_meta",
        "fields[1].name: '_meta' must be letters, digits and underscores, and begin with a letter",
    ),
    "a name with a line end": (
        "fields.1.name",
        "made\n",
        "fields[1].name: 'made\\n' must be letters, digits and underscores, and begin with a letter",
    ),
    "a name that is not ASCII": (
        "fields.1.name",
        "größe",
        "fields[1].name: 'größe' must be letters, digits and underscores, and begin with a letter",
    ),
    "no field": ("fields", [], "fields: must list at least one field"),
    "a record type in capitals": (
        "name",
        "Part",
        "name: 'Part' must be lower-case words joined by underscores, such as purchase_order",
    ),
    "a plural with a space": (
        "x-foreman.plural",
        "many parts",
        (
            "x-foreman.plural: 'many parts' must be lower-case words joined by underscores, such as "
            "purchase_order"
        ),
    ),
    "a plural that is the name": (
        "x-foreman.plural",
        "part",
        "name: part (plural part) would define part twice in GraphQL",
    ),
    "a record type that is called like one of ours": (
        "name",
        "job",
        "name: job (plural jobs) would define Job twice in GraphQL",
    ),
    "a record type that makes a type of ours": (
        "name",
        "string",
        "name: string (plural strings) would define StringFilter twice in GraphQL",
    ),
    # aliases
    "an alias that two fields claim": (
        "fields",
        [
            {"name": "id", "x-foreman": {"aliases": ["Year-1"]}},
            {"name": "made", "x-foreman": {"aliases": ["year 1"]}},
        ],
        "fields[1].x-foreman.aliases[0]: 'year 1' stands for id already",
    ),
    "an alias that is another field's name": (
        "fields.3.x-foreman.aliases",
        ["kg", "M.A.D.E"],
        "fields[3].x-foreman.aliases[1]: 'M.A.D.E' stands for made already",
    ),
    "an alias of punctuation only": (
        "fields.1.x-foreman.aliases",
        ["#"],
        "fields[1].x-foreman.aliases[0]: '#' has neither letters nor digits",
    ),
    # keys
    "a primary key that is a date": (
        "primaryKey",
        "made",
        "primaryKey: made is of type date; a key must be a string or an integer",
    ),
    "a primary key that is no field": (
        "primaryKey",
        "Id",
        "primaryKey: there is no field 'Id'; did you mean id?",
    ),
    "a primary key of two fields": (
        "primaryKey",
        ["id", "made"],
        "primaryKey: must be one field, not 2; further keys go to uniqueKeys",
    ),
    "a primary key that is not required": (
        "fields.0.constraints.required",
        False,
        "primaryKey: id must have constraints.required: true",
    ),
    "a primary key that only warns": (
        "fields.0.x-foreman.severity",
        "warning",
        "primaryKey: id must not have the severity warning: a record needs its key",
    ),
    "a unique key that names no field": (
        "uniqueKeys",
        [["id", "mode"]],
        "uniqueKeys[0][1]: there is no field 'mode'; did you mean made?",
    ),
    "a unique key of one name that is no field": (
        "uniqueKeys",
        ["mode"],
        "uniqueKeys[0]: there is no field 'mode'; did you mean made?",
    ),
    "an empty unique key": ("uniqueKeys", [[]], "uniqueKeys[0]: must name at least one field"),
    "a unique key with a field twice": ("uniqueKeys", [["id", "id"]], "uniqueKeys[0]: names a field twice"),
}


@pytest.mark.parametrize(("path", "value", "said"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refused_with_the_place_and_the_reason(
    refusal_with: Callable[[str, object], str], path: str, value: object, said: str
) -> None:
    assert refusal_with(path, value) == said
