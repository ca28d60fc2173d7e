"""A language says of numbers that begin alike what the pattern says of each."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.validation.fast.digits import Language

_DIGITS = "0123456789"

atoms = st.sampled_from(["0", "7", r"\d", "[13-5]", "[2-9]", "(?:12|3)", "(?:[0-4]|5[67])"])
parts = st.tuples(atoms, st.sampled_from(["", "?", "{2}", "{1,3}"])).map("".join)
patterns = st.lists(st.lists(parts, min_size=1, max_size=3).map("".join), min_size=1, max_size=3).map(
    "|".join
)


@given(patterns, st.text(_DIGITS, max_size=3), st.integers(0, 3))
def test_has_says_what_the_pattern_says_of_every_number(pattern: str, head: str, rest: int) -> None:
    matched = {
        re.fullmatch(pattern, f"{head}{''.join(tail)}") is not None
        for tail in itertools.product(_DIGITS, repeat=rest)
    }
    assert Language(pattern).has(head, rest) == (matched.pop() if len(matched) == 1 else None)


@given(patterns, st.text(_DIGITS, max_size=3), st.integers(0, 3))
def test_alike_means_the_same_match_whatever_follows(pattern: str, head: str, rest: int) -> None:
    if not Language(pattern).is_alike(head, rest):
        return
    numbers = (f"{head}{''.join(tail)}" for tail in itertools.product(_DIGITS, repeat=rest))
    ends = {match.end() if (match := re.match(pattern, number)) else None for number in numbers}
    assert len(ends) == 1


@pytest.mark.parametrize("pattern", ["1*", "1+", "a(?=b)", r"(1)\1", r"\s"])
def test_a_pattern_of_another_kind_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        Language(pattern)
