"""`foreman check`: files judged offline."""

import csv
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Foreman

ROOT = Path(__file__).parents[2]
HEADER = "customer_id,first_name,last_name,email,country,signup_date,plan\n"
GOOD = "C-1,Ada,Lovelace,ada@example.com,GB,2024-01-31,pro\n"
BAD = "C-2,Bob,Baker,nobody,GB,2024-01-31,pro\n"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write(tmp_path / "good.csv", HEADER + GOOD)


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    return write(tmp_path / "mixed.csv", HEADER + GOOD + BAD)


@pytest.fixture
def unusable(tmp_path: Path) -> Path:
    return write(tmp_path / "other.csv", "sku,quantity\nA,1\n")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_clean_file_ends_with_0(foreman: Foreman, good: Path) -> None:
    done = foreman("check", str(good))
    assert (done.code, done.err) == (0, "")
    assert "every row can be loaded" in done.out
    assert f"./foreman submit {good}" in done.out


def test_rejected_rows_end_with_1_and_are_named_with_their_reason(foreman: Foreman, mixed: Path) -> None:
    done = foreman("check", str(mixed))
    assert done.code == 1
    (issue,) = [line.split() for line in done.out.splitlines() if "e-mail" in line]
    assert issue[:4] == ["2", "3", "email", "format"]


def test_a_file_of_another_kind_ends_with_2(foreman: Foreman, unusable: Path) -> None:
    done = foreman("check", str(unusable))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error (unmapped-required-field): ")
    assert done.err.count("\n") == 1


def test_the_json_document_is_that_of_the_contract(foreman: Foreman, mixed: Path) -> None:
    document = foreman("check", str(mixed), "--json").document
    assert list(document) == [
        "file",
        "schema",
        "mapping",
        "unmapped",
        "suggestions",
        "missing_fields",
        "rows",
        "issues",
        "sample",
    ]
    assert document["rows"] == {"read": 2, "accepted": 1, "rejected": 1, "duplicate": 0, "blank": 0}
    assert document["issues"] == {"total": 1, "by_code": {"format": 1}, "by_field": {"email": 1}}


def test_a_file_that_cannot_be_used_does_not_stop_the_others(
    foreman: Foreman, good: Path, unusable: Path
) -> None:
    done = foreman("check", str(unusable), str(good.with_name("absent.csv")), str(good), "--json")
    assert done.code == 2
    first, absent, last = done.document["files"]
    assert (first["file"]["name"], first["error"]["code"]) == ("other.csv", "unmapped-required-field")
    assert absent["error"]["code"] == "file"
    assert last["rows"]["accepted"] == 1


def test_several_files_are_shown_one_after_the_other(
    foreman: Foreman, good: Path, mixed: Path, unusable: Path
) -> None:
    done = foreman("check", str(unusable), str(good), str(mixed))
    assert done.code == 2
    assert "good.csv: every row can be loaded" in done.out
    assert "mixed.csv: 1 row of 2 cannot be loaded" in done.out
    assert "other.csv" in done.err
    assert foreman("check", str(good), str(mixed)).code == 1


def test_what_was_found_is_written_to_files(foreman: Foreman, mixed: Path, tmp_path: Path) -> None:
    issues, accepted, rejects = (tmp_path / name for name in ("i.csv", "a.jsonl", "r.csv"))
    done = foreman(
        "check", str(mixed), "--issues", str(issues), "--accepted", str(accepted), "--rejects", str(rejects)
    )
    assert done.code == 1
    with issues.open(encoding="utf-8") as file:
        assert [(row["line"], row["code"]) for row in csv.DictReader(file)] == [("3", "format")]
    (row,) = [json.loads(line) for line in accepted.read_text("utf-8").splitlines()]
    assert (row["customer_id"], row["_row"], row["_line"]) == ("C-1", 1, 2)
    with rejects.open(encoding="utf-8-sig") as file:
        assert [(row["customer_id"], row["_line"]) for row in csv.DictReader(file)] == [("C-2", "3")]
    assert {path.name for path in tmp_path.iterdir()} == {"mixed.csv", "i.csv", "a.jsonl", "r.csv"}
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    assert f"wrote {rejects}" in done.out


def test_corrected_rejects_are_a_file_again(foreman: Foreman, mixed: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    foreman("check", str(mixed), "--rejects", str(rejects))
    write(rejects, rejects.read_text("utf-8").replace("nobody", "bob@example.com"))
    assert foreman("check", str(rejects)).code == 0


def test_a_file_that_cannot_be_used_leaves_the_outputs_as_they_were(
    foreman: Foreman, unusable: Path, tmp_path: Path
) -> None:
    kept = write(tmp_path / "rejects.csv", "of last time")
    assert foreman("check", str(unusable), "--rejects", str(kept)).code == 2
    assert kept.read_text("utf-8") == "of last time"
    assert {path.name for path in tmp_path.iterdir()} == {"other.csv", "rejects.csv"}


@pytest.mark.parametrize("how", ["same", "symlink", "hardlink"])
def test_an_input_is_never_written_over(foreman: Foreman, mixed: Path, tmp_path: Path, how: str) -> None:
    output = mixed if how == "same" else tmp_path / "alias.csv"
    if how == "symlink":
        output.symlink_to(mixed)
    if how == "hardlink":
        output.hardlink_to(mixed)
    done = foreman("check", str(mixed), "--rejects", str(output))
    assert (done.code, done.err.partition(":")[0]) == (2, "error (output)")
    assert mixed.read_text("utf-8") == HEADER + GOOD + BAD


def test_two_outputs_are_two_files(foreman: Foreman, mixed: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert "two outputs" in foreman("check", str(mixed), "--rejects", out, "--issues", out).err


@pytest.mark.parametrize("output", ["/dev/null", "nowhere/out.csv", "."])
def test_what_is_no_file_is_not_replaced(foreman: Foreman, mixed: Path, output: str) -> None:
    done = foreman("check", str(mixed), "--issues", output)
    assert (done.code, done.err.partition(":")[0]) == (2, "error (output)")


def test_outputs_belong_to_one_file(foreman: Foreman, good: Path, mixed: Path, tmp_path: Path) -> None:
    done = foreman("check", str(good), str(mixed), "--rejects", str(tmp_path / "r.csv"))
    assert (done.code, done.err.partition(":")[0]) == (2, "error (usage)")


def test_columns_are_named_by_a_mapping_file(foreman: Foreman, tmp_path: Path) -> None:
    file = write(
        tmp_path / "x.csv", HEADER.replace("email", "contact").replace(",", ";") + GOOD.replace(",", ";")
    )
    mapping = write(tmp_path / "m.yaml", "contact: email\n")
    document = foreman("check", str(file), "--mapping", str(mapping), "--delimiter", ";", "--json").document
    assert document["rows"]["accepted"] == 1
    assert {"column": "contact", "field": "email", "how": "given", "score": 1.0} in document["mapping"]


def test_a_tab_can_be_named(foreman: Foreman, tmp_path: Path) -> None:
    file = write(tmp_path / "x.txt", (HEADER + GOOD).replace(",", "\t"))
    assert foreman("check", str(file), "--delimiter", "tab", "--json").document["file"]["delimiter"] == "\t"


def test_control_characters_of_a_file_do_not_reach_the_terminal(foreman: Foreman, tmp_path: Path) -> None:
    row = GOOD.replace("Ada", "A\x1b[2Jda").rstrip() + ",x\n"
    file = write(tmp_path / "e\x1b[31mvil.csv", HEADER.rstrip() + ",no\x1b]0;te\x07\n" + row)
    for asked in ([], ["--delimiter", ";"]):
        done = foreman("check", str(file), *asked)
        assert "\x1b" not in done.out + done.err
        assert "\x07" not in done.out + done.err
        assert "\\x1b" in done.out + done.err


def test_an_unknown_schema_is_one_line(foreman: Foreman, good: Path) -> None:
    done = foreman("check", str(good), "--schema", "nonsense", "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "unknown-schema")


def test_as_json_it_loads_neither_screens_nor_clients(good: Path) -> None:
    code = (
        "import sys; from cli.main import run; code = run(['check', '--json', sys.argv[1]]);"
        "print([name for name in ('rich', 'boto3', 'botocore', 'pulumi', 'local', 'gql', 'requests')"
        " if name in sys.modules], code, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(good)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == "[] 0\n"
    assert json.loads(done.stdout)["rows"]["accepted"] == 1
