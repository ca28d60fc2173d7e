"""How much a header looks like the name of a field: word by word, never letter by letter across words.

A wrong match costs more than a missing one. So every word of a header that the field has no use for counts
against it: `company name` is no `last name`, and `email opt-in` no `email`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from foreman_core.schema import Field, RecordSchema

_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_HUMP: Final = re.compile(r"(?<=[a-zà-ÿ0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_SHORT: Final[Mapping[str, str]] = {
    "nr": "number", "no": "number", "num": "number", "nbr": "number", "nummer": "number", "numero": "number",
    "numer": "number", "cust": "customer", "cstmr": "customer", "cli": "client", "acct": "account",
    "acc": "account", "tel": "telephone", "telefon": "telephone", "telefono": "telephone", "ph": "phone",
    "fon": "phone", "mob": "mobile", "mobil": "mobile", "mobiltelefon": "mobile", "addr": "address",
    "adr": "address", "adress": "address", "adresse": "address", "adresa": "address", "dt": "date",
    "datum": "date", "fecha": "date", "data": "date", "ctry": "country", "cntry": "country", "rev": "revenue",
    "ann": "annual", "yr": "yearly", "pcode": "postcode", "zipcode": "zip", "ident": "id", "identifier": "id",
    "identificador": "id", "fst": "first", "frst": "first", "lst": "last", "nm": "name", "code": "code",
    "reg": "registration", "sub": "subscription", "subscr": "subscription", "ids": "id", "cd": "code",
}  # fmt: skip
"""Abbreviations, and words that languages share with a twist."""

_IDLE: Final = frozenset([
    "the", "a", "an", "of", "for", "in", "to", "your", "my", "our", "please", "enter", "de", "del", "della",
    "dei", "di", "da", "do", "la", "le", "les", "el", "los", "du", "des", "der", "die", "das", "den", "dem",
    "von", "vom", "und", "and", "van", "het", "een", "og", "av", "am", "pro", "per", "list", "iso", "eur",
    "usd", "gbp", "chf", "dd", "tt", "mm", "yy", "yyyy", "jjjj", "aaaa",
])  # fmt: skip
"""Words that say nothing."""

_SETTING: Final = frozenset([
    "customer", "customers", "client", "clients", "kunde", "kunden", "kundin", "cliente", "clientes", "klant",
    "contact", "contacts", "kontakt", "user", "person", "personal", "main", "primary", "haupt", "principal",
    "current", "aktuell", "aktuelle", "aktueller", "value", "field", "text", "column", "required",
    "mandatory", "optional", "pflichtfeld",
])  # fmt: skip
"""Words that name the record or the form rather than one of its values: with them a header means the same."""

_SAME: Final = 0.88
"""Similarity from which on two long words are one with a typing error, or its plural."""

_LONG: Final = 6

NAME_LIMIT: Final = 256
"""Characters of the longest header that may be like a field. To take a word apart takes time in the square of
its length, and nobody names a column with so many."""

_SETTING_WEIGHT: Final = 0.1
_OWN_WEIGHT: Final = 0.15
"""Weight of a word that the field uses elsewhere: `mobile phone` is both `mobile` and `phone`."""


class Vocabulary:
    """The words of a schema's fields."""

    def __init__(self, schema: RecordSchema) -> None:
        spellings = {field.name: _spellings(field) for field in schema.fields}
        known = {word for texts in spellings.values() for text in texts for word in _split(text)}
        self._known = frozenset({word for word in known if len(word) > 2} | _SETTING | set(_SHORT))  # noqa: PLR2004
        self._names = {
            name: list(dict.fromkeys(self.words(text) for text in texts)) for name, texts in spellings.items()
        }
        self._own = {
            name: frozenset(word for each in names for word in each) for name, names in self._names.items()
        }

    def words(self, header: str) -> tuple[str, ...]:
        """The words of a header: without accents, compounds of known words taken apart, short forms written
        out. None for what is longer than a name.
        """
        if len(header) > NAME_LIMIT:
            return ()
        parts = (part for word in _split(header) for part in self._parts(word))
        words = [_SHORT.get(part, part) for part in parts if part not in _IDLE]
        return tuple(words)

    def score(self, words: Sequence[str], field: str) -> float:
        """How much a header of these words looks like a field: 0 to 1."""
        own = self._own[field]
        return max((_alike(words, name, own) for name in self._names[field]), default=0.0)

    def _parts(self, word: str) -> list[str]:
        """A compound as the known words that it is made of; any other word as it is."""
        if word in self._known or len(word) < _LONG:
            return [word]
        for end in range(len(word) - 2, 2, -1):
            if word[:end] in self._known:
                rest = self._parts(word[end:])
                if all(part in self._known for part in rest):
                    return [word[:end], *rest]
        return [word]


def _spellings(field: Field) -> list[str]:
    return [field.name, *([field.title] if field.title else []), *field.aliases]


def _split(header: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", _HUMP.sub(" ", unicodedata.normalize("NFKC", header)))
    plain = (
        "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold().replace("ł", "l")
    )
    words = _WORD.findall(plain.replace("#", " number "))
    joined: list[str] = []
    for word in words:
        if word == "mail" and joined and joined[-1] == "e":
            joined[-1] = "email"
        else:
            joined.append(word)
    return [word for word in joined if len(word) > 1 or word.isdigit()]


def _alike(words: Sequence[str], name: Sequence[str], own: frozenset[str]) -> float:
    """The harmonic mean of how much of the header the name explains, and how much of the name is there."""
    if not words or not name:
        return 0.0
    matched = [_best(word, name) for word in words]
    weights = [_weight(word, best, own, name) for word, best in zip(words, matched, strict=True)]
    explained = sum(weight * best for weight, best in zip(weights, matched, strict=True)) / sum(weights)
    needed = [_need(word, words) for word in name]
    found = sum(need * _best(word, words) for need, word in zip(needed, name, strict=True)) / sum(needed)
    return 2 * explained * found / (explained + found) if explained and found else 0.0


def _weight(word: str, best: float, own: frozenset[str], name: Sequence[str]) -> float:
    if best:
        return 1.0
    if word in _SETTING and not _SETTING.intersection(name):
        return _SETTING_WEIGHT
    return _OWN_WEIGHT if word in own and word not in _SETTING else 1.0


def _need(word: str, words: Sequence[str]) -> float:
    """How much a name needs one of its words: `customer` less than others."""
    return 0.5 if word in _SETTING and word not in words else 1.0


def _best(word: str, among: Iterable[str]) -> float:
    return max((_same(word, other) for other in among), default=0.0)


@cache
def _ratio() -> Callable[[str, str], float]:
    from rapidfuzz.distance import OSA  # noqa: PLC0415 - only headers that are not known by name need it

    return OSA.normalized_similarity


def _same(word: str, other: str) -> float:
    if word == other or (word.rstrip("s") == other.rstrip("s") and len(word) > 3):  # noqa: PLR2004 - a plural
        return 1.0
    if min(len(word), len(other)) < _LONG:
        return 0.0
    ratio = _ratio()(word, other)
    return ratio if ratio >= _SAME else 0.0
