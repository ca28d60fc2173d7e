"""The best whole, as trying everything finds it."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from foreman_core.mapping.assignment import assign

tables = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda size: st.lists(
        st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.7, 0.9, 1.0]), min_size=size[1], max_size=size[1]),
        min_size=size[0],
        max_size=size[0],
    )
)


def best(scores: list[list[float]]) -> float:
    if len(scores) > len(scores[0]):
        scores = [list(column) for column in zip(*scores, strict=True)]
    choices = permutations(range(len(scores[0])), len(scores))
    return max(sum(scores[row][column] for row, column in enumerate(choice)) for choice in choices)


@given(tables)
def test_the_sum_is_the_greatest_that_there_is(scores: list[list[float]]) -> None:
    pairs = assign(scores)
    rows, columns = [row for row, _ in pairs], [column for _, column in pairs]
    assert len(set(rows)) == len(rows)
    assert len(set(columns)) == len(columns)
    assert all(scores[row][column] > 0 for row, column in pairs)
    assert abs(sum(scores[row][column] for row, column in pairs) - best(scores)) < 1e-9


def test_nothing_is_assigned_where_there_is_nothing() -> None:
    assert assign([]) == []
    assert assign([[]]) == []
    assert assign([[0.0, 0.0]]) == []


def test_a_row_gives_way_where_the_whole_gains() -> None:
    assert assign([[0.9, 0.8], [0.9, 0.0]]) == [(0, 1), (1, 0)]
