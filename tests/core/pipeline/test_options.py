"""How a sender says how a file is read."""

import json
from typing import Any

import pytest

from foreman_core.errors import Refused
from foreman_core.mapping import Decided, as_json, from_json
from foreman_core.models import Options
from foreman_core.pipeline.options import METADATA, from_metadata, read_options, to_metadata

DECIDED = Decided(
    columns={"Größe": "email", "Notes": None}, values={"plan": {"Gratis": "free"}}, header=("Größe", "Notes")
)


@pytest.mark.parametrize(
    "options",
    [
        Options(),
        Options(encoding="cp1252", delimiter="\t", header=False),
        Options(sheet="Jänner 日本"),
    ],
)
def test_what_is_written_on_an_object_is_read_from_it(options: Options) -> None:
    assert from_metadata(to_metadata(options)) == options


def test_a_mapping_on_an_object_says_the_same_without_its_header() -> None:
    options = from_metadata(to_metadata(Options(mapping=as_json(DECIDED))))
    assert from_json(options.mapping or "") == Decided(columns=DECIDED.columns, values=DECIDED.values)


def test_metadata_is_one_text_of_printable_ascii() -> None:
    metadata = to_metadata(Options(sheet="Jänner\n", delimiter="\t", mapping=as_json(DECIDED)))
    assert list(metadata) == [METADATA]
    assert metadata[METADATA].isascii()
    assert metadata[METADATA].isprintable()


def test_metadata_takes_what_s3_takes_and_not_a_byte_more() -> None:
    # 2,048 bytes: 7 of the name, 14 of {"sheet":"…"} around 2,027 of the sheet
    fits = to_metadata(Options(sheet="x" * 2029))
    assert sum(len(name) + len(value) for name, value in fits.items()) == 2048
    with pytest.raises(Refused, match="--remember") as refused:
        to_metadata(Options(sheet="x" * 2030))
    assert refused.value.code == "bad-mapping"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"encodings": "utf-8"}, "bad-options"),
        ({"encoding": 8}, "bad-options"),
        ({"header": "no"}, "bad-options"),
        ({"sheet": True}, "bad-options"),
        ({"mapping": ["email"]}, "bad-options"),
        ({"mapping": "columns: {}"}, "bad-mapping"),
        ({"mapping": {"columns": {"a": 1}}}, "bad-mapping"),
        ({"mapping": "[" * 99_999}, "bad-mapping"),
    ],
)
def test_options_that_mean_nothing_are_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_options(given)
    assert refused.value.code == code


@pytest.mark.parametrize("text", ["", "utf-8", "[]", '"x"', "{", "[" * 2000])
def test_metadata_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        from_metadata({METADATA: text})
    assert refused.value.code == "bad-options"


def test_metadata_of_others_is_theirs() -> None:
    assert from_metadata({"sender": "crm", "mtime": "17"}) == Options()


def test_a_mapping_may_be_written_out_on_an_object() -> None:
    said = {METADATA: json.dumps({"mapping": {"Ref": "customer_id"}})}
    assert from_json(from_metadata(said).mapping or "").columns == {"Ref": "customer_id"}


def test_what_is_null_is_not_said() -> None:
    assert read_options(dict.fromkeys(("encoding", "delimiter", "sheet", "header", "mapping"))) == Options()
