"""What generated files have wrong with them, and what a validator has to say about it."""

from typing import Final

from attrs import field, frozen

COLUMNS: Final[tuple[str, ...]] = (
    "customer_id", "first_name", "last_name", "email", "phone", "country", "postal_code", "date_of_birth",
    "signup_date", "plan", "annual_revenue", "tags",
)  # fmt: skip
"""Those of schemas/customer.yaml, in its order."""

SHORT_FROM: Final = COLUMNS.index("plan") + 1
"""Cells that a row keeps when its last ones are missing."""


@frozen
class Fault:
    """One way for a row to be wrong: its `issues` as (field, code), and the cells, as CSV writes them, that
    make it so. A row of kind `unique` has the key of an earlier row, one of kind `duplicate` all its cells.
    """

    kind: str
    issues: tuple[tuple[str, str], ...]
    cells: dict[str, str] = field(factory=dict[str, str])

    @property
    def fate(self) -> str:
        """What becomes of such a row."""
        return "duplicate" if self.kind == "duplicate" else "rejected"

    @property
    def codes(self) -> str:
        """The issues as one text: `field:code`, joined by semicolons."""
        return ";".join(f"{name}:{code}" for name, code in self.issues)


def _cell(code: str, name: str, written: str, **further: str) -> Fault:
    return Fault(f"{code} {name}", ((name, code),), {name: written, **further})


_OF_CELLS: Final = (
    _cell("required", "last_name", ""),
    _cell("required", "email", ""),
    _cell("required", "country", "", phone=""),
    _cell("required", "signup_date", ""),
    _cell("required", "plan", ""),
    _cell("type", "date_of_birth", "31/02/1980"),
    _cell("type", "signup_date", "last spring"),
    _cell("type", "annual_revenue", '"12,500.00"'),
    _cell("format", "email", "name.example.com"),
    _cell("format", "phone", "+49 12"),
    _cell("format", "country", "Atlantis", phone=""),
    _cell("enum", "plan", "gold"),
    _cell("minimum", "annual_revenue", "-1"),
    _cell("maximum", "annual_revenue", "1000000000001"),
    _cell("max-length", "first_name", "x" * 65),
    _cell("max-length", "postal_code", "9" * 17),
    _cell("rule", "date_of_birth", "2099-12-31"),
    Fault("several", (("email", "format"), ("plan", "enum")), {"email": "name@", "plan": "gold"}),
)
_OF_KEYS: Final = (Fault("unique", (("customer_id", "unique"),)), Fault("duplicate", ()))
_OF_SHAPE: Final = (
    Fault("missing-cell", (("", "missing-cell"),)),
    Fault("extra-cell", (("", "extra-cell"),)),
)

EVEN: Final = _OF_CELLS + _OF_KEYS
"""Where every row has as many cells as the header."""

MIXED: Final = EVEN + _OF_SHAPE
