"""`plan`, `submit` and `drop`: a file on its way, and what the shell learns of it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from foreman_core.identity import job_id
from tests.cli.conftest import API_KEY, EARLIER, JOB_ID, Foreman, Stack, duplicate, job

CONTENT = b"customer_id\nC-1\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sample.csv"
    path.write_bytes(CONTENT)
    return path


def test_submit_sends_the_file_and_follows_its_job_to_the_end(
    foreman: Foreman, stack: Stack, file: Path
) -> None:
    stack.jobs = [None, job(state="validating"), job(state="loading"), job(counts={"read": 1, "created": 1})]
    done = foreman("submit", str(file))
    assert done.code == 0
    assert "sample.csv: succeeded in 2.5 s" in done.out
    assert "1 read = 1 created" in done.out
    assert stack.objects == {f"intake/submitted/{SHA256}/sample.csv": CONTENT}
    assert stack.variables("startImport") == {
        "input": {
            "key": f"submitted/{SHA256}/sample.csv",
            "version_id": "v1",
            "name": "sample.csv",
            "mode": "load",
            "again": False,
            "options": {
                "encoding": None,
                "delimiter": None,
                "sheet": None,
                "header": True,
                "mapping": None,
            },
        }
    }
    assert set(stack.keys) == {API_KEY}
    assert API_KEY not in done.out + done.err


def test_progress_is_told_on_stderr_as_lines_when_there_is_no_terminal(
    foreman: Foreman, stack: Stack, file: Path
) -> None:
    stack.jobs = [job(state="loading"), job()]
    done = foreman("submit", str(file), "--json")
    assert [line.split()[1] for line in done.err.splitlines()] == ["received", "loading"]
    assert done.document["state"] == "succeeded"


ENDINGS: list[tuple[str, dict[str, Any], int]] = [
    ("succeeded", {}, 0),
    ("partially_succeeded", {"counts": {"read": 2, "created": 1, "rejected": 1}}, 1),
    ("cancelled", {"duplicate_of": EARLIER}, 0),
    ("cancelled", {"reason": {"code": "superseded", "message": "A newer one came."}}, 2),
    ("failed", {"reason": {"code": "no-header", "message": "No header."}}, 2),
    ("failed", {"reason": {"code": "no-rows-accepted", "message": "None."}}, 2),
    ("failed", {"reason": {"code": "internal", "message": "Foreman broke."}}, 3),
    ("failed", {"reason": {"code": "load-incomplete", "message": "Rows are missing."}}, 3),
    ("failed", {}, 3),
    ("needs_review", {}, 2),
]


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_exit_code_is_the_jobs_outcome(
    foreman: Foreman, stack: Stack, file: Path, ending: tuple[str, dict[str, Any], int]
) -> None:
    state, more, code = ending
    stack.jobs = [job(state=state, **more)]
    assert foreman("submit", str(file)).code == code


def test_a_duplicate_says_so_and_names_the_earlier_job(foreman: Foreman, stack: Stack, file: Path) -> None:
    stack.jobs = [duplicate()]
    done = foreman("submit", str(file))
    assert done.code == 0
    assert "duplicate file, nothing to do" in done.out
    assert f"./foreman job {EARLIER}" in done.out


def test_again_asks_for_another_load(foreman: Foreman, stack: Stack, file: Path) -> None:
    stack.jobs = [job()]
    foreman("submit", str(file), "--again")
    assert stack.variables("startImport")["input"]["again"] is True


def test_an_account_that_does_not_add_up_is_told(foreman: Foreman, stack: Stack, file: Path) -> None:
    stack.jobs = [job(counts={"read": 3, "created": 1, "pending": 2})]
    assert "does not balance: 2 rows without an outcome" in foreman("submit", str(file)).out


def test_plan_stops_at_the_plan_and_says_how_to_load_it(foreman: Foreman, stack: Stack, file: Path) -> None:
    stack.jobs = [
        job(state="planned", mode="plan", plan_id="cd" * 32, counts={"read": 2, "created": 1, "updated": 1})
    ]
    done = foreman("plan", str(file))
    assert done.code == 0
    assert stack.variables("startImport")["input"]["mode"] == "plan"
    assert "2 read = 1 to be created + 1 to be updated" in done.out
    assert f"./foreman submit --plan {JOB_ID}" in done.out
    assert "cd" * 32 in done.out


def test_a_plan_with_rejected_rows_ends_with_1(foreman: Foreman, stack: Stack, file: Path) -> None:
    stack.jobs = [job(state="planned", mode="plan", counts={"read": 2, "created": 1, "rejected": 1})]
    done = foreman("plan", str(file))
    assert done.code == 1
    assert f"s3://intake/jobs/{JOB_ID}/rejects.csv" in done.out


def test_submit_loads_exactly_the_plan_of_a_job(foreman: Foreman, stack: Stack) -> None:
    stack.jobs = [job(state="planned"), job(state="loading"), job()]
    assert foreman("submit", "--plan", JOB_ID).code == 0
    assert stack.variables("approvePlan") == {"id": JOB_ID}


def test_a_plan_is_found_by_its_own_id(foreman: Foreman, stack: Stack) -> None:
    stack.jobs = [job()]
    stack.listed = [job(EARLIER, plan_id="ff" * 32), job(plan_id="cd" * 32)]
    assert foreman("submit", "--plan", "cdcdcdcd").code == 0
    assert stack.variables("approvePlan") == {"id": JOB_ID}


@pytest.mark.parametrize(("named", "code"), [("ee", "not-found"), ("", "usage"), ("c", "ambiguous")])
def test_a_plan_that_is_not_one_plan_is_refused(
    foreman: Foreman, stack: Stack, named: str, code: str
) -> None:
    stack.listed = [job(EARLIER, plan_id="ca" * 32), job(plan_id="cd" * 32)]
    done = foreman("submit", "--plan", named)
    assert (done.code, done.err.partition(":")[0]) == (2, f"error ({code})")
    assert not [request for request in stack.asked if "approvePlan" in request["query"]]


@pytest.mark.parametrize("arguments", [[], ["FILE", "--plan", JOB_ID], ["--plan", JOB_ID, "--again"]])
def test_submit_takes_a_file_or_a_plan(
    foreman: Foreman, stack: Stack, file: Path, arguments: list[str]
) -> None:
    done = foreman("submit", *(str(file) if argument == "FILE" else argument for argument in arguments))
    assert (done.code, done.err.partition(":")[0]) == (2, "error (usage)")
    assert not stack.asked


def test_drop_puts_the_file_where_senders_do_and_follows_the_job_of_that_object(
    foreman: Foreman, stack: Stack, file: Path
) -> None:
    expected = job_id(bucket="intake", key="incoming/sample.csv", version_id="v1")
    stack.jobs = [None, None, job(expected)]
    done = foreman("drop", str(file))
    assert done.code == 0
    assert stack.objects == {"intake/incoming/sample.csv": CONTENT}
    assert stack.variables("job(") == {"id": expected}


@pytest.mark.parametrize("name", ["sample.CSV", "june.xlsx", "export.jsonl.gz", "export"])
def test_any_name_may_be_dropped(foreman: Foreman, stack: Stack, file: Path, name: str) -> None:
    stack.jobs = [job()]
    assert foreman("drop", str(file.rename(file.with_name(name)))).code == 0
    assert list(stack.objects) == [f"intake/incoming/{name}"]


@pytest.fixture
def columns(tmp_path: Path) -> Path:
    path = tmp_path / "columns.yaml"
    path.write_text("columns: {Größe: email, Notes: null}", "utf-8")
    return path


READING = ("--encoding", "windows-1252", "--delimiter", "tab", "--sheet", "2", "--no-header")


@pytest.mark.parametrize("command", ["plan", "submit"])
def test_how_a_file_is_read_goes_with_the_request(
    foreman: Foreman, stack: Stack, file: Path, columns: Path, command: str
) -> None:
    stack.jobs = [job(mode="plan", state="planned")]
    assert foreman(command, str(file), *READING, "--mapping", str(columns)).code == 0
    options = stack.variables("startImport")["input"]["options"]
    assert json.loads(options.pop("mapping")) == {"columns": {"Größe": "email", "Notes": None}}
    assert options == {"encoding": "windows-1252", "delimiter": "\t", "sheet": "2", "header": False}


def test_how_a_dropped_file_is_read_stands_on_the_object(
    foreman: Foreman, stack: Stack, file: Path, columns: Path
) -> None:
    stack.jobs = [job()]
    assert foreman("drop", str(file), *READING, "--mapping", str(columns)).code == 0
    assert json.loads(stack.metadata["intake/incoming/sample.csv"]) == {
        "encoding": "windows-1252",
        "delimiter": "\t",
        "sheet": "2",
        "header": False,
        "mapping": {"columns": {"Größe": "email", "Notes": None}},
    }


def test_a_dropped_file_of_which_nothing_is_said_has_no_metadata(
    foreman: Foreman, stack: Stack, file: Path
) -> None:
    stack.jobs = [job()]
    foreman("drop", str(file))
    assert stack.metadata == {}


@pytest.mark.parametrize("command", ["plan", "submit", "drop"])
def test_with_a_mapping_that_cannot_be_read_nothing_is_sent(
    foreman: Foreman, stack: Stack, file: Path, command: str
) -> None:
    wrong = file.with_name("wrong.yaml")
    wrong.write_text("columns: {a: [email]}", "utf-8")
    done = foreman(command, str(file), "--mapping", str(wrong))
    assert (done.code, done.err.partition(":")[0]) == (2, "error (bad-mapping)")
    assert (stack.objects, stack.asked) == ({}, [])


def test_a_plan_has_read_its_file_already(foreman: Foreman, stack: Stack) -> None:
    done = foreman("submit", "--plan", JOB_ID, "--sheet", "2")
    assert (done.code, done.err.partition(":")[0]) == (2, "error (usage)")
    assert not stack.asked


def test_a_question_comes_with_the_command_that_answers_it(
    foreman: Foreman, stack: Stack, file: Path
) -> None:
    command = "./foreman submit sample.csv --encoding cp1252"
    reason = {"code": "unreadable-encoding", "message": "line 2 is not utf-8", "command": command}
    stack.jobs = [job(state="needs_review", reason=reason)]
    done = foreman("submit", str(file))
    assert done.code == 2
    assert "sample.csv: needs review" in done.out
    assert done.out.splitlines()[-2:] == ["Next", f"  {command}"]


def test_a_job_that_never_appears_is_given_up(
    foreman: Foreman, stack: Stack, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.commands.load.APPEAR_SECONDS", 0.05)
    stack.jobs = [None]
    done = foreman("drop", str(file))
    assert (done.code, done.err.splitlines()[-1].partition(":")[0]) == (3, "error (no-job)")


def test_following_ends_at_its_time_out_and_the_job_goes_on(
    foreman: Foreman, stack: Stack, file: Path
) -> None:
    stack.jobs = [job(state="loading")]
    done = foreman("submit", str(file), "--timeout", "1", "--json")
    assert (done.code, done.document["error"]["code"]) == (3, "timeout")
    assert f"./foreman job {JOB_ID}" in done.err


def test_a_name_with_control_characters_cannot_steer_the_terminal(
    foreman: Foreman, stack: Stack, tmp_path: Path
) -> None:
    evil = "e\x1b]0;owned\x07vil.csv"
    (tmp_path / evil).write_bytes(CONTENT)
    source = {**job()["source"], "name": evil, "key": f"incoming/{evil}"}
    stack.jobs = [
        job(source=source, state="failed", reason={"code": "no-header", "message": f"{evil} has none."})
    ]
    done = foreman("drop", str(tmp_path / evil))
    assert "\x1b" not in done.out + done.err
    assert "\x07" not in done.out + done.err
    assert "e\\x1b]0;owned" in done.out
