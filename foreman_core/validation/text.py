"""Text as every part on its way can carry it, and its normalising."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from foreman_core.schema.model import Normaliser
from foreman_core.validation.fault import Fault

# C0 without tab, line feed and carriage return; DEL and C1, which are the sign of a wrong encoding;
# surrogates, which UTF-8 cannot carry (and DynamoDB's strings are UTF-8)
_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
LOST: Final = "\ufffd"

_MOST_ROUNDS: Final = 8

_CASES: Final[dict[Normaliser, Callable[[str], str]]] = {
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
}


def unfaithful(text: str) -> Fault | None:
    """Why this text cannot be stored as it is: control characters, surrogates, a replacement character."""
    if LOST not in text and text.isprintable():
        return None
    found = _UNFIT.search(text)
    if found:
        return Fault("format", f"has a control character (U+{ord(found[0]):04X}): delete it")
    if LOST in text:
        return Fault(
            "encoding",
            "has the character U+FFFD, which stands where an earlier conversion lost one: put it back",
        )
    return None


def normaliser(steps: Sequence[Normaliser]) -> Callable[[str], str]:
    """One function for all steps: normalisation form, then case, then space, however they are listed.

    What it gives back, it gives back again. One pass does not always do that beyond ASCII: once a letter and
    its accent are composed, `title` sees other words.
    """
    case = next((_CASES[step] for step in steps if step in _CASES), None)
    space = _collapse if "collapse-space" in steps else str.strip if "trim" in steps else None
    in_ascii = _chain(case, space)
    once = _chain(_nfc if "nfc" in steps else None, case, space)

    def normalise(text: str) -> str:
        if text.isascii():
            return in_ascii(text)
        for _ in range(_MOST_ROUNDS):
            previous, text = text, once(text)
            if previous == text:
                break
        return text

    return normalise


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _collapse(text: str) -> str:
    return " ".join(text.split())


def _chain(*functions: Callable[[str], str] | None) -> Callable[[str], str]:
    match [function for function in functions if function is not None]:
        case []:
            return str
        case [only]:
            return only
        case [first, second]:
            return lambda text: second(first(text))
        case [first, *others]:
            rest = _chain(*others)
            return lambda text: rest(first(text))
        case _:
            raise AssertionError
