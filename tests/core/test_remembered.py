"""Mappings in the ledger, against a DynamoDB table."""

from typing import TYPE_CHECKING

import pytest

from foreman_core.errors import Refused
from foreman_core.mapping import Decided, as_json
from foreman_core.pipeline.remember import remember
from foreman_core.remembered import Mappings
from foreman_core.schema import find_schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CUSTOMER = find_schema("customer")
FIELDS = ("first_name", "last_name", "email", "country", "signup_date", "plan")
HEADER = ("Ref", *FIELDS, "Notes")
DECIDED = Decided(
    columns={"Ref": "customer_id", **{name: name for name in FIELDS}, "Notes": None},
    values={"plan": {"Gratis": "free"}},
    header=HEADER,
)


@pytest.fixture
def mappings(dynamodb: "DynamoDBClient", ledger_table: str) -> Mappings:
    return Mappings(dynamodb, ledger_table, "customer")


def test_a_mapping_comes_back_for_the_same_columns_in_any_order_and_writing(mappings: Mappings) -> None:
    mappings.remember(DECIDED)
    assert mappings.recall(tuple(reversed([column.upper() for column in HEADER]))) == DECIDED
    assert mappings.recall(HEADER[1:]) is None


def test_the_last_one_counts(mappings: Mappings) -> None:
    mappings.remember(DECIDED)
    later = Decided(columns={**DECIDED.columns, "Notes": "tags"}, header=HEADER)
    mappings.remember(later)
    assert mappings.recall(HEADER) == later


def test_another_record_type_has_mappings_of_its_own(
    dynamodb: "DynamoDBClient", ledger_table: str, mappings: Mappings
) -> None:
    mappings.remember(DECIDED)
    assert Mappings(dynamodb, ledger_table, "order").recall(HEADER) is None


def test_what_is_remembered_does_not_expire(
    dynamodb: "DynamoDBClient", ledger_table: str, mappings: Mappings
) -> None:
    signature = mappings.remember(DECIDED)
    key = {"pk": {"S": f"MAPPING#{signature}"}, "sk": {"S": "customer"}}
    item = dynamodb.get_item(TableName=ledger_table, Key=key).get("Item", {})
    assert set(item) == {"pk", "sk", "mapping"}


@pytest.mark.parametrize(
    ("decided", "code"),
    [
        (Decided(columns=DECIDED.columns), "bad-mapping"),
        (Decided(columns={"Reference": "customer_id"}, header=HEADER), "bad-mapping"),
        (Decided(columns={"Ref": "order_id"}, header=HEADER), "bad-mapping"),
        (Decided(columns={"Ref": None}, header=HEADER), "unmapped-required-field"),
        (Decided(columns={"Ref": "customer_id"}, header=("Ref", "x" * 100_000)), "bad-mapping"),
    ],
    ids=["no header", "no such column", "no such field", "a required field is missing", "too long"],
)
def test_a_mapping_with_which_nothing_could_be_read_is_not_kept(
    mappings: Mappings, decided: Decided, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        remember(mappings, CUSTOMER, as_json(decided))
    assert refused.value.code == code
    assert mappings.recall(HEADER) is None
