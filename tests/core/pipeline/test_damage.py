"""Damage stays local: one damaged row costs that row, wherever it stands and whatever its damage."""

import io
from collections.abc import Mapping
from typing import Any, Final

import pytest

from foreman_core.models import Issue
from foreman_core.pipeline.check import check
from foreman_core.schema import find_schema
from tests._accepted import Accepted
from tests._damage import KINDS, PLACES, Damaged, damaged

SEEDS: Final = 20
CUSTOMER: Final = find_schema("customer")
REPAIRED: Final = {"other_line_end"}
NO_ROW: Final = {"blank"}


def judged(file: Damaged) -> tuple[list[dict[str, Any]], list[Issue]]:
    accepted, issues = Accepted(), list[Issue]()
    report = check(
        io.BytesIO(file.content), name="a.csv", schema=CUSTOMER, on_accepted=accepted, on_issue=issues.append
    )
    counts = report.counts
    assert counts.read == counts.accepted + counts.rejected + counts.duplicate + counts.blank
    return accepted.rows, issues


def as_meant(row: Mapping[str, Any]) -> dict[str, str]:
    """An accepted row as the file was meant to say it."""
    values = {name: value for name, value in row.items() if not name.startswith("_")}
    if "tags" in values:
        values["tags"] = ";".join(values["tags"])
    return {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in values.items()}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_one_damaged_row_costs_that_row_only(kind: str, place: str) -> None:
    for seed in range(SEEDS):
        file = damaged(kind, place, seed)
        rows, issues = judged(file)
        told = f"{kind} {place} {seed}: {file.content!r}"
        meant = [{name: value for name, value in row.items() if value} for row in file.rows]
        others = [row for index, row in enumerate(meant) if index != file.place]
        found = [as_meant(row) for row in rows]
        assert [row for row in found if row != meant[file.place]] == others, told
        first, last = file.lines
        assert all(first <= issue.line <= last for issue in issues), told
        is_whole = meant[file.place] in found
        assert is_whole or issues or kind in NO_ROW, told
        assert is_whole or kind not in REPAIRED, told
