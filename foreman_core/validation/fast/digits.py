"""Regular expressions over digits, asked about every number that begins so and is so long."""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any, Final

_codes = import_module("re._constants")
_parser = import_module("re._parser")

_DIGITS: Final = "0123456789"


class Language:
    """The numbers that a pattern matches as a whole: literals, classes, groups, alternatives and bounded
    repetition of them, as libphonenumber's metadata has them. ValueError for a pattern with anything else.

    It is a nondeterministic automaton (https://swtch.com/~rsc/regexp/regexp1.html) whose sets of states are
    worked out as they are asked for.
    """

    def __init__(self, pattern: str) -> None:
        self._moves: list[dict[str, int]] = [{}]
        self._skips: list[list[int]] = [[]]
        self._end = 0
        self._start = self._closed({self._sequence(_parser.parse(pattern), self._end)})
        self._next: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._fates: dict[tuple[frozenset[int], int], bool | None] = {}

    def has(self, head: str, rest: int) -> bool | None:
        """Whether every number of `head` and `rest` further digits is matched; None when only some are."""
        states = self._start
        for digit in head:
            states = self._after(states, digit)
        return self._fate(states, rest)

    def is_alike(self, head: str, rest: int) -> bool:
        """Whether it makes no difference to a match which digits follow `head`, `rest` of them."""
        states = self._start
        for digit in head:
            states = self._after(states, digit)
        for _ in range(rest):
            following = {self._after(states, digit) for digit in _DIGITS}
            if len(following) > 1:
                return False
            states = following.pop()
            if not states:
                break
        return True

    def _fate(self, states: frozenset[int], rest: int) -> bool | None:
        if not states or not rest:
            return self._end in states
        key = (states, rest)
        if key not in self._fates:
            found = {self._fate(self._after(states, digit), rest - 1) for digit in _DIGITS}
            self._fates[key] = found.pop() if len(found) == 1 else None
        return self._fates[key]

    def _after(self, states: frozenset[int], digit: str) -> frozenset[int]:
        key = (states, digit)
        if key not in self._next:
            moves = (self._moves[state] for state in states)
            self._next[key] = self._closed({move[digit] for move in moves if digit in move})
        return self._next[key]

    def _closed(self, states: set[int]) -> frozenset[int]:
        """The states, and those that are reached without a digit."""
        found, waiting = set(states), list(states)
        while waiting:
            fresh = [state for state in self._skips[waiting.pop()] if state not in found]
            found.update(fresh)
            waiting += fresh
        return frozenset(found)

    def _state(self, moves: dict[str, int], skips: list[int]) -> int:
        self._moves.append(moves)
        self._skips.append(skips)
        return len(self._moves) - 1

    def _sequence(self, items: Iterable[tuple[Any, Any]], target: int) -> int:
        """The state from which the items lead to the target: built from the end."""
        for code, given in reversed(list(items)):
            target = self._item(code, given, target)
        return target

    def _item(self, code: object, given: Any, target: int) -> int:  # noqa: ANN401 - what Python's parser gives
        if code is _codes.AT and given in (_codes.AT_BEGINNING, _codes.AT_END):
            return target  # patterns are of whole numbers
        if code is _codes.SUBPATTERN:
            return self._sequence(given[3], target)
        if code is _codes.BRANCH:
            return self._state({}, [self._sequence(branch, target) for branch in given[1]])
        if code is _codes.MAX_REPEAT:
            least, most, items = given
            return self._repeated(least, most, items, target)
        return self._state(dict.fromkeys(_members(code, given), target), [])

    def _repeated(self, least: int, most: int, items: Iterable[tuple[Any, Any]], target: int) -> int:
        if most is _codes.MAXREPEAT:
            raise ValueError("the pattern has no longest match")
        start = target
        for _ in range(most - least):
            start = self._state({}, [self._sequence(items, start), target])
        for _ in range(least):
            start = self._sequence(items, start)
        return start


def _members(code: object, given: Any) -> str:  # noqa: ANN401 - as above
    """The digits that one element of a pattern matches."""
    if code is _codes.LITERAL:
        return chr(given)
    if code is _codes.IN:
        return "".join(_members(each, inner) for each, inner in given)
    if code is _codes.RANGE:
        return "".join(map(chr, range(given[0], given[1] + 1)))
    if code is _codes.CATEGORY and given is _codes.CATEGORY_DIGIT:
        return _DIGITS
    raise ValueError(f"the pattern has {code}")


@cache
def language(pattern: str) -> Language:
    """The language of a pattern."""
    return Language(pattern)
