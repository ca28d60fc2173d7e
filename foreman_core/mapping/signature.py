"""By what a mapping is remembered."""

import hashlib
from collections.abc import Iterable

from foreman_core.schema.headers import fold


def signature(columns: Iterable[str]) -> str:
    """What files with the same columns have in common, in whatever order and writing: 32 hex digits."""
    names = sorted(fold(column) or column.strip() for column in columns)
    return hashlib.sha256("\0".join(names).encode("utf-8", "backslashreplace")).hexdigest()[:32]
