"""`doctor` and `package`: this machine, and what it builds."""

import shutil
from pathlib import Path

import pytest

from bundling import Bundle, Target, TooLarge
from cli.commands import doctor as doctor_module
from cli.commands import package as package_module
from tests.cli.conftest import Foreman, Stack


def test_a_machine_that_has_everything_ends_with_0(foreman: Foreman, stack: Stack) -> None:
    done = foreman("doctor", "--json")
    assert done.code == 0
    assert done.document["ok"] is True
    found = {check["name"]: check for check in done.document["checks"]}
    assert stack.endpoint in found["local stack"]["found"]
    assert foreman("doctor").code == 0


@pytest.mark.usefixtures("no_stack")
def test_what_is_missing_is_named_with_its_remedy_and_ends_with_2(
    foreman: Foreman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_module, "LEAST_PYTHON", (99, 0))
    done = foreman("doctor")
    assert done.code == 2
    assert "Missing: Python." in done.out
    assert "Install Python" in done.out


@pytest.mark.usefixtures("no_stack")
def test_without_the_pulumi_cli_everything_local_works(
    foreman: Foreman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", nowhere)
    checks = {check["name"]: check["verdict"] for check in foreman("doctor", "--json").document["checks"]}
    assert checks["Pulumi CLI"] == "note"


def test_the_state_folder_is_where_foreman_home_says(
    foreman: Foreman, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FOREMAN_HOME", str(tmp_path / "elsewhere"))
    checks = {check["name"]: check for check in foreman("doctor", "--json").document["checks"]}
    assert checks["state folder"]["found"] == f"{tmp_path / 'elsewhere'} can be written"
    assert checks["local stack"]["found"] == "not running"


def test_a_state_that_cannot_be_read_is_noted(
    foreman: Foreman, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FOREMAN_HOME", str(tmp_path))
    (tmp_path / "state.json").write_text("{", encoding="utf-8")
    checks = {check["name"]: check for check in foreman("doctor", "--json").document["checks"]}
    assert checks["local stack"]["verdict"] == "note"


def nowhere(_name: str) -> None:
    """No program is installed."""


def made(out: Path) -> Bundle:
    return Bundle(
        code=out / "code.zip",
        layer=out / "layer.zip",
        polars=out / "polars.zip",
        code_sha256="c" * 64,
        layer_sha256="d" * 64,
        polars_sha256="e" * 64,
        code_bytes=1_000_000,
        layer_bytes=26_214_400,
        polars_bytes=52_428_800,
        unzipped_bytes=131_072_000,
    )


def test_package_builds_for_the_platform_that_is_named(
    foreman: Foreman, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Target] = []

    def build(target: Target, out: Path) -> Bundle:
        asked.append(target)
        return made(out)

    monkeypatch.setattr(package_module, "build", build)
    done = foreman("package", "--platform", "x86_64", "--python", "3.12", "--out", str(tmp_path), "--json")
    assert done.code == 0
    assert asked == [Target.aws("x86_64", "3.12")]
    assert done.document["layer"] == {
        "path": str(tmp_path / "layer.zip"),
        "sha256": "d" * 64,
        "bytes": 26_214_400,
    }
    assert done.document["polars"] == {
        "path": str(tmp_path / "polars.zip"),
        "sha256": "e" * 64,
        "bytes": 52_428_800,
    }
    shown = foreman("package", "--out", str(tmp_path)).out
    assert "50%" in shown


def test_archives_that_lambda_would_not_take_end_with_3(
    foreman: Foreman, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(_target: Target, _out: Path) -> Bundle:
        raise TooLarge("The layer has 60 MB.")

    monkeypatch.setattr(package_module, "build", build)
    done = foreman("package")
    assert (done.code, done.err.splitlines()[-1]) == (3, "error (bundling): The layer has 60 MB.")
