"""PartiQL's INSERT, UPDATE and DELETE of one item, with all values as parameters.

An INSERT fails when the item is there already; UPDATE and DELETE name one item by its whole key, and further
terms of WHERE are a condition on it:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from attrs import frozen

from simulation.expressions import Item, Tokens, compared

MISSING: Final = "IS MISSING"


@frozen
class Statement:
    """A statement: what it does with which table. Names stand in the order of their parameters.

    `conditions` are (attribute, comparison), `IS MISSING` without a parameter.
    """

    verb: str
    table: str
    assigned: tuple[str, ...]
    removed: tuple[str, ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()

    def bind(self, parameters: Sequence[Any]) -> "Bound":
        """The statement with its parameters."""
        left = iter(parameters)
        values = {name: next(left) for name in self.assigned}
        terms = [(name, sign, None if sign == MISSING else next(left)) for name, sign in self.conditions]
        return Bound(self, values, terms)


@frozen
class Bound:
    """A statement on one item."""

    statement: Statement
    values: Mapping[str, Any]
    terms: Sequence[tuple[str, str, Any]]

    @property
    def key(self) -> str:
        """The partition key of its item."""
        named: dict[str, Any] = {**{name: value for name, _, value in self.terms}, **self.values}
        return named["pk"]["S"]

    def holds(self, item: Item) -> bool:
        """Whether the condition holds for the item."""
        return all(
            name not in item if sign == MISSING else compared(sign, item.get(name), value)
            for name, sign, value in self.terms
        )

    def changed(self, item: Item) -> dict[str, Any] | None:
        """The item afterwards; None when it is gone."""
        if self.statement.verb == "DELETE":
            return None
        after = {**item, **self.values}
        return {name: value for name, value in after.items() if name not in self.statement.removed}


@cache
def statement(text: str) -> Statement:
    """Read a statement."""
    tokens = Tokens(text)
    verb = tokens.take().upper()
    if verb == "INSERT":
        tokens.take("INTO")
        table = _name(tokens)
        tokens.take("VALUE")
        return Statement(verb, table, tuple(_inserted(tokens)))
    if verb == "DELETE":
        tokens.take("FROM")
    table = _name(tokens)
    assigned: list[str] = []
    removed: list[str] = []
    while not tokens.takes("WHERE"):
        if tokens.takes("REMOVE"):
            removed.append(_name(tokens))
            continue
        tokens.take("SET")
        assigned.append(_name(tokens))
        tokens.take("=")
        tokens.take("?")
    return Statement(verb, table, tuple(assigned), tuple(removed), tuple(_conditions(tokens)))


def _inserted(tokens: Tokens) -> Iterator[str]:
    tokens.take("{")
    while True:
        yield _name(tokens)
        tokens.takes(":")
        tokens.take("?")
        if not tokens.takes(","):
            tokens.take("}")
            return


def _conditions(tokens: Tokens) -> Iterator[tuple[str, str]]:
    while True:
        name = _name(tokens)
        if tokens.takes("IS", "MISSING"):
            yield name, MISSING
        else:
            yield name, tokens.take()
            tokens.take("?")
        if not tokens.takes("AND"):
            return


def _name(tokens: Tokens) -> str:
    return tokens.take().rstrip(":").strip("\"'")
