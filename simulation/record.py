"""A small record type with each kind of collision rule, and files of it whose rows have known fates."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, Literal

from attrs import frozen

from foreman_core.mapping import Decided, as_json
from foreman_core.schema import Constraints, Field, RecordSchema

SCHEMA: Final = RecordSchema(
    name="part",
    plural="parts",
    primary_key="id",
    version="sha256:simulated",
    fields=(
        Field(name="id", constraints=Constraints(required=True, unique=True)),
        Field(name="name", constraints=Constraints(required=True)),
        Field(name="note", collision="fill-blank"),
        Field(name="code", collision="never"),
        Field(name="amount", type="number"),
    ),
)
COLUMNS: Final = ("id", "name", "note", "code", "amount")
ASKING: Final = ("id", "Part name", "note", "code", "amount")
"""Columns of a file that leaves a question open: the second may be the name, and may be not."""

ANSWER: Final = as_json(Decided(columns={"Part name": "name"}, header=ASKING))
"""The mapping that answers it."""

Values = Mapping[str, str | int]
Fate = Literal["accepted", "rejected", "duplicate", "blank"]


@frozen
class Row:
    """A row of a file: its cells, what they mean, and what must become of it."""

    cells: tuple[str, ...]
    values: Values
    fate: Fate


@frozen
class File:
    """A file's rows; row n of it is `rows[n - 1]`. `asks`: it leaves a question open."""

    rows: Sequence[Row]
    asks: bool = False

    @property
    def body(self) -> bytes:
        """The file as CSV; no cell needs quotes."""
        lines = [",".join(ASKING if self.asks else COLUMNS), *(",".join(row.cells) for row in self.rows)]
        return ("\n".join(lines) + "\n").encode()

    def count(self, fate: Fate) -> int:
        """How many rows have this fate."""
        return sum(row.fate == fate for row in self.rows)


def drawn(random: Random, keys: Sequence[str]) -> File:
    """A file of a few rows over some of these keys, most of them good."""
    return File(_with_held_keys([_row(random, random.choice(keys)) for _ in range(random.randint(1, 9))]))


def _with_held_keys(rows: Sequence[Row]) -> list[Row]:
    """The first row with a key holds it, also when rejected; of those after it, equals are duplicates."""
    held: dict[str, Row] = {}
    judged: list[Row] = []
    for row in rows:
        key = row.cells[0]
        holder = held.get(key) if row.fate != "blank" else None
        if holder is not None:
            same = holder.fate == "accepted" and holder.cells == row.cells
            judged.append(Row(row.cells, row.values, "duplicate" if same else "rejected"))
            continue
        if row.fate != "blank":
            held[key] = row
        judged.append(row)
    return judged


def _row(random: Random, key: str) -> Row:
    values: dict[str, str | int] = {"id": key, "name": random.choice(("Bolt", "Nut", "Gear", "Pin"))}
    if random.random() < 0.5:  # noqa: PLR2004 - a coin
        values["note"] = random.choice(("old", "new"))
    if random.random() < 0.5:  # noqa: PLR2004
        values["code"] = random.choice(("007", "42"))
    if random.random() < 0.6:  # noqa: PLR2004
        values["amount"] = random.randint(0, 3)
    cells = {name: str(value) for name, value in values.items()}
    fate: Fate = "accepted"
    match random.randrange(12):
        case 0:
            cells["name"], fate = "", "rejected"
        case 1:
            cells["amount"], fate = "many", "rejected"
        case 2:
            cells, fate = {}, "blank"
        case _:
            pass
    return Row(tuple(cells.get(column, "") for column in COLUMNS), values, fate)
