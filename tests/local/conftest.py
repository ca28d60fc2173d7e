"""Homes for local stacks: each test has its own, and nothing of it runs on afterwards."""

from collections.abc import Generator
from pathlib import Path

import pytest

from local import emulator
from local.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Generator[Home]:
    """A home that nobody has used."""
    made = Home(tmp_path / "home")
    yield made
    emulator.clear(made)


class Steps(list[str]):
    """What a command told of its progress."""

    def __call__(self, line: str) -> None:
        self.append(line)


@pytest.fixture
def progress() -> Steps:
    return Steps()
