"""`python main.py`: another door to plan and submit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli import script
from tests.cli.conftest import Stack, job

ROOT = Path(__file__).parents[2]


def test_dry_run_is_a_plan(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.jobs = [job(state="planned", mode="plan")]
    assert script.run(["--file", str(ROOT / "sample.csv"), "--dry-run"]) == 0
    assert stack.variables("startImport")["input"]["mode"] == "plan"
    assert "./foreman submit --plan" in capsys.readouterr().out


def test_submit_is_a_load(stack: Stack) -> None:
    stack.jobs = [job()]
    assert script.run(["--file", str(ROOT / "sample.csv"), "--submit", "--json"]) == 0
    assert stack.variables("startImport")["input"]["mode"] == "load"


@pytest.mark.usefixtures("no_stack")
def test_without_a_stack_a_dry_run_checks_the_file_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert script.run(["--file", str(ROOT / "samples" / "messy.csv"), "--dry-run"]) == 1
    captured = capsys.readouterr()
    assert "15 rows of 22 cannot be loaded" in captured.out
    assert "only checked" in captured.err


@pytest.mark.usefixtures("no_stack")
def test_without_a_stack_nothing_is_submitted(capsys: pytest.CaptureFixture[str]) -> None:
    assert script.run(["--file", str(ROOT / "sample.csv"), "--submit"]) == 2
    assert "stack-down" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv", [[], ["--file", "x"], ["--file", "x", "--dry-run", "--submit"], ["--dry-run"]]
)
def test_it_needs_a_file_and_one_of_the_two(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert script.run(argv) == 2
    assert capsys.readouterr().err.startswith("error (usage): ")


LAUNCHER = r"""#!/bin/sh
mkdir -p .venv/bin
printf '#!/bin/sh\necho "$@"\n' >.venv/bin/python
chmod +x .venv/bin/python
"""


def test_a_python_without_the_packages_hands_over_to_that_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_bytes((ROOT / "main.py").read_bytes())
    (tmp_path / "foreman").write_text(LAUNCHER, encoding="utf-8")
    (tmp_path / "foreman").chmod(0o700)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(tmp_path / "main.py"), "--file", "a b.csv", "--submit"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == f"{tmp_path / 'main.py'} --file a b.csv --submit\n"
