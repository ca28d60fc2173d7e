"""What is known of the columns of one file."""

from collections.abc import Mapping as MappingType
from typing import Literal

from attrs import evolve, field, frozen

from foreman_core.models import SourceRow

How = Literal["exact", "alias", "remembered", "fuzzy", "given"]

Values = MappingType[str, MappingType[str, str]]
"""Field -> text in the file -> the value that it stands for."""


@frozen(kw_only=True)
class Match:
    """A column that is read into a field. `position` counts the columns of the file from 0; `score` is how
    sure that is, at most 1.
    """

    position: int
    column: str
    field: str
    how: How
    score: float = 1.0


@frozen(kw_only=True)
class Suggestion:
    """A field that a column could be, which is for a person to say. `score` as in a match."""

    column: str
    field: str
    score: float


@frozen(kw_only=True)
class Mapping:
    """Columns and fields of one file, each in at most one match.

    `matches`, `unmapped` and `suggestions` are in the order of the columns, `missing_fields` in that of the
    schema. `notes` say, for people, which column lost a field to another. `values` are the texts that a
    person gave a meaning to.
    """

    columns: tuple[str, ...]
    matches: tuple[Match, ...]
    unmapped: tuple[str, ...]
    missing_fields: tuple[str, ...]
    suggestions: tuple[Suggestion, ...] = ()
    notes: tuple[str, ...] = ()
    values: Values = field(factory=dict[str, MappingType[str, str]])

    def translate(self, row: SourceRow) -> SourceRow:
        """The row with the values in place of the texts that stand for them; space around these does not
        count. Other cells stay as they are.
        """
        cells = list(row.cells)
        for match in self.matches:
            meant = self.values.get(match.field)
            if meant is not None and match.position < len(cells):
                cells[match.position] = meant.get(cells[match.position].strip(), cells[match.position])
        return evolve(row, cells=tuple(cells))
