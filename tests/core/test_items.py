"""DynamoDB's typed JSON, held against boto3's own serializer."""

from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.items import from_attribute, from_item, to_attribute, to_item

numbers = st.integers(-(10**15), 10**15) | st.integers(-(10**15), 10**15).map(lambda n: n / 1000)
values = st.recursive(
    st.none() | st.booleans() | st.text() | numbers,
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(min_size=1), inner.filter(lambda v: v is not None))
    ),
    max_leaves=20,
)


@given(values)
def test_a_value_comes_back_as_it_went(value: object) -> None:
    assert from_attribute(to_attribute(value)) == value


@given(st.dictionaries(st.text(min_size=1), st.text() | st.booleans() | st.integers(-(10**15), 10**15)))
def test_items_are_what_boto3_makes_of_them(values: dict[str, Any]) -> None:
    serializer = TypeSerializer()
    theirs = {name: serializer.serialize(value) for name, value in values.items()}
    assert to_item(values) == theirs


def test_a_blank_takes_no_space_in_an_item() -> None:
    assert to_item({"a": None, "b": ""}) == {"b": {"S": ""}}


@pytest.mark.parametrize(
    ("text", "number"), [("1", 1), ("1.5", 1.5), ("1E+2", 100), ("-0.001", -0.001), ("1000000000000", 10**12)]
)
def test_numbers_are_read_as_dynamodb_writes_them(text: str, number: float) -> None:
    read = from_item({"n": {"N": text}})["n"]
    assert read == number
    assert isinstance(read, int) == float(number).is_integer()


def test_a_number_beyond_64_bits_stays_one_that_json_can_write() -> None:
    read = from_attribute(to_attribute(1e21))
    assert read == 1e21
    assert isinstance(read, float)


def test_what_json_could_not_say_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no DynamoDB type"):
        to_attribute(object())
