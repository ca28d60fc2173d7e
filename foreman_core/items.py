"""DynamoDB's typed JSON: plain values to attribute values and back, for the low-level client."""

from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, Final

Attribute = dict[str, Any]
"""`{"S": "text"}` and its like: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html"""

Item = dict[str, Attribute]

EXACT: Final = 2**53
"""From here on a float is whole anyway, and JSON writers run out of bits: such numbers stay floats."""


def to_item(values: Mapping[str, object]) -> Item:
    """A mapping of plain values as an item; None is left out, so that a blank takes no space."""
    return {
        name: {"S": value}
        if type(value) is str
        else to_attribute(value)  # most values are, and it is quicker
        for name, value in values.items()
        if value is not None
    }


def from_item(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """An item's plain values; whole numbers come back as int, others as float."""
    return {name: from_attribute(attribute) for name, attribute in item.items()}


def to_attribute(value: object) -> Attribute:
    """One plain value as an attribute value. TypeError for what JSON could not say either."""
    write = _WRITERS.get(type(value)) or next(
        (writer for kind, writer in _WRITERS.items() if isinstance(value, kind)), None
    )
    if write is None:
        raise TypeError(f"{type(value).__name__} has no DynamoDB type")
    return write(value)


_WRITERS: Final[dict[type, Callable[[Any], Attribute]]] = {
    str: lambda value: {"S": str(value)},
    bool: lambda value: {"BOOL": value},
    int: lambda value: {"N": repr(value)},
    float: lambda value: {"N": repr(value)},
    NoneType: lambda _: {"NULL": True},
    list: lambda value: {"L": [to_attribute(element) for element in value]},
    tuple: lambda value: {"L": [to_attribute(element) for element in value]},
    Mapping: lambda value: {"M": to_item(value)},
}
"""By type, for that is quick; what is of none of these types itself is found in this order."""


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
