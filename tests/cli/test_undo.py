"""`undo`, and the plans that `plan` and `undo` write down."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.conftest import EARLIER, JOB_ID, Foreman, Stack, job

ROWS: list[dict[str, Any]] = [
    {
        "row": 1,
        "line": 2,
        "id": "C-1",
        "disposition": "update",
        "expected_version": 3,
        "before": {"phone": "+491", "tags": ["a"]},
        "after": {"customer_id": "C-1", "tags": ["a", "b"]},
    },
    {"row": 2, "line": 3, "id": "C-2", "disposition": "create", "after": {"customer_id": "C-2"}},
    {"row": 3, "line": 4, "id": "C-3", "disposition": "unchanged", "expected_version": 1},
    {"row": 4, "line": 5, "id": "C-4", "disposition": "unchanged", "why": "deleted"},
    {
        "row": 5,
        "line": 6,
        "id": "C-5",
        "disposition": "update",
        "before": {"plan": "pro"},
        "after": {"plan": "free"},
        "kept": ["email"],
        "why": "edited",
    },
]
WRITTEN = [
    ["row", "line", "id", "disposition", "field", "before", "after", "why"],
    ["1", "2", "C-1", "update", "phone", "'+491", "", ""],
    ["1", "2", "C-1", "update", "tags", '["a"]', '["a", "b"]', ""],
    ["2", "3", "C-2", "create", "customer_id", "", "C-2", ""],
    ["3", "4", "C-3", "unchanged", "", "", "", ""],
    ["4", "5", "C-4", "kept", "", "", "", "deleted"],
    ["5", "6", "C-5", "update", "plan", "pro", "free", ""],
    ["5", "6", "C-5", "kept", "email", "", "", "edited"],
]


def undoing(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - as GraphQL has it
    return job(mode="undo", undoes=EARLIER, **changed)


def hold_plan(stack: Stack, *, sha256: str | None = None) -> None:
    """Put a sealed plan of one chunk into the bucket."""
    lines = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in ROWS)
    chunk = {
        "index": 0,
        "key": f"jobs/{JOB_ID}/plan/x.jsonl",
        "sha256": sha256 or hashlib.sha256(lines).hexdigest(),
    }
    stack.objects[f"intake/{chunk['key']}"] = lines
    stack.objects[f"intake/jobs/{JOB_ID}/plan.json"] = json.dumps({"chunks": [chunk]}).encode()


def test_undo_asks_for_it_and_follows_the_job_that_does_it(foreman: Foreman, stack: Stack) -> None:
    counts = {"read": 3, "deleted": 1, "updated": 2}
    stack.jobs = [undoing(state="loading"), undoing(counts=counts)]
    done = foreman("undo", EARLIER)
    assert done.code == 0
    assert stack.variables("undoJob") == {"id": EARLIER, "dry_run": False}
    assert "undo of sample.csv: succeeded" in done.out
    assert "3 read = 2 updated + 1 deleted" in done.out
    assert f"./foreman undo {JOB_ID}    undo the undo" in done.out


def test_what_is_kept_is_shown_and_told_by_the_exit_code(foreman: Foreman, stack: Stack) -> None:
    hold_plan(stack)
    counts = {"read": 5, "kept": 2, "updated": 1, "unchanged": 2}
    stack.jobs = [undoing(state="partially_succeeded", plan_id="cd" * 32, counts=counts)]
    done = foreman("undo", EARLIER)
    assert done.code == 1
    assert "5 read = 1 updated + 2 unchanged + 2 kept" in done.out
    assert [line.split() for line in done.out.splitlines() if line.lstrip().startswith(("4 ", "5 "))][1:] == [
        ["4", "5", "C-4", "deleted", "since"],
        ["5", "6", "C-5", "email", "edited", "since"],
    ]
    assert "rejects" not in done.out
    assert foreman("undo", EARLIER, "--json").document["kept"] == [
        {"row": 4, "line": 5, "id": "C-4", "field": None, "why": "deleted"},
        {"row": 5, "line": 6, "id": "C-5", "field": "email", "why": "edited"},
    ]


def test_a_row_that_was_planned_again_is_shown_as_it_was_then(foreman: Foreman, stack: Stack) -> None:
    hold_plan(stack)
    lines = orjson.dumps({"row": 2, "line": 3, "id": "C-2", "disposition": "unchanged", "why": "recreated"})
    sealed = {"index": 0, "key": "again.jsonl", "sha256": hashlib.sha256(lines).hexdigest()}
    stack.objects["intake/again.jsonl"] = lines
    stack.objects[f"intake/jobs/{JOB_ID}/report.json"] = json.dumps({"replanned": [sealed]}).encode()
    stack.jobs = [undoing(plan_id="cd" * 32, counts={"read": 5, "kept": 3})]
    kept = foreman("undo", EARLIER, "--json").document["kept"]
    assert [(each["id"], each["why"]) for each in kept][:2] == [("C-2", "recreated"), ("C-4", "deleted")]


def test_a_dry_run_says_what_would_be_done_and_how_to_do_it(foreman: Foreman, stack: Stack) -> None:
    counts = {"read": 3, "deleted": 1, "updated": 1, "kept": 1}
    changed = '{"email": 2, "phone": 1}'
    hold_plan(stack)
    stack.jobs = [undoing(state="planned", dry_run=True, counts=counts, changes_by_field=changed)]
    done = foreman("undo", EARLIER, "--dry-run")
    assert done.code == 1
    assert stack.variables("undoJob") == {"id": EARLIER, "dry_run": True}
    assert "3 read = 1 to be updated + 1 to be deleted + 1 to be kept" in done.out
    assert f"./foreman undo {EARLIER}    do exactly this" in done.out
    told = [line.split() for line in done.out.splitlines()]
    assert [line for line in told if line and line[0] in {"email", "phone"}] == [
        ["email", "2"],
        ["phone", "1"],
    ]


def test_a_plan_tells_how_many_rows_change_which_field(
    foreman: Foreman, stack: Stack, tmp_path: Path
) -> None:
    file = tmp_path / "sample.csv"
    file.write_bytes(b"customer_id\nC-1\n")
    stack.jobs = [job(state="planned", mode="plan", changes_by_field='{"email": 2}')]
    assert foreman("plan", str(file), "--json").document["changes_by_field"] == {"email": 2}


@pytest.mark.parametrize("command", ["plan", "undo"])
def test_a_plan_is_written_with_a_line_per_row_and_field(
    foreman: Foreman, stack: Stack, tmp_path: Path, command: str
) -> None:
    file, out = tmp_path / "sample.csv", tmp_path / "plan.csv"
    file.write_bytes(b"customer_id\nC-1\n")
    hold_plan(stack)
    stack.jobs = [job(state="planned", mode="plan", plan_id="cd" * 32)]
    assert foreman(command, str(file), "-o", str(out)).code == 0
    with out.open(encoding="utf-8-sig", newline="") as lines:
        assert list(csv.reader(lines)) == WRITTEN


def test_a_plan_that_was_changed_after_it_was_sealed_is_not_written(
    foreman: Foreman, stack: Stack, tmp_path: Path
) -> None:
    hold_plan(stack, sha256="00" * 32)
    stack.jobs = [undoing(plan_id="cd" * 32)]
    done = foreman("undo", EARLIER, "-o", str(tmp_path / "plan.csv"))
    assert done.code == 3
    assert not (tmp_path / "plan.csv").exists()


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_asked(
    foreman: Foreman, stack: Stack, tmp_path: Path
) -> None:
    done = foreman("undo", EARLIER, "-o", str(tmp_path / "nowhere" / "plan.csv"))
    assert (done.code, stack.asked) == (2, [])
