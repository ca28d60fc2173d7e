"""What a DynamoDB update expression makes of an item."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from simulation.expressions import Given, Item, Names, Operand, Tokens, at_path, operand, path

Change = Callable[[dict[str, Any], Given], None]


def updated(expression: str, item: Item, names: Names, values: Mapping[str, Any]) -> dict[str, Any]:
    """The item after an update. Operands see it as it was before:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
    """
    changed = dict(item)
    given = Given(item, names, values)
    for change in _changes(expression):
        change(changed, given)
    return changed


@cache
def _changes(expression: str) -> Sequence[Change]:
    tokens = Tokens(expression)
    found: list[Change] = []
    while tokens.peek():
        clause = tokens.take().upper()
        found.append(_change(clause, tokens))
        while tokens.takes(","):
            found.append(_change(clause, tokens))
    return found


def _change(clause: str, tokens: Tokens) -> Change:
    word = tokens.take()
    if clause == "REMOVE":
        return lambda item, given: _put(item, path(word, given.names), None)
    if clause == "ADD":
        amount = operand(tokens)
        return lambda item, given: _put(
            item, path(word, given.names), _sum(at_path(item, path(word, given.names)), amount(given))
        )
    tokens.take("=")
    value = _sum_of_operands(tokens)
    return lambda item, given: _put(item, path(word, given.names), value(given))


def _sum_of_operands(tokens: Tokens) -> Operand:
    first = operand(tokens)
    if tokens.takes("+"):
        second = operand(tokens)
        return lambda given: _sum(first(given), second(given))
    return first


def _sum(first: Mapping[str, Any] | None, second: Mapping[str, Any]) -> dict[str, str]:
    return {"N": str(Decimal((first or {"N": "0"})["N"]) + Decimal(second["N"]))}


def _put(item: dict[str, Any], parts: Sequence[str], value: Any) -> None:
    """Put a value at a path, or take away what is there; the maps on the way are copied, not changed."""
    for part in parts[:-1]:
        item[part] = {"M": dict(item[part]["M"])}
        item = item[part]["M"]
    if value is None:
        item.pop(parts[-1], None)
    else:
        item[parts[-1]] = value
