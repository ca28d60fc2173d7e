"""Cells that no spreadsheet takes for a formula, and the way back."""

import re
from typing import Final

# What a spreadsheet would run, or hides: https://owasp.org/www-community/attacks/CSV_Injection. The marks
# that such a cell has already are counted in, so that `unescape` gives back every cell there is.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")


def escape(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: one `'` before what would be one."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape(cell: str) -> str:
    """The cell that `escape` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
