"""The real program as a stack's file sets it, with archives that are empty."""

import runpy
import zipfile
from pathlib import Path
from typing import Any, Final

import yaml

from tests import _pulumi
from tests._pulumi import Outcome

ROOT: Final = Path(__file__).parents[1]


ALL_ON: Final = {
    "foreman:userPoolId": "eu-central-1_pool",
    "foreman:mailFrom": "foreman@mail.example.org",
    "foreman:containers": {
        "image": f"registry.example/foreman@sha256:{'7' * 64}",
        "web": {
            "certificateArn": "arn:aws:acm:eu-central-1:111122223333:certificate/c",
            "userPoolClientId": "client",
            "allow": ["pl-0a1b"],
            "host": "foreman.example.org",
        },
        "worker": {},
    },
}
"""Whatever can be turned on, laid over the development stack."""


def settings(stack: str) -> dict[str, Any]:
    """What a stack's file says; `all-on` is the development stack with ALL_ON."""
    if stack == "all-on":
        return {**settings("dev"), **ALL_ON}
    return dict(yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"])


def run(stack: str, packages: Path) -> Outcome:
    """Run the program for a stack; the archives are put into `packages`."""
    for name in ("code", "layer", "polars"):
        with zipfile.ZipFile(packages / f"{name}.zip", "w"):
            pass
    config = _pulumi.as_texts({**settings(stack), "foreman:packageDir": str(packages)})
    return _pulumi.run(
        lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__"), stack=stack, config=config
    )
