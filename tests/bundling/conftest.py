"""A project as small as can be: one module of ours, one locked dependency, which is a wheel on this disk."""

import hashlib
import zipfile
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
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in WHEEL.items():
            archive.writestr(name, text)
        record = "".join(f"{name},,\n" for name in [*WHEEL, "tiny-1.0.dist-info/RECORD"])
        archive.writestr("tiny-1.0.dist-info/RECORD", record)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (root / "requirements-lambda.txt").write_text(f"tiny @ {wheel.as_uri()} --hash=sha256:{digest}\n")
    return root
