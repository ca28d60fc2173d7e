"""Loads `tests._pulumi` before the components, for it keeps the warnings of pulumi_aws about itself back."""

from collections.abc import Generator

import pytest

import tests._pulumi  # noqa: F401  # pyright: ignore[reportUnusedImport]
from tests.components import _given


@pytest.fixture(scope="session", autouse=True)
def package(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """The archives of the layers, which the program reads; those of the code only Pulumi reads."""
    folder = tmp_path_factory.mktemp("package")
    for name in ("layer", "polars"):
        (folder / f"{name}.zip").write_bytes(name.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_given, "PACKAGE", str(folder))
        yield
