"""The help: fast, in groups, with examples; and the shell's completion."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import COMMANDS, cli
from tests.cli.conftest import Foreman

ROOT = Path(__file__).parents[2]
HEAVY = ("boto3", "botocore", "pulumi", "gql", "requests", "local", "bundling", "phonenumbers")


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_the_help_lists_every_command_under_its_heading(foreman: Foreman) -> None:
    done = foreman("--help")
    assert done.code == 0
    for heading, commands in COMMANDS.items():
        assert f"─ {heading} ─" in done.out
        for name, lazy in commands.items():
            assert f"│ {name} " in done.out
            assert lazy.about in done.out


def test_the_help_loads_no_command() -> None:
    code = "import sys; from cli.main import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    loaded = set(python(code).stderr.split())
    assert "rich_click" in loaded
    assert not loaded & set(HEAVY)
    assert not [name for name in loaded if name.startswith("cli.commands.")]


@pytest.mark.parametrize("name", cli.lazy)
def test_the_help_of_a_command_ends_with_examples(foreman: Foreman, name: str) -> None:
    done = foreman(name, "--help")
    assert done.code == 0
    tail = done.out.partition("Examples:")[2]
    assert f"foreman {name}" in tail


def test_without_arguments_there_is_the_help(foreman: Foreman) -> None:
    done = foreman()
    assert (done.code, done.err) == (2, "")
    assert "Start here" in done.out


def test_the_version_is_that_of_the_project(foreman: Foreman) -> None:
    assert foreman("--version").out == "foreman 0.1.0\n"


def test_colours_are_off_when_nobody_wants_them() -> None:
    code = "from cli.main import run; run(['--help']); run(['check', 'sample.csv'])"
    assert "\x1b[" in python(code, FORCE_COLOR="1").stdout
    plain = python(code, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[3" not in plain  # neither colours (bold is none)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("foreman chec", "check"),
        ("foreman check --rej", "--rejects"),
        ("foreman package --platform x", "x86_64"),
    ],
)
def test_commands_options_and_values_are_completed(typed: str, offered: str) -> None:
    done = python(
        "from cli.main import main; main()",
        _FOREMAN_COMPLETE="bash_complete",
        COMP_WORDS=typed,
        COMP_CWORD=str(typed.count(" ")),
    )
    assert done.stdout == f"plain,{offered}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_calls_foreman(foreman: Foreman, shell: str) -> None:
    done = foreman("completion", shell)
    assert done.code == 0
    assert "_FOREMAN_COMPLETE" in done.out
