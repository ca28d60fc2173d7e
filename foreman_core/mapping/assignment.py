"""The assignment problem: who gets what, so that the whole is best."""

from collections.abc import Sequence
from typing import Final

_NOBODY: Final = -1


def assign(scores: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """For a table of scores, pairs (row, column), each row and column in at most one, of the greatest sum.
    Pairs that score 0 are left out. Takes rows² times columns steps, for the fewer of the two
    as rows.

    By successive shortest augmenting paths with potentials, as Kuhn and Munkres do:
    https://doi.org/10.1002/nav.3800020109
    """
    if not scores or not scores[0]:
        return []
    if len(scores) > len(scores[0]):
        turned = [list(column) for column in zip(*scores, strict=True)]
        return sorted((row, column) for column, row in assign(turned))
    width = len(scores[0])
    of_row, of_column = [0.0] * len(scores), [0.0] * (width + 1)
    owner = [_NOBODY] * (width + 1)  # the last column is where each search starts
    for row in range(len(scores)):
        _take_in(row, scores, of_row, of_column, owner)
    return sorted(
        (row, column)
        for column, row in enumerate(owner[:width])
        if row != _NOBODY and scores[row][column] > 0
    )


def _take_in(
    new: int,
    scores: Sequence[Sequence[float]],
    of_row: list[float],
    of_column: list[float],
    owner: list[int],
) -> None:
    """Give one more row a column, moving others where that is best."""
    width = len(owner) - 1
    least, before, done = [float("inf")] * width, [width] * width, [False] * (width + 1)
    owner[width], at = new, width
    while owner[at] != _NOBODY:
        done[at], row = True, owner[at]
        step, nearest = float("inf"), width
        for column in range(width):
            if done[column]:
                continue
            cost = -scores[row][column] - of_row[row] - of_column[column]
            if cost < least[column]:
                least[column], before[column] = cost, at
            if least[column] < step:
                step, nearest = least[column], column
        for column in range(width + 1):
            if done[column]:
                of_row[owner[column]] += step
                of_column[column] -= step
            elif column < width:
                least[column] -= step
        at = nearest
    while at != width:
        owner[at], at = owner[before[at]], before[at]
    owner[width] = _NOBODY
