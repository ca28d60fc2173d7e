"""Whether the cells of a column look like values of a field: what keeps likeness of names from misleading."""

from collections.abc import Callable, Sequence

from foreman_core.schema import RecordSchema
from foreman_core.validation.fields import Found
from foreman_core.validation.phones import NO_COUNTRY
from foreman_core.validation.rulebook import Rulebook


def fitting(sample: Sequence[Sequence[str]], schema: RecordSchema) -> Callable[[str, int], bool]:
    """A function of a field's name and a column's position: False when more than half of the cells in
    the first rows that are not blank are no values of the field.
    """
    books: list[Rulebook] = []

    def fits(field: str, position: int) -> bool:
        cells = [row[position] for row in sample if position < len(row) and row[position].strip()]
        books[:] = books or [Rulebook(schema)]
        compiled = books[0].fields[books[0].slots[field]]
        wrong = 0
        for cell in cells:
            found: list[Found] = []
            compiled.from_cell(cell, found, compiled.field.default_country)
            wrong += any(each.fault != NO_COUNTRY for each in found)
        return 2 * wrong <= len(cells)

    return fits
