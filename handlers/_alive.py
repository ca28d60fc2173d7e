"""A sign of life for the health check of a container: `python -m handlers._alive` looks at how old it is."""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

SIGN: Final = Path(tempfile.gettempdir()) / "foreman-worker-alive"
LEAST_S: Final = 60
"""A worker that has nothing to do shows itself each time that it has looked for work, every 20 seconds."""


def show() -> None:
    """Give a sign of life."""
    SIGN.touch()


def is_well(lease_s: int) -> bool:
    """Whether the last sign is not older than a lease, or LEAST_S."""
    return SIGN.exists() and time.time() - SIGN.stat().st_mtime < max(lease_s, LEAST_S)


if __name__ == "__main__":
    sys.exit(0 if is_well(int(os.environ["LEASE_S"])) else 1)
