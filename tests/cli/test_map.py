"""`map`: shown, corrected, written, used."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Foreman, Stack

ROWS = (
    "Ref,Vorname,Nachname,Contact E-Mail,Land,Kunde seit,Tarif,plan_name\n"
    "1,Ada,Byron,ada@example.com,GB,2024-01-31,Gratis,x\n"
    "2,Joan,Clarke,joan@example.com,GB,2024-01-31,pro,y\n"
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(ROWS, "utf-8")
    return path


def test_the_columns_are_shown_with_how_sure_it_is(foreman: Foreman, export: Path) -> None:
    done = foreman("map", str(export))
    assert done.code == 1
    assert "no column for customer_id, which is required" in done.out
    assert re.search(r"Contact E-Mail +email +fuzzy +0\.9\d", done.out)
    assert re.search(r"plan_name +left out", done.out)
    assert "ada@example.com" not in done.out
    assert "'Gratis'" in done.out
    assert "--value 'plan:Gratis=free'" in done.out


def test_cells_are_shown_when_asked_for(foreman: Foreman, export: Path) -> None:
    assert "ada@example.com" in foreman("map", str(export), "--show-values").out


def test_a_correction_is_written_and_used(foreman: Foreman, export: Path) -> None:
    output = export.with_name("columns.yaml")
    done = foreman(
        "map", str(export), "--set", "Ref=customer_id", "--ignore", "plan_name",
        "--value", "plan:Gratis=free", "-o", str(output), "--json",
    )  # fmt: skip
    assert done.code == 0
    assert done.document["missing_required"] == []
    assert done.document["values"] == {"plan": {"Gratis": "free"}}
    checked = foreman("check", str(export), "--mapping", str(output), "--json")
    assert checked.code == 0
    assert checked.document["rows"]["accepted"] == 2
    assert {match["how"] for match in checked.document["mapping"]} == {"given"}


def test_a_folder_remembers(foreman: Foreman, export: Path) -> None:
    folder = export.with_name("mappings")
    folder.mkdir()
    fixed = ("--set", "Ref=customer_id", "--value", "plan:Gratis=free", "-o", str(folder))
    assert foreman("map", str(export), *fixed).code == 0
    again = export.with_name("again.csv")
    again.write_text(ROWS.replace("Contact E-Mail", "CONTACT E-MAIL"), "utf-8")
    checked = foreman("check", str(again), "--mapping", str(folder), "--json")
    assert checked.code == 0
    assert "remembered" in {match["how"] for match in checked.document["mapping"]}
    assert foreman("check", str(again), "--json").code == 2


DECIDED = ("--set", "Ref=customer_id", "--ignore", "plan_name", "--value", "plan:Gratis=free")


def test_the_stack_remembers_the_whole_decision(foreman: Foreman, stack: Stack, export: Path) -> None:
    done = foreman("map", str(export), *DECIDED, "--remember")
    assert done.code == 0
    assert "Stack local remembers this" in done.err
    assert json.loads(stack.variables("rememberMapping")["mapping"]) == {
        "header": ROWS.splitlines()[0].split(","),
        "columns": {
            "Ref": "customer_id",
            "Vorname": "first_name",
            "Nachname": "last_name",
            "Contact E-Mail": "email",
            "Land": "country",
            "Kunde seit": "signup_date",
            "Tarif": "plan",
            "plan_name": None,
        },
        "values": {"plan": {"Gratis": "free"}},
    }


def test_what_is_not_whole_is_not_remembered(foreman: Foreman, stack: Stack, export: Path) -> None:
    done = foreman("map", str(export), "--remember")
    assert done.code == 1
    assert "Nothing is remembered: there is no column for customer_id yet." in done.err
    assert foreman("map", str(export), "--remember", "--json").document["remembered"] is False
    assert not stack.asked


def test_columns_without_names_are_not_remembered(foreman: Foreman, stack: Stack, export: Path) -> None:
    done = foreman("map", str(export), "--remember", "--no-header")
    assert (done.code, done.err.partition(":")[0]) == (2, "error (usage)")
    assert not stack.asked


@pytest.mark.usefixtures("no_stack")
def test_without_remember_no_stack_is_needed(foreman: Foreman, export: Path) -> None:
    assert foreman("map", str(export), *DECIDED).code == 0
    assert foreman("map", str(export), *DECIDED, "--remember").code == 2


@pytest.mark.parametrize("option", [("--set", "email"), ("--set", "=email"), ("--value", "free=x")])
def test_an_option_that_says_nothing_is_refused(
    foreman: Foreman, export: Path, option: tuple[str, str]
) -> None:
    done = foreman("map", str(export), *option)
    assert done.code == 2
    assert "must be written as" in done.err
