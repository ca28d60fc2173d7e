"""What a check hands on, as a test looks at it."""

import json
from typing import Any

from attrs import define, field

from foreman_core.pipeline.judging import Lines


@define
class Accepted:
    """Keeps the rows that `on_accepted` is called with; fields without a value are absent."""

    rows: list[dict[str, Any]] = field(factory=list[dict[str, Any]])

    def __call__(self, lines: Lines) -> None:
        self.rows += map(json.loads, lines.take(len(lines)).splitlines())
