"""Files that the program hands over."""

from pathlib import Path
from typing import Any

import pulumi

from local.errors import LocalError


def path_of(asset: Any) -> Path:  # noqa: ANN401 - what Pulumi hands over
    """The file of an asset or archive input. LocalError when it is no file."""
    if isinstance(asset, pulumi.FileArchive | pulumi.FileAsset):
        return Path(asset.path)
    raise LocalError("archive", f"{type(asset).__name__} is no kind of file that the local stack knows")
