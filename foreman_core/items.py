"""DynamoDB's typed JSON: plain values to attribute values and back, for the low-level client."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

Attribute = dict[str, Any]
"""`{"S": "text"}` and its like: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html"""

Item = dict[str, Attribute]

EXACT: Final = 2**53
"""From here on a float is whole anyway, and JSON writers run out of bits: such numbers stay floats."""


def to_item(values: Mapping[str, object]) -> Item:
    """A mapping of plain values as an item; None is left out, so that a blank takes no space."""
    return {name: to_attribute(value) for name, value in values.items() if value is not None}


def from_item(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """An item's plain values; whole numbers come back as int, others as float."""
    return {name: from_attribute(attribute) for name, attribute in item.items()}


def to_attribute(value: object) -> Attribute:
    """One plain value as an attribute value. TypeError for what JSON could not say either."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case int() | float():
            return {"N": repr(value)}
        case Mapping():
            return {"M": to_item(cast("Mapping[str, object]", value))}
        case Sequence():
            return {"L": [to_attribute(element) for element in cast("Sequence[object]", value)]}
        case _:
            raise TypeError(f"{type(value).__name__} has no DynamoDB type")


def from_attribute(attribute: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what the table holds decides
    """The plain value of one attribute value."""
    ((kind, value),) = attribute.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return _number(value)
        case "M":
            return from_item(value)
        case "L":
            return [from_attribute(element) for element in value]
        case _:
            return value


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < EXACT else number
