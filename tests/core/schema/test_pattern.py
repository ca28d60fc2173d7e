"""A pattern means what Python's `re` says it means, whatever the text, and never takes long to say so."""

import re
import time
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.schema.pattern import matcher
from foreman_core.validation.fast.patterns import translated

PATTERNS: Final = (
    "[A-Z]{2}-[0-9]{1,2}",
    r"\d+|\D",
    r"\w+",
    r"\W*",
    r"\s*\S+",
    r"[^\W\d_]+",
    r"[\d\-.]*",
    r"[^\s\S]|x",
    "a|b|",
    "a.b",
    "(?s)a.b",
    "(?x) a b  # as one",
    r"(?m)^a$\n^b$",
    r"\Aab\Z",
    "^ab$",
    "(a)(?P<last>b)?",
    "a*?b+?",
    "[^a]",
    "é{1,2}[à-ÿ]*",
    "(?i)kaß+|[i-j]",
    "(?i:É)x|(?i:[^a])",
    r"(?a)\w+",
    r"(?a:\w)\w(?i:K)",
)
HOSTILE: Final = (
    ("(a+)+b", "a"),
    (r"(\w+\s?)*!", "ab "),
    ("(a|a)*b", "a"),
    ("(.*.*.*.*=)*x", "="),
    ("(x+x+)+y", "x"),
    (r"(.*)(\w{1,20})-\w{1,20}[^x]{1,20}x", "é-"),
)
EXPLODED: Final = 5
"""Seconds for what takes less than 50 ms: only an explosion takes as long."""

texts = st.text("abcxAKk\u017f\u212asSßẞZéÉÿÀ12٣-_.=i\u0130\u0131j \t\n\x1c\x85\u2028\U0001f600", max_size=4)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_means_what_python_says(pattern: str) -> None:
    matches, python = matcher(pattern), re.compile(pattern).fullmatch

    @given(texts | st.text(max_size=3))
    def holds(text: str) -> None:
        assert matches(text) == (python(text) is not None)

    holds()


@pytest.mark.parametrize("set_", [r"\d", r"\w", r"\s", r"[^\W\d_]", "(?i:k)", "(?i:ß)", "[à-ÿ]"])
def test_every_character_belongs_where_python_puts_it(set_: str) -> None:
    matches, python = matcher(set_), re.compile(set_).fullmatch
    characters = [chr(code) for code in (*range(0x3000), *range(0xFB00, 0x10000), *range(0x1F000, 0x20000))]
    assert [mark for mark in characters if matches(mark)] == [mark for mark in characters if python(mark)]


@pytest.mark.parametrize(("pattern", "unit"), HOSTILE)
def test_a_hostile_cell_takes_no_longer_than_its_length(pattern: str, unit: str) -> None:
    matches, cell = matcher(pattern), unit * (1_000_000 // len(unit))
    before = time.perf_counter()
    assert not matches(cell)
    assert time.perf_counter() - before < EXPLODED


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(a)\1", "must do without a backreference"),
        ("(?i)(?P<a>x)(?P=a)", "must do without a backreference"),
        ("(?=a)b", "must do without look-ahead or look-behind"),
        ("(?<!a)b", "must do without look-ahead or look-behind"),
        ("(?!)", "must do without look-ahead or look-behind"),
        ("(?>a)b", "must do without an atomic group"),
        ("a++", "must do without a possessive repetition"),
        (r"\ba", "must do without a word boundary"),
        (r"a\B", "must do without a word boundary"),
        ("(a)?(?(1)b|c)", "must do without a condition on a group"),
        ("a{1001}", "is beyond RE2"),
        (r"(\w{0,900}x){0,900}", "is beyond RE2"),
        (r"\p{L}", "is no regular expression: bad escape"),
        ("(" * 5000 + ")" * 5000, "is no regular expression: maximum recursion"),
    ],
)
def test_what_cannot_be_matched_in_linear_time_is_named(pattern: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        matcher(pattern)


def test_the_end_is_that_of_the_value() -> None:
    """Python's `$` also lies before a last line feed, which in a pattern for whole values nobody means."""
    assert not matcher(r"a$\n?")("a\n")


def test_a_text_that_utf_8_cannot_carry_matches_nothing_it_should_not() -> None:
    assert not matcher("[a-z]+")("a\ud800")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_blocks_are_judged_by_matches_no_more(pattern: str) -> None:
    narrower = translated(pattern)
    if narrower is None:
        return
    matches, fast = matcher(pattern), re.compile(narrower.replace("$", r"\Z")).fullmatch

    @given(st.text("".join(map(chr, range(32, 127))), max_size=4) | texts)
    def holds(text: str) -> None:
        assert matches(text) or not text.isascii() or fast(text) is None

    holds()
