"""The image, without an engine to build it: its Dockerfile is linted, read, and its steps are taken here."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from components import _web
from components._balancer import WEB_PORT
from components._image import SOURCES
from components._task import SCRATCH, USER

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements-service.txt"
HADOLINT = Path(sys.executable).with_name("hadolint")


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """Instruction and value of every step, in order."""
    structure = DockerfileParser(str(ROOT / "Dockerfile")).structure
    return [(each["instruction"], each["value"]) for each in structure if each["instruction"] != "COMMENT"]


def last(steps: list[tuple[str, str]], instruction: str) -> str:
    return [value for name, value in steps if name == instruction][-1]


def linted(dockerfile: str) -> list[str]:
    """The rules that a Dockerfile breaks."""
    command = [HADOLINT, "--format", "json", "-"]
    done = subprocess.run(command, input=dockerfile, capture_output=True, text=True, timeout=60, check=False)
    return [finding["code"] for finding in json.loads(done.stdout)]


def test_the_linter_finds_nothing() -> None:
    assert linted((ROOT / "Dockerfile").read_text(encoding="utf-8")) == []


def test_the_linter_would_find_something() -> None:
    assert "DL3007" in linted("FROM python:latest\n")


def copied(steps: list[tuple[str, str]]) -> set[str]:
    return {value.split()[0] for name, value in steps if name == "COPY" and not value.startswith("--from")}


def test_what_is_copied_is_what_the_tag_is_the_hash_of(steps: list[tuple[str, str]]) -> None:
    assert copied(steps) | {"Dockerfile", ".dockerignore"} == set(SOURCES)


def test_what_is_copied_is_all_that_the_builder_is_sent(steps: list[tuple[str, str]]) -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied(steps)


def test_what_is_copied_exists(steps: list[tuple[str, str]]) -> None:
    assert [source for source in copied(steps) if not (ROOT / source).exists()] == []


def test_both_stages_have_the_same_base_whose_tag_is_fixed(steps: list[tuple[str, str]]) -> None:
    bases = {value.split()[0] for name, value in steps if name == "FROM"}
    assert bases == {"python:${PYTHON}"}
    argument, _, tag = next(value for name, value in steps if name == "ARG").partition("=")
    assert argument == "PYTHON"
    assert re.fullmatch(r"3\.1[1-9](\.\d+)?-slim-\w+(@sha256:[0-9a-f]{64})?", tag)


def test_packages_are_those_of_the_lock_and_none_is_compiled(steps: list[tuple[str, str]]) -> None:
    (install,) = [value for name, value in steps if name == "RUN" and "pip install" in value]
    for option in ("--require-hashes", "--only-binary=:all:", "--requirement /requirements-service.txt"):
        assert option in install


def test_it_runs_as_nobody_in_particular_and_writes_to_one_folder(
    steps: list[tuple[str, str]],
) -> None:
    assert last(steps, "USER") == USER
    assert json.loads(last(steps, "VOLUME")) == [SCRATCH]
    user, group = USER.split(":")
    (make,) = [value for name, value in steps if name == "RUN" and "useradd" in value]
    assert f"--owner {user} --group {group}" in make
    assert make.endswith(f" {SCRATCH}")
    # whoever is user when it is compiled owns what is in the image: not the one that runs it
    order = [name for name, _ in steps]
    assert order.index("USER") > max(at for at, name in enumerate(order) if name == "RUN")


def test_its_command_and_its_health_are_those_of_the_web_service(steps: list[tuple[str, str]]) -> None:
    assert json.loads(last(steps, "CMD")) == list(_web.COMMAND)
    assert json.loads(last(steps, "HEALTHCHECK").partition(" CMD ")[2]) == list(_web.HEALTH)
    assert last(steps, "EXPOSE") == str(WEB_PORT)


def test_no_secret_is_in_it(steps: list[tuple[str, str]]) -> None:
    given = " ".join(value for name, value in steps if name in {"ARG", "ENV"})
    assert not re.search(r"SECRET|PASSWORD|TOKEN|AWS_", given)
