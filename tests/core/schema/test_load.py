"""What a schema file may say, and how a file is refused that is none."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from foreman_core.errors import Refused
from foreman_core.schema import (
    Before,
    Constraints,
    Field,
    OneOf,
    RecordSchema,
    RequiredIf,
    find_schema,
    load_schema,
)

ROOT = Path(__file__).parents[3]
Write = Callable[[str | bytes], Path]
Refusal = Callable[[str | bytes], str]
With = Callable[[str, object], str]


def test_a_file_says_everything_about_its_record_type(order: RecordSchema, order_text: str) -> None:
    assert (order.name, order.plural, order.type_name) == (
        "purchase_order",
        "purchase_orders",
        "PurchaseOrder",
    )
    assert (order.title, order.description) == ("Purchase order", "What was ordered, by whom")
    assert order.primary_key == "number"
    assert order.missing_values == ("", "n/a")
    assert order.on_unknown_column == "fail"
    assert order.max_rejected_percent == 2.5
    assert order.version == f"sha256:{hashlib.sha256(order_text.encode()).hexdigest()}"


def test_every_key_of_a_field_is_read(order: RecordSchema) -> None:
    assert order.field("number") == Field(
        name="number",
        type="integer",
        constraints=Constraints(required=True, unique=True, minimum=1, maximum=999999),
    )
    assert order.field("reference").constraints == Constraints(
        pattern=r"[A-Z]{2}\d+", min_length=3, max_length=12
    )
    assert order.field("urgent") == Field(
        name="urgent", type="boolean", true_values=("yes",), false_values=("no",)
    )
    assert order.field("ordered") == Field(
        name="ordered",
        type="date",
        title="Ordered on",
        constraints=Constraints(minimum="2000-01-01", maximum="2099-12-31"),
        formats=("dd/mm/yyyy", "yyyymmdd"),
        aliases=("order date",),
    )
    assert order.field("total").constraints == Constraints(minimum=-1.5, maximum=1e12)
    assert order.field("parts") == Field(
        name="parts", type="list", delimiter="|", constraints=Constraints(max_length=9)
    )
    assert order.field("contact") == Field(
        name="contact",
        format="phone",
        description="Whom to call",
        country_field="country",
        pii=True,
        normalise=("trim", "nfc"),
    )
    state, depot = order.field("state"), order.field("depot")
    assert (state.severity, state.collision) == ("warning", "fill-blank")
    assert (order.field("due").blank, state.blank) == ("clear", "keep")
    assert (depot.default_country, depot.collision) == ("NO", "never")


def test_norway_is_a_country_and_no_boolean(order: RecordSchema) -> None:
    assert order.field("state").constraints.enum == ("NO", "open", "closed")


def test_unique_keys_are_those_of_fields_and_of_the_schema_but_not_the_primary_one(
    order: RecordSchema,
) -> None:
    assert order.unique_keys == (("state",), ("supplier", "reference"), ("reference",))


def test_rules_keep_their_order_and_their_severity(order: RecordSchema) -> None:
    assert order.rules == (
        Before(earlier="ordered", later="due"),
        OneOf(fields=("contact", "depot"), severity="warning"),
        RequiredIf(field="supplier", when="state", is_one_of=("open",)),
    )


def test_what_a_file_leaves_out_has_a_default(write: Write, small_text: str) -> None:
    schema = load_schema(write(small_text))
    assert schema == RecordSchema(
        name="part",
        plural="parts",
        primary_key="id",
        version=schema.version,
        fields=(
            Field(name="id", constraints=Constraints(required=True)),
            Field(name="made", type="date"),
            Field(name="sold", type="date"),
            Field(name="weight", type="number"),
            Field(name="phone", format="phone"),
        ),
    )


def test_a_byte_order_mark_changes_the_version_and_nothing_else(write: Write, small_text: str) -> None:
    plain = load_schema(write(small_text))
    marked = load_schema(write("\ufeff" + small_text))
    assert marked.fields == plain.fields
    assert marked.version != plain.version


@pytest.mark.parametrize(
    ("path", "constraints"),
    [
        ("fields.3.constraints", {"minimum": 2, "maximum": 2.0}),
        ("fields.0.constraints", {"required": True, "minLength": 4, "maxLength": 4}),
    ],
)
def test_limits_may_meet(write: Write, small_with: With, path: str, constraints: object) -> None:
    load_schema(write(small_with(path, constraints)))


NO_SCHEMA: dict[str, tuple[str | bytes, str]] = {
    "broken YAML": (
        "name: part\nfields: [\n",
        (
            "line 3: is not valid YAML: while parsing a flow node, "
            "expected the node content, but found '<stream end>'"
        ),
    ),
    "a key that is there twice": (
        "name: part\nfields: []\nname: other\n",
        "line 3: is not valid YAML: the key text ('name') is there twice",
    ),
    "a key of a field that is there twice": (
        "name: part\nfields:\n  - name: x\n    type: date\n    name: y\n",
        "line 5: is not valid YAML: the key text ('name') is there twice",
    ),
    "an anchor": (
        "name: &n part\nprimaryKey: *n\n",
        "line 1: is not valid YAML: anchors (&) and aliases (*) are not supported; write it out",
    ),
    "a tag": ("name: !!python/name:os.system x\n", "line 1: is not valid YAML: tags (!) are not supported"),
    "two documents": (
        "name: part\n---\nname: other\n",
        "line 2: is not valid YAML: expected a single document in the stream, but found another document",
    ),
    "a control character": (
        "name: a\x00b\n",
        (
            "is not valid YAML: unacceptable character #x0000: "
            'special characters are not allowed in "<unicode string>", position 7'
        ),
    ),
    "bytes that are no UTF-8": (b"name: caf\xe9\n", "is not UTF-8: the byte at position 9 fits nowhere"),
    "a list": ("[]", "must be a mapping of keys to values, not a list ([])"),
    "nothing": ("", "must be a mapping of keys to values, not empty"),
    "only text": ("customer", "must be a mapping of keys to values, not text ('customer')"),
    "a key that is no text": ("{name: part, 7: x}", "unknown key a number (7)"),
    "brackets without end": ("[" * 20_000, "is nested too deeply"),
    "a file that is too big": (b"#" * 1_000_001, "is larger than 1 MB"),
}


@pytest.mark.parametrize(("content", "said"), NO_SCHEMA.values(), ids=NO_SCHEMA.keys())
def test_refused_as_no_schema(refusal: Refusal, content: str | bytes, said: str) -> None:
    assert refusal(content) == said


def test_a_number_of_thousands_of_digits_is_refused(refusal: Refusal) -> None:
    assert refusal("name: " + "9" * 5000).startswith("is not valid YAML: ")


def test_infinity_is_no_bound(refusal: Refusal, order_text: str) -> None:
    said = refusal(order_text.replace("maximum: 1e12", "maximum: .inf"))
    assert said == "fields[8].constraints.maximum: must be a finite number, not a number (inf)"


def test_a_rule_about_a_value_that_never_occurs_is_refused(refusal: Refusal, order_text: str) -> None:
    said = refusal(order_text.replace("is: [open]", "is: [opened]"))
    assert said == "x-foreman.rules[2].required-if.is[0]: 'opened' is not in the enum of state"


def test_a_key_of_ours_is_not_taken_by_its_path(refusal: Refusal, small_text: str) -> None:
    said = refusal(small_text.replace('"name": "made"', '"name": "made", "x-foreman.pii": true'))
    assert said == "fields[1]: unknown key text ('x-foreman.pii')"


def test_a_long_value_is_cut_in_the_message(refusal_with: With) -> None:
    assert len(refusal_with("fields.1.type", "x" * 100_000)) < 200


@pytest.mark.parametrize("name", ["no-such-schema", "schemas", "no/such/file.yaml", "nul\0byte"])
def test_an_absent_schema_is_refused_with_the_names_of_the_shipped_ones(name: str) -> None:
    with pytest.raises(Refused) as refused:
        find_schema(name)
    assert refused.value.code == "unknown-schema"
    assert "(customer" in refused.value.message


def test_a_name_that_is_nearly_right_is_guessed() -> None:
    with pytest.raises(Refused, match="did you mean customer"):
        find_schema("costumer")


def test_a_schema_is_found_by_its_name_and_by_its_path(write: Write, order_text: str) -> None:
    assert find_schema("customer") == load_schema(ROOT / "schemas" / "customer.yaml")
    assert find_schema(str(write(order_text))).name == "purchase_order"


def test_a_shipped_schema_is_called_like_its_file() -> None:
    for path in (ROOT / "schemas").glob("*.yaml"):
        assert find_schema(path.stem).name == path.stem
