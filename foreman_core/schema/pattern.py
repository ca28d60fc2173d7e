r"""`pattern` of a schema file: Python's syntax and meaning, matched by RE2 in time linear in the text.

Python's own matcher tries every way to read a text, which for `(a+)+b` and forty times `a` takes hours. RE2
(https://github.com/google/re2/wiki/WhyRE2) has one pass. It differs in what `\d`, `\w`, `\s` and "without
case" mean, so Python itself says here which characters each part of a pattern stands for.
"""

import re
import warnings
from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final

Matcher = Callable[[str], bool]
"""Whether a text matches as a whole."""

codes = import_module("re._constants")
parser = import_module("re._parser")

_CLASSES: Final[dict[object, str]] = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
}
_BEYOND: Final[dict[object, str]] = {
    codes.GROUPREF: "a backreference",
    codes.GROUPREF_IGNORE: "a backreference",
    codes.GROUPREF_EXISTS: "a condition on a group",
    codes.ASSERT: "look-ahead or look-behind",
    codes.ASSERT_NOT: "look-ahead or look-behind",
    codes.FAILURE: "look-ahead or look-behind",
    codes.ATOMIC_GROUP: "an atomic group",
    codes.POSSESSIVE_REPEAT: "a possessive repetition",
}
_BOUNDARIES: Final[set[object]] = {codes.AT_BOUNDARY, codes.AT_NON_BOUNDARY}
_ALPHABETS: Final = re.ASCII | re.UNICODE


def matcher(pattern: str) -> Matcher:
    """How a text is matched as a whole, in time linear in it.

    ValueError with the reason for what is no regular expression of Python's, for what can't be matched in
    linear time (backreferences, looking around, possessive repetition), and for word boundaries and more than
    1,000 repetitions, which RE2 has not.
    """
    import re2  # noqa: PLC0415 - most schemas have no pattern

    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        expression = re2.compile(_translated(pattern), options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace")
        raise ValueError(f"is beyond RE2, which matches in linear time: {reason}") from error
    return lambda text: expression.fullmatch(text.encode(errors="surrogatepass")) is not None


def _translated(pattern: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = parser.parse(pattern)
        return _sequence(parsed, parsed.state.flags)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ValueError(f"is no regular expression: {error}") from error


def _sequence(items: Iterable[tuple[Any, Any]], flags: int) -> str:
    return "".join(_one(code, given, flags) for code, given in items)


def _one(code: object, given: Any, flags: int) -> str:  # noqa: ANN401 - what Python's parser gives
    if code in _BEYOND:
        raise _beyond(_BEYOND[code])
    return _PARTS[code](given, flags)


def _any(_: None, flags: int) -> str:
    return "(?s:.)" if flags & re.DOTALL else r"[^\n]"


def _literal(given: int, flags: int) -> str:
    return _set([(codes.LITERAL, given)], flags)


def _other(given: int, flags: int) -> str:
    return _set([(codes.NEGATE, None), (codes.LITERAL, given)], flags)


def _branches(given: tuple[None, Sequence[Any]], flags: int) -> str:
    return f"(?:{'|'.join(_sequence(each, flags) for each in given[1])})"


def _group(given: tuple[int | None, int, int, Any], flags: int) -> str:
    _, added, taken, items = given
    kept = flags & ~_ALPHABETS if added & _ALPHABETS else flags
    return f"(?:{_sequence(items, (kept | added) & ~taken)})"


def _repeated(given: tuple[int, int, Any], flags: int) -> str:
    least, most, items = given
    return f"(?:{_sequence(items, flags)}){{{least},{'' if most is codes.MAXREPEAT else most}}}"


def _beyond(what: str) -> ValueError:
    return ValueError(f"must do without {what}: it is matched in linear time")


def _edge(given: object, flags: int) -> str:
    if given in _BOUNDARIES:
        raise _beyond("a word boundary")
    if flags & re.MULTILINE and given in {codes.AT_BEGINNING, codes.AT_END}:
        return "(?m:^)" if given is codes.AT_BEGINNING else "(?m:$)"
    return r"\A" if given in {codes.AT_BEGINNING, codes.AT_BEGINNING_STRING} else r"\z"


def _set(items: Sequence[tuple[Any, Any]], flags: int) -> str:
    text = f"[{''.join(_member(code, given) for code, given in items)}]"
    if flags & re.IGNORECASE or any(code is codes.CATEGORY for code, _ in items):
        text = _listed(text, flags & (re.IGNORECASE | re.ASCII))
    return re.sub(r"\\U([0-9a-f]{8})", r"\\x{\1}", text)


def _member(code: object, given: Any) -> str:  # noqa: ANN401 - as above
    if code is codes.NEGATE:
        return "^"
    if code is codes.CATEGORY:
        return _CLASSES[given]
    first, last = given if code is codes.RANGE else (given, given)
    return rf"\U{first:08x}-\U{last:08x}"


_PARTS: Final[dict[object, Callable[[Any, int], str]]] = {
    codes.ANY: _any,
    codes.AT: _edge,
    codes.BRANCH: _branches,
    codes.IN: _set,
    codes.LITERAL: _literal,
    codes.MAX_REPEAT: _repeated,
    codes.MIN_REPEAT: _repeated,
    codes.NOT_LITERAL: _other,
    codes.SUBPATTERN: _group,
}


@cache
def _listed(characters: str, flags: int) -> str:
    """A set as the ranges of all that Python's `re` matches with it."""
    runs = re.compile(f"{characters}+", flags).finditer(_alphabet())
    listed = "".join(rf"\U{run.start():08x}-\U{run.end() - 1:08x}" for run in runs)
    return f"[{listed}]" if listed else r"[^\U00000000-\U0010ffff]"


@cache
def _alphabet() -> str:
    """Every character, each at the place of its number."""
    return array("I", range(0x110000)).tobytes().decode("utf-32", "surrogatepass")
