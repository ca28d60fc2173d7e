"""One local stack for all end-to-end tests: the real program, the real functions, on the emulator."""

from collections.abc import Generator
from pathlib import Path

import pytest

from local import stack as local_stack
from tests.e2e.client import Client

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def stack_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("foreman")


@pytest.fixture(scope="session")
def client(stack_home: Path) -> Generator[Client]:
    running = local_stack.up(home=stack_home, progress=lambda _: None)
    try:
        yield Client(running, stack_home)
    finally:
        local_stack.down(home=stack_home, progress=lambda _: None)
