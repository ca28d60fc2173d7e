"""Regular expressions that say "surely right": each matches only what the exact engine accepts as it stands.

They are written for Rust's `regex` (https://docs.rs/regex/latest/regex/#syntax), which Polars uses. What they
do not match is not wrong: the exact engine decides.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any, Final

codes = import_module("re._constants")
parser = import_module("re._parser")

_ASCII_VISIBLE: Final = "!-~"
_VISIBLE: Final = (
    r"!-~\u{a1}-\u{167f}\u{1681}-\u{1fff}\u{200b}-\u{2027}\u{202a}-\u{202e}\u{2030}-\u{205e}"
    r"\u{2060}-\u{2fff}\u{3001}-\u{d7ff}\u{e000}-\u{fffc}\u{1f000}-\u{1ffff}\u{20000}-\u{2ffff}"
)
"""Every character but controls, U+FFFD and what Python takes for space. Of those beyond the basic plane only
pictures and Chinese characters: Unicode versions do not differ in how these are normalised."""


def text_pattern(*, in_ascii: bool, collapsed: bool) -> str:
    """Text without space at its ends; `collapsed`: and with single spaces inside."""
    visible = _ASCII_VISIBLE if in_ascii else _VISIBLE
    inner = f"[{visible}]*(?: [{visible}]+)*" if collapsed else f"(?:[{visible} ]*[{visible}])?"
    return f"^[{visible}]{inner}$"


_ATOM: Final = r"[A-Za-z0-9!#$%\&'*+/=?^_`{|}\~\-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
EMAIL: Final = rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9\-]*[A-Za-z0-9])$"
"""The exact engine's addresses, as long as they have at most EMAIL_BYTES: then no part of one is too long."""

EMAIL_BYTES: Final = 63

URI: Final = r"^https?://[A-Za-z0-9.\-]+(?::[0-9]+)?(?:/[A-Za-z0-9._\~/=\-]*)?$"
UUID: Final = r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"

NUMBER: Final = r"^(?:0|-?[1-9][0-9]{0,11})(?:\.[0-9]{1,3})?$"
"""At most 15 digits in all, in the one way to write them but for zeros at the end."""

INTEGER: Final = r"^(?:0|-?[1-9][0-9]{0,14})$"

_YEAR: Final = r"[12][0-9]{3}"
_MONTH_DAY: Final = {
    (
        "mm",
        "dd",
    ): r"(?:(?:0[13578]|1[02])SEP(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)SEP(?:0[1-9]|[12][0-9]|30)"
    r"|02SEP(?:0[1-9]|1[0-9]|2[0-8]))",
    (
        "dd",
        "mm",
    ): r"(?:(?:0[1-9]|[12][0-9]|3[01])SEP(?:0[13578]|1[02])|(?:0[1-9]|[12][0-9]|30)SEP(?:0[469]|11)"
    r"|(?:0[1-9]|1[0-9]|2[0-8])SEP02)",
}
_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"

DATE: Final = rf"{_YEAR}-{_MONTH_DAY['mm', 'dd'].replace('SEP', '-')}"
"""ISO 8601, without the leap days; not anchored."""

DATETIME: Final = rf"^{DATE}T{_TIME}Z$"
_DATE_FORM: Final = re.compile(r"(yyyy|mm|dd)([./\- ])(yyyy|mm|dd)\2(yyyy|mm|dd)")


def date_form(form: str) -> tuple[str, tuple[int, int, int]] | None:
    """A pattern (not anchored) for a date format such as `dd/mm/yyyy`, and where year, month and day begin.

    None for formats of another shape.
    """
    match = _DATE_FORM.fullmatch(form)
    if match is None:
        return None
    parts, mark = [match[1], match[3], match[4]], match[2]
    if parts[0] == "yyyy" and sorted(parts[1:]) == ["dd", "mm"]:
        inner, outer = (parts[1], parts[2]), "yyyySEPrest"
    elif parts[2] == "yyyy" and sorted(parts[:2]) == ["dd", "mm"]:
        inner, outer = (parts[0], parts[1]), "restSEPyyyy"
    else:
        return None
    text = outer.replace("yyyy", _YEAR).replace("rest", _MONTH_DAY[inner]).replace("SEP", re.escape(mark))
    return text, (form.index("yyyy"), form.index("mm"), form.index("dd"))


def translated(pattern: str) -> str | None:
    """A pattern of Python's `re` for Rust's `regex`, anchored at both ends, with the same meaning for ASCII
    text; None for one that uses more than literals, classes, repetition, groups and alternatives.
    """
    try:
        parsed = parser.parse(pattern)
        is_plain = parsed.state.flags == re.UNICODE
        return f"^(?:{_sequence(parsed)})$" if is_plain else None
    except _Beyond:
        return None


class _Beyond(Exception):  # noqa: N818 - not an error: the pattern goes to the exact engine
    """The pattern uses something else."""


_CLASSES: Final[dict[object, str]] = {
    codes.CATEGORY_DIGIT: "0-9",
    codes.CATEGORY_WORD: "A-Za-z0-9_",
}
_REPEATS: Final[set[object]] = {codes.MAX_REPEAT, codes.MIN_REPEAT}
_ASCII: Final = 128


def _sequence(items: Iterable[tuple[Any, Any]]) -> str:
    return "".join(_one(code, given) for code, given in items)


def _one(code: object, given: Any) -> str:  # noqa: ANN401 - what Python's parser gives
    if code in _SETS:
        return _SETS[code](given)
    if code in _REPEATS:
        least, most, items = given
        return f"(?:{_sequence(items)}){{{least},{'' if most is codes.MAXREPEAT else most}}}"
    if code is codes.SUBPATTERN and not given[1] and not given[2]:
        return f"(?:{_sequence(given[3])})"
    if code is codes.BRANCH:
        return f"(?:{'|'.join(map(_sequence, given[1]))})"
    raise _Beyond


def _set(items: Sequence[tuple[Any, Any]]) -> str:
    negated = items[0][0] is codes.NEGATE
    inner = "".join(_member(code, given) for code, given in items[negated:])
    return f"[{inner}]" if not negated else f"[^{inner}]"


def _member(code: object, given: Any) -> str:  # noqa: ANN401 - as above
    if code is codes.LITERAL:
        return _literal(given)
    if code is codes.RANGE:
        return f"{_literal(given[0])}-{_literal(given[1])}"
    if code is codes.CATEGORY and given in _CLASSES:
        return _CLASSES[given]
    raise _Beyond


def _any(_: None) -> str:
    return "[ -~]"


def _other(code: int) -> str:
    return f"[^{_literal(code)}]"


def _literal(code: int) -> str:
    if code >= _ASCII:
        raise _Beyond
    return rf"\x{code:02x}"


_SETS: Final[dict[object, Callable[[Any], str]]] = {
    codes.LITERAL: _literal,
    codes.NOT_LITERAL: _other,
    codes.ANY: _any,
    codes.IN: _set,
}
