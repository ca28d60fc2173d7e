"""A project as small as can be: one module of ours, and two locked dependencies, wheels on this disk."""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

WHEEL = {
    "tiny/__init__.py": "VALUE = 1\n",
    "tiny/bin/helper.py": "HELP = True\n",
    "tiny/types.pyi": "VALUE: int\n",
    "tiny-1.0.data/scripts/tiny-command": "#!python\n",
    "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
    "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "tiny-1.0.dist-info/licenses/LICENSE": "Do as you like.\n",
}
POLARS = {
    "polars/__init__.py": "FRAMES = True\n",
    "polars-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: polars\nVersion: 1.0\n",
    "polars-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
OWN = {
    "foreman_core/__init__.py": "",
    "foreman_core/deep/rules.py": "RULE = 1\n",
    "handlers/intake.py": "def handler(): ...\n",
    "schemas/customer.yaml": "fields: []\n",
    # and what does not belong
    "handlers/__pycache__/intake.cpython-311.pyc": "?",
    "foreman_core/.intake.py.swp": "?",
    "tests/test_rules.py": "?",
    "components/intake.py": "?",
    "README.md": "?",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's folder."""
    root = tmp_path / "project"
    for name, text in OWN.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (root / "requirements-lambda.txt").write_text(
        locked(tmp_path, "tiny", WHEEL) + locked(tmp_path, "polars", POLARS)
    )
    return root


def locked(folder: Path, name: str, files: Mapping[str, str]) -> str:
    """A line of a lock for a wheel with these files."""
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        record = "".join(f"{file},,\n" for file in [*files, f"{name}-1.0.dist-info/RECORD"])
        archive.writestr(f"{name}-1.0.dist-info/RECORD", record)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{name} @ {wheel.as_uri()} --hash=sha256:{digest}\n"
