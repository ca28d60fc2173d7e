"""`--since`: how far back, as `30m`, `2h`, `7d`, or a time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import click

_AGO: Final = re.compile(r"(\d{1,6})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Since(click.ParamType[datetime]):
    """A moment in UTC, given as a time ago or in ISO 8601; a time without a zone is in UTC."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment; a usage error names what is accepted."""
        text = str(value)
        ago = _AGO.fullmatch(text)
        try:
            if ago:
                return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            moment = datetime.fromisoformat(text)
        except (ValueError, OverflowError):
            accepted = "neither a time ago (30m, 2h, 7d) nor a time (2026-01-31T08:00)"
            self.fail(f"{text!r} is {accepted}.", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
