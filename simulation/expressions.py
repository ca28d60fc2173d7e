"""DynamoDB's condition, filter and key-condition expressions, over typed items.

The grammar, of which only what Foreman uses is here:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
An attribute that is not there compares with nothing: every comparison with it is false (same page).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Final

from attrs import frozen

Item = Mapping[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Any]
Operand = Callable[["Given"], Any]
Test = Callable[["Given"], bool]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<word>[A-Za-z_#:"'][\w.#:"'-]*)|(?P<mark><>|<=|>=|[=<>(),\[\]+?{}:-]))""", re.VERBOSE
)
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


@frozen
class Given:
    """What an expression is evaluated over."""

    item: Item
    names: Names
    values: Values


class Tokens:
    """The tokens of an expression, one after another."""

    def __init__(self, text: str) -> None:
        self._tokens = [match.group().strip() for match in _TOKEN.finditer(text)]
        if "".join(self._tokens) != re.sub(r"\s+", "", text):
            raise AssertionError(f"not understood: {text}")
        self._at = 0

    def peek(self) -> str:
        """The next token; empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, expected: str | None = None) -> str:
        """The next token, which must be the expected one."""
        token = self.peek()
        if not token or (expected is not None and token.upper() != expected):
            raise AssertionError(f"expected {expected}, found {token!r}")
        self._at += 1
        return token

    def takes(self, *words: str) -> bool:
        """Whether the next tokens are these; they are taken then."""
        found = [token.upper() for token in self._tokens[self._at : self._at + len(words)]]
        if found != list(words):
            return False
        self._at += len(words)
        return True


def holds(expression: str | None, item: Item | None, names: Names, values: Values) -> bool:
    """Whether a condition holds for an item (None: there is none); no condition always does."""
    return expression is None or _condition(expression)(Given(item or {}, names, values))


@cache
def _condition(expression: str) -> Test:
    tokens = Tokens(expression)
    test = _or(tokens)
    if tokens.peek():
        raise AssertionError(f"not understood from {tokens.peek()!r} on: {expression}")
    return test


def _or(tokens: Tokens) -> Test:
    tests = [_and(tokens)]
    while tokens.takes("OR"):
        tests.append(_and(tokens))
    return tests[0] if len(tests) == 1 else lambda given: any(test(given) for test in tests)


def _and(tokens: Tokens) -> Test:
    tests = [_not(tokens)]
    while tokens.takes("AND"):
        tests.append(_not(tokens))
    return tests[0] if len(tests) == 1 else lambda given: all(test(given) for test in tests)


def _not(tokens: Tokens) -> Test:
    if tokens.takes("NOT"):
        test = _not(tokens)
        return lambda given: not test(given)
    if tokens.takes("("):
        test = _or(tokens)
        tokens.take(")")
        return test
    return _comparison(tokens)


def _comparison(tokens: Tokens) -> Test:
    word = tokens.peek()
    if word.lower() in _TESTS:
        tokens.take()
        return _TESTS[word.lower()](*_arguments(tokens))
    left = operand(tokens)
    if tokens.takes("IN"):
        choices = _arguments(tokens)
        return lambda given: any(_same(left(given), choice(given)) for choice in choices)
    if tokens.takes("BETWEEN"):
        low = operand(tokens)
        tokens.take("AND")
        high = operand(tokens)
        return lambda given: (
            compared(">=", left(given), low(given)) and compared("<=", left(given), high(given))
        )
    sign = tokens.take()
    right = operand(tokens)
    return lambda given: compared(sign, left(given), right(given))


def _arguments(tokens: Tokens) -> list[Operand]:
    tokens.take("(")
    found = [operand(tokens)]
    while tokens.takes(","):
        found.append(operand(tokens))
    tokens.take(")")
    return found


def operand(tokens: Tokens) -> Operand:
    """The next operand: a placeholder, a path, a literal, or one of the functions that give a value."""
    word = tokens.take()
    if word.lower() in _FUNCTIONS:
        return _FUNCTIONS[word.lower()](*_arguments(tokens))
    if word.startswith(":"):
        return lambda given: given.values[word]
    return lambda given: at_path(given.item, path(word, given.names))


def path(word: str, names: Names) -> list[str]:
    """The parts of a path, with names put in for their placeholders."""
    return [names[part] if part.startswith("#") else part.strip('"') for part in word.split(".")]


def at_path(item: Item, parts: Sequence[str]) -> Any:
    """The attribute value at a path, or None."""
    found: dict[str, Any] | None = item.get(parts[0])
    for part in parts[1:]:
        found = None if found is None else found.get("M", {}).get(part)
    return found


def plain(value: Mapping[str, Any]) -> tuple[str, Any]:
    """Type and value, comparable: numbers by value, texts by their bytes."""
    ((kind, inner),) = value.items()
    if kind == "N":
        return kind, Decimal(inner)
    return kind, inner.encode() if kind == "S" else inner


def _same(left: Any, right: Any) -> bool:
    return left is not None and right is not None and plain(left) == plain(right)


def compared(sign: str, left: Any, right: Any) -> bool:
    """How two attribute values compare; with one that is missing, they don't."""
    if left is None or right is None:
        return False
    (left_kind, one), (right_kind, other) = plain(left), plain(right)
    if left_kind != right_kind:
        return sign == "<>"
    return _COMPARE[sign](one, other)


def _begins(whole: Operand, start: Operand) -> Test:
    def test(given: Given) -> bool:
        found = whole(given)
        return found is not None and str(found.get("S", "")).startswith(start(given)["S"])

    return test


def _contains(whole: Operand, part: Operand) -> Test:
    def test(given: Given) -> bool:
        found, wanted = whole(given), part(given)
        if found is None:
            return False
        return wanted.get("S", "\0") in found["S"] if "S" in found else wanted in found.get("L", [])

    return test


def _exists(name: Operand) -> Test:
    return lambda given: name(given) is not None


def _is_missing(name: Operand) -> Test:
    return lambda given: name(given) is None


def _if_not_exists(name: Operand, other: Operand) -> Operand:
    return lambda given: other(given) if name(given) is None else name(given)


def _appended(first: Operand, second: Operand) -> Operand:
    return lambda given: {"L": [*first(given)["L"], *second(given)["L"]]}


_TESTS: Final[Mapping[str, Callable[..., Test]]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _is_missing,
    "begins_with": _begins,
    "contains": _contains,
}
_FUNCTIONS: Final[Mapping[str, Callable[..., Operand]]] = {
    "if_not_exists": _if_not_exists,
    "list_append": _appended,
}
