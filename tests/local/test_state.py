"""What is remembered between commands."""

import shutil
from pathlib import Path

import attrs
import pytest

from local import stack, state
from local.errors import LocalError
from local.home import PROJECT, Home, home_at, made_once
from local.state import State
from local.status import ResourceStatus

KEPT = State(
    pid=None,
    port=4711,
    region="eu-central-1",
    program="p",
    code="c",
    layer="l",
    outputs={"api_key": "secret"},
    resources=(ResourceStatus("t", "n", "i", "emulated", "note"),),
)


def test_a_state_is_read_as_it_was_written_and_only_its_owner_may(home: Home) -> None:
    home.make()
    state.write(home, KEPT)
    assert state.read(home) == KEPT
    assert home.state_file.stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mode & 0o777 for path in (home.root, home.data, home.temporary)} == {0o700}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_state_that_cannot_be_read_is_none(home: Home, text: str) -> None:
    home.make()
    home.state_file.write_text(text)
    assert state.read(home) is None
    assert stack.current(home=home.root) is None


def test_a_stack_that_is_down_or_whose_process_has_gone_does_not_run(home: Home) -> None:
    home.make()
    for pid in (None, 1, 2**22 + 1):
        state.write(home, attrs.evolve(KEPT, pid=pid))
        assert stack.current(home=home.root) is None


def test_a_pid_that_has_gone_to_another_program_is_neither_shown_nor_killed(
    home: Home, progress: list[str]
) -> None:
    import os  # noqa: PLC0415

    home.make()
    state.write(home, attrs.evolve(KEPT, pid=os.getpid()))
    assert stack.current(home=home.root) is None
    assert stack.down(home=home.root, progress=progress.append) is False
    assert progress == [
        "the emulator has ended without being told to; what it stored since its start is lost"
    ]
    remembered = state.read(home)
    assert remembered is not None
    assert remembered.pid is None


def test_down_without_a_stack_does_nothing(home: Home, progress: list[str]) -> None:
    assert stack.down(home=home.root, progress=progress.append) is False
    assert progress == []


def test_two_commands_do_not_change_the_stack_at_once(home: Home) -> None:
    with state.locked(home):
        for act in (stack.up, stack.down):
            with pytest.raises(LocalError, match="Another foreman command") as caught:
                act(home=home.root, progress=lambda _: None)
            assert caught.value.code == "busy"


def test_a_changed_program_asks_for_a_fresh_stack_and_forgets_nothing(home: Home) -> None:
    home.make()
    state.write(home, KEPT)
    with pytest.raises(LocalError, match="up --fresh") as caught:
        stack.up(home=home.root, progress=lambda _: None)
    assert caught.value.code == "program-changed"
    assert state.read(home) == KEPT


def test_the_fingerprint_is_of_the_resources_not_of_the_functions_code(tmp_path: Path) -> None:
    for name in state.PROGRAM:
        source, target = PROJECT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    before = state.fingerprint(tmp_path)
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "intake.py").write_text("changed = True\n")
    assert state.fingerprint(tmp_path) == before
    seen = {before}
    for name in ("__main__.py", "components/intake.py", "schemas/customer.yaml", "Pulumi.local.yaml"):
        with (tmp_path / name).open("a") as file:
            file.write("\n# changed\n")
        seen.add(state.fingerprint(tmp_path))
    assert len(seen) == len(("before", "main", "component", "schema", "configuration"))


def test_the_home_is_given_or_in_the_environment_or_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOREMAN_HOME", str(tmp_path / "a"))
    assert home_at(tmp_path / "b").root == tmp_path / "b"
    assert home_at(None).root == tmp_path / "a"
    monkeypatch.delenv("FOREMAN_HOME")
    assert home_at(None).root == PROJECT / ".foreman" / "local"


def test_what_is_made_once_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    calls: list[Path] = []

    def fail(half: Path) -> None:
        (half / "file").touch()
        raise ValueError("half-way")

    def make(half: Path) -> None:
        calls.append(half)
        (half / "file").write_text("whole")

    with pytest.raises(ValueError, match="half-way"):
        made_once(folder, fail)
    assert list(tmp_path.iterdir()) == []
    assert made_once(folder, make) == folder
    assert made_once(folder, make) == folder
    assert (folder / "file").read_text() == "whole"
    assert len(calls) == 1


def test_of_two_that_make_the_same_the_slower_one_takes_what_the_faster_one_made(tmp_path: Path) -> None:
    folder = tmp_path / "made"

    def make(half: Path) -> None:
        (half / "file").write_text("faster")

    def make_while_another_does(half: Path) -> None:
        made_once(folder, make)
        (half / "file").write_text("slower")

    made_once(folder, make_while_another_does)
    assert (folder / "file").read_text() == "faster"
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_what_an_older_version_left_half_made_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "rest").touch()
    made_once(folder, lambda half: (half / "file").touch())
    assert sorted(path.name for path in folder.iterdir()) == [".complete", "file"]
