"""What the archives are built for."""

import sys
from pathlib import Path
from typing import Final, Self

from attrs import frozen

_PLATFORMS: Final = {"arm64": "aarch64-manylinux2014", "x86_64": "x86_64-manylinux2014"}


@frozen(kw_only=True)
class Target:
    """A Lambda architecture with its Python, or (platform None) the interpreter of this machine."""

    name: str
    python: str
    platform: str | None

    @classmethod
    def aws(cls, architecture: str, python_version: str) -> Self:
        """A Lambda runtime: `arm64` or `x86_64`, and a Python version such as `3.13`."""
        return cls(name=architecture, python=python_version, platform=_PLATFORMS[architecture])

    @classmethod
    def host(cls, python: Path | None = None) -> Self:
        """This machine, for an interpreter (default: the running one)."""
        return cls(name="host", python=str(python or sys.executable), platform=None)

    @property
    def uv_options(self) -> list[str]:
        """How `uv pip install` is told: for another platform, wheels only."""
        if self.platform is None:
            return ["--python", self.python]
        return ["--python-version", self.python, "--python-platform", self.platform, "--only-binary", ":all:"]
