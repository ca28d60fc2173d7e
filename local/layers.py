"""The functions' dependencies: one folder for all workers, not a copy for each of them."""

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

from bundling.archive import sha256
from local.errors import LocalError
from local.home import made_once

COMPILE_SECONDS: Final = 300
_MODULES: Final = "python"
"""The folder in a layer whose modules can be imported:
https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html"""


def modules_of(layers: Path, content: str) -> Path:
    """The folder under `layers` for the modules of the layer whose archive has this hash."""
    return layers / content[:16] / _MODULES


def unpack_layer(layers: Path, archive: Path) -> Path:
    """The folder under `layers` that holds the modules of a layer, compiled; made once for its content.

    LocalError when they cannot be compiled in time.
    """
    modules = modules_of(layers, sha256(archive))
    final = modules.parent

    def make(folder: Path) -> None:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        # the paths in tracebacks are to be those of the final folder
        moved = ["-s", str(folder), "-p", str(final)]
        command = [sys.executable, "-m", "compileall", "-q", "-j", "0", *moved, str(folder)]
        try:
            subprocess.run(command, capture_output=True, timeout=COMPILE_SECONDS, check=False)  # noqa: S603
        except subprocess.TimeoutExpired as error:
            raise LocalError("layer", f"{archive} was not compiled within {COMPILE_SECONDS} s") from error

    made_once(final, make)
    return modules
