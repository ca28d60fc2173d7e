"""Which column is which field: given, exact, alias; each at most once."""

from pathlib import Path

import pytest

from foreman_core.errors import Refused
from foreman_core.mapping import Decided, Mapping, map_columns, read_decided
from foreman_core.schema import Constraints, Field, RecordSchema, find_schema
from foreman_core.schema.model import UnknownColumn


def schema(on_unknown_column: UnknownColumn = "ignore") -> RecordSchema:
    return RecordSchema(
        name="person",
        plural="persons",
        fields=(
            Field(name="id", constraints=Constraints(required=True), aliases=("Kunden-Nr",)),
            Field(name="email", aliases=("mail", "e-mail address")),
            Field(name="first_name", aliases=("Vorname",)),
        ),
        primary_key="id",
        version="sha256:0",
        on_unknown_column=on_unknown_column,
    )


def pairs(mapping: Mapping) -> list[tuple[str, str, str]]:
    return [(match.column, match.field, match.how) for match in mapping.matches]


def refusal(columns: list[str], given: dict[str, str | None] | None = None) -> Refused:
    with pytest.raises(Refused) as refused:
        map_columns(columns, schema(), Decided(columns=given or {}))
    return refused.value


def test_a_column_with_the_name_of_a_field_is_that_field() -> None:
    mapping = map_columns(["email", "id"], schema())
    assert pairs(mapping) == [("email", "email", "exact"), ("id", "id", "exact")]
    assert [match.position for match in mapping.matches] == [0, 1]
    assert mapping.missing_fields == ("first_name",)


@pytest.mark.parametrize(
    "column",
    [
        "E-Mail",
        "EMAIL",
        "e_mail",
        "E. Mail",
        "\uff25\uff4d\uff41\uff49\uff4c",
        "Mail",
        "E-Mail  Address",
        "e-mail-address",
    ],
)
def test_aliases_are_compared_without_case_space_and_punctuation(column: str) -> None:
    assert ("email", "alias") in [(m.field, m.how) for m in map_columns(["id", column], schema()).matches]


def test_space_around_a_column_does_not_count() -> None:
    mapping = map_columns([" id ", "email"], schema())
    assert pairs(mapping)[0] == (" id ", "id", "exact")


def test_what_no_field_claims_is_unmapped() -> None:
    assert map_columns(["id", "Shoe size", "", "x"], schema()).unmapped == ("Shoe size", "x")


def test_the_exact_name_wins_over_an_alias_before_it() -> None:
    mapping = map_columns(["Mail", "email", "id"], schema())
    assert pairs(mapping) == [("email", "email", "exact"), ("id", "id", "exact")]
    assert mapping.unmapped == ("Mail",)
    assert len(mapping.notes) == 1
    assert "'Mail'" in mapping.notes[0]
    assert "'email'" in mapping.notes[0]


def test_of_two_aliases_the_first_column_wins() -> None:
    mapping = map_columns(["id", "E-Mail", "Mail"], schema())
    assert ("E-Mail", "email", "alias") in pairs(mapping)
    assert mapping.unmapped == ("Mail",)


def test_a_given_mapping_comes_before_everything() -> None:
    mapping = map_columns(["id", "email", "Contact"], schema(), Decided(columns={"Contact": "email"}))
    assert pairs(mapping) == [("id", "id", "exact"), ("Contact", "email", "given")]
    assert mapping.unmapped == ("email",)


def test_null_leaves_a_column_out() -> None:
    mapping = map_columns(["id", "email"], schema("fail"), Decided(columns={"email": None}))
    assert pairs(mapping) == [("id", "id", "exact")]
    assert mapping.unmapped == ("email",)


def test_a_required_field_without_column_is_refused_with_what_there_is() -> None:
    error = refusal(["Nummer", "email"])
    assert error.code == "unmapped-required-field"
    assert "'id'" in error.message
    assert "'Nummer'" in error.message
    assert "--mapping" in error.message


def test_unknown_columns_are_refused_where_the_schema_says_so() -> None:
    with pytest.raises(Refused, match="'Shoe size'") as refused:
        map_columns(["id", "Shoe size"], schema("fail"))
    assert refused.value.code == "unmapped-column"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"Contcat": "email"}, "Contcat"),
        ({"Contact": "emial"}, "emial"),
        ({"Contact": "email", "Mail": "email"}, "email"),
    ],
)
def test_a_given_mapping_that_fits_nothing_is_refused(given: dict[str, str | None], named: str) -> None:
    error = refusal(["id", "Contact", "Mail"], given)
    assert error.code == "bad-mapping"
    assert named in error.message


def test_the_customer_schema_knows_the_headers_of_other_languages() -> None:
    columns = [
        "Kundennummer",
        "Vorname",
        "Nachname",
        "E-Mail-Adresse",
        "Telefon",
        "Land",
        "PLZ",
        "Kunde seit",
        "Tarif",
    ]
    mapping = map_columns(columns, find_schema("customer"))
    assert [match.field for match in mapping.matches] == [
        "customer_id", "first_name", "last_name", "email", "phone", "country", "postal_code",
        "signup_date", "plan",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.json", '{"E-mail": "email", "Note": null}'),
        ("m.json", '\ufeff{"E-mail": "email", "Note": null}'),
        ("m.yaml", "E-mail: email\nNote: null\n"),
        ("m.yml", '{"E-mail": "email", "Note": }'),
    ],
)
def test_a_mapping_file_is_json_or_yaml(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert read_decided(path).columns == {"E-mail": "email", "Note": None}


def test_in_yaml_every_column_is_text(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("NO: id\n2024: email\n", encoding="utf-8")
    assert read_decided(path).columns == {"NO": "id", "2024": "email"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.json", "[]"),
        ("m.json", "{"),
        ("m.json", '{"a": 1}'),
        ("m.json", '{"a": "x", "a": "y"}'),
        ("m.json", "[" * 100_000),
        ("m.yaml", "- a\n"),
        ("m.yaml", "a: [b]\n"),
        ("m.yaml", "a: b\na: c\n"),
        ("m.yaml", "a: 'b\n"),
        ("m.yaml", ""),
    ],
)
def test_a_mapping_file_that_is_none_is_refused_by_name(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Refused, match=name) as refused:
        read_decided(path)
    assert refused.value.code == "bad-mapping"


def test_a_mapping_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="absent"):
        read_decided(tmp_path / "absent.json")


def test_a_mapping_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes("Straße: email\n".encode("cp1252"))
    with pytest.raises(Refused):
        read_decided(path)
