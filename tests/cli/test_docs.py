"""The command guide and the command line say the same."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest

from cli._command import LazyGroup
from cli.main import cli
from cli.script import script
from tests.cli.conftest import Foreman

GUIDE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")
COMMON = {"--json", "--debug", "--help"}


def commands() -> dict[str, click.Command]:
    """Every command by its whole name."""
    found: dict[str, click.Command] = {"main.py": script}
    for name, lazy in cli.lazy.items():
        command = lazy.load()
        if isinstance(command, LazyGroup):
            found |= {f"{name} {inner}": each.load() for inner, each in command.lazy.items()}
        else:
            found[name] = command
    return found


COMMANDS = commands()


def sections() -> dict[str, str]:
    """The text of the guide by the command that it is about."""
    found: dict[str, str] = {}
    for part in re.split(r"^#{2,3} ", GUIDE, flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        if heading.startswith("`"):
            words = heading.strip("`").split()
            found[next(name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS)] = text
    return found


SECTIONS = sections()


def options(command: click.Command) -> set[str]:
    """Every way to write an option, but those that all commands have."""
    return {
        name
        for option in command.params
        if isinstance(option, click.Option)
        for name in (*option.opts, *option.secondary_opts)
    } - COMMON


def documented_options(text: str) -> set[str]:
    rows = re.findall(r"^\| (`-[^|]*) \|", text, flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(-[-a-z]+)`", row)}


def test_every_command_has_its_place_and_every_place_its_command() -> None:
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_options_of_a_command_are_those_of_the_guide(name: str) -> None:
    assert documented_options(SECTIONS[name]) == options(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_the_guide_shows_every_example_of_the_help(name: str) -> None:
    examples = (COMMANDS[name].epilog or "").split("\n\n")[1:]
    assert examples
    for example in examples:
        assert example in SECTIONS[name]


def blocks(text: str, language: str = "") -> list[str]:
    """The code blocks in that language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [block for named, block in found if named == language]


EXAMPLES = [line.partition(" | ")[0] for block in blocks(GUIDE) for line in block.splitlines()]


@pytest.mark.parametrize("line", [line for line in EXAMPLES if line.startswith("./foreman")])
def test_an_example_of_the_guide_names_a_command_and_its_options(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    if name not in COMMANDS:
        inner = f"{name} {arguments[0]}"
        group = cli.lazy[name].load()
        assert isinstance(group, LazyGroup)
        name = inner if inner in COMMANDS else f"{name} {group.default}"
    known = options(COMMANDS[name]) | COMMON
    given = {argument for argument in arguments if argument.startswith("-")}
    assert name == "test" or given <= known


@pytest.mark.parametrize("block", blocks(GUIDE, "json"))
def test_a_document_in_the_guide_is_json(block: str) -> None:
    assert json.loads(block)


def test_the_document_of_check_has_the_keys_that_the_guide_shows(foreman: Foreman) -> None:
    shown = json.loads(blocks(SECTIONS["check"], "json")[0])
    printed = foreman("check", str(Path(__file__).parents[2] / "samples" / "messy.csv"), "--json").document
    assert {name: type(value) for name, value in shown.items()} == {
        name: type(value) for name, value in printed.items()
    }
    for name in ("file", "rows", "issues", "schema"):
        assert list(shown[name]) == list(printed[name])
    assert shown["rows"] == printed["rows"]
    assert shown["issues"]["total"] == printed["issues"]["total"]
    assert list(shown["sample"][0]) == list(printed["sample"][0])


@pytest.mark.parametrize("name", cli.lazy)
def test_what_the_list_of_commands_says_of_each_fits_on_its_line(name: str) -> None:
    about = cli.lazy[name].about
    assert about.endswith(".")
    assert len(about) <= 68
