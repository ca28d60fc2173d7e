"""An accepted row as the line that every later phase reads."""

import orjson

from foreman_core.models import AcceptedRow


def accepted_line(row: AcceptedRow) -> bytes:
    """One JSON object and a line feed: the fields that have a value, then `_row` and `_line`."""
    values = {name: value for name, value in row.values.items() if value is not None}
    values["_row"] = row.row
    values["_line"] = row.line
    return orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)
