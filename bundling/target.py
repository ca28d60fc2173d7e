"""What the archives are built for."""

import subprocess
import sys
from pathlib import Path
from typing import Final, Self

from attrs import frozen

from bundling.errors import BundleError

_PLATFORMS: Final = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
_ASK: Final = "import sys, sysconfig; print(sys.version, sysconfig.get_platform())"
ASK_SECONDS: Final = 30


@frozen(kw_only=True)
class Target:
    """A Lambda architecture with its Python, or (platform None) an interpreter of this machine."""

    name: str
    python: str
    """A version, as in `3.13`, or the path of an interpreter."""
    platform: str | None
    identity: str
    """What makes another installation necessary when it changes."""

    @classmethod
    def aws(cls, architecture: str, python_version: str) -> Self:
        """A Lambda runtime: `arm64` or `x86_64`, and a Python version such as `3.13`.

        BundleError when there is no such architecture.
        """
        if architecture not in _PLATFORMS:
            raise BundleError(f"Lambda has no architecture {architecture}; it has {', '.join(_PLATFORMS)}.")
        platform = _PLATFORMS[architecture]
        identity = f"{platform} {python_version}"
        return cls(name=architecture, python=python_version, platform=platform, identity=identity)

    @classmethod
    def host(cls, python: Path | None = None) -> Self:
        """This machine, for an interpreter (default: the running one).

        BundleError when the interpreter cannot be run.
        """
        path = str(python or sys.executable)
        return cls(name="host", python=path, platform=None, identity=_version_of(path))

    @property
    def uv_options(self) -> list[str]:
        """How `uv pip install` is told: for another platform, wheels only."""
        if self.platform is None:
            return ["--python", self.python]
        return ["--python-version", self.python, "--python-platform", self.platform, "--only-binary", ":all:"]


def _version_of(python: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the caller's interpreter, no shell
            [python, "-c", _ASK], capture_output=True, text=True, timeout=ASK_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BundleError(f"{python} cannot be run: {error}") from error
    return done.stdout.strip()
