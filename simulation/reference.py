"""What the records table must hold: one write after another, in the order in which they took effect.

This is the whole meaning of a load, written down a second time without regard to speed, faults or batches.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from attrs import define, field, frozen

from foreman_core.items import from_item
from simulation.dynamodb import Change
from simulation.record import COLUMNS, Row
from simulation.workload import Edit, Upload

RULES: Final[Mapping[str, str]] = {"note": "fill-blank", "code": "never"}
"""Field → what decides when both the record and the row have a value; others overwrite."""

Values = dict[str, Any]


def merged(old: Mapping[str, Any], row: Mapping[str, Any]) -> Values:
    """A record with a row laid over it: blanks change nothing, and each field's rule decides."""
    new = dict(old)
    for name in COLUMNS:
        rule = RULES.get(name, "overwrite")
        if row.get(name) is None or rule == "never" or (rule == "fill-blank" and old.get(name) is not None):
            continue
        new[name] = row[name]
    return new


@frozen
class Effect:
    """A write that took effect: what it did to which record, for which row of which job (None: an edit)."""

    at: float
    key: str
    kind: Literal["create", "update", "delete"]
    job_id: str | None
    row: int | None
    before: Values | None
    values: Values | None
    version: int
    cause: str


@define
class Record:
    """A record as it must be now; None of values: it was never there, or is deleted."""

    values: Values | None = None
    version: int = 0


@define
class Reference:
    """The table by the book."""

    uploads: Mapping[str, Upload]
    edits: Mapping[str, Edit]
    undoes: Mapping[str, str]
    """The job that each undo undoes."""
    records: dict[str, Record] = field(factory=dict[str, Record])
    effects: list[Effect] = field(factory=list[Effect])
    edits_done: set[str] = field(factory=set[str])

    def apply(self, change: Change) -> Iterator[str]:
        """Take the next write that took effect; what is wrong with it comes back."""
        key = change.key[0].partition("#")[2]
        record = self.records.setdefault(key, Record())
        item = from_item(change.after or {})
        values: Values | None = item.get("data")
        origin = item.get("origin")
        job_id, row = (origin["job_id"], origin["row"]) if origin else (None, None)
        kind: Literal["create", "update", "delete"] = (
            "delete" if values is None else "create" if record.values is None else "update"
        )
        version = int(item.get("version", record.version + 1))
        if version != record.version + 1 and not (kind == "create" and version == 1):
            yield f"{key}: version {version} follows version {record.version}"
        wanted = (
            self._of_row(key, record, origin) if origin else self._of_edit(key, record, kind, change.cause)
        )
        if isinstance(wanted, str):
            yield f"{key}: {wanted}"
        elif wanted != values:
            yield f"{key}: {values} was stored over {record.values}, it should be {wanted}"
        self.effects.append(
            Effect(change.at, key, kind, job_id, row, record.values, values, version, change.cause)
        )
        record.values, record.version = values, version

    def is_last(self, cause: str) -> bool:
        """Whether what was done for this is what its record is still like."""
        found = next((effect for effect in self.effects if effect.cause == cause), None)
        return found is not None and self.records[found.key].version == found.version

    def of_row(self, job_id: str, row: int) -> Effect | None:
        """The last write for a row of a job."""
        return next(
            (each for each in reversed(self.effects) if (each.job_id, each.row) == (job_id, row)), None
        )

    def _of_row(self, key: str, record: Record, origin: Mapping[str, Any]) -> Values | str | None:
        """What a row makes of a record, or what is wrong about its being written."""
        number: int = origin["row"]
        before = self.of_row(origin["job_id"], number)
        # known limit: a write whose answer was lost leaves no trace once another writer has been there
        if before is not None and before.version == record.version:
            return f"row {number} of {origin['job_id']} was written twice"
        if origin["job_id"] in self.undoes:
            return self._of_undo(key, record, self.undoes[origin["job_id"]], number)
        upload = self.uploads.get(origin["job_id"])
        if upload is None or not 1 <= number <= len(upload.file.rows):
            return f"written for a row that no file has: {origin}"
        row: Row = upload.file.rows[number - 1]
        name = upload.key.rpartition("/")[2]
        if (row.fate, row.values["id"], origin["line"], origin["file"]) != (
            "accepted",
            key,
            number + 1,
            name,
        ):
            return f"written for another row than its origin says: {origin}"
        return dict(row.values) if record.values is None else merged(record.values, row.values)

    def _of_undo(self, key: str, record: Record, undone: str, number: int) -> Values | str | None:
        """What an undo makes of a record that a row had written: each field back that is still the row's."""
        effect = self.of_row(undone, number)
        if effect is None or effect.key != key:
            return f"row {number} of {undone} was undone, and it had not been done"
        untouched = record.version == effect.version
        if effect.before is None:
            return None if untouched else "a record that was created, and written since, was undone"
        if effect.values is None:
            return effect.before if untouched else "a record that was deleted, and written since, was undone"
        if record.values is None:
            return "a record that was deleted since was undone"
        back = dict(record.values)
        for name in {**effect.before, **effect.values}:
            if record.values.get(name) == effect.values.get(name):
                back[name] = effect.before.get(name)
        return {name: value for name, value in back.items() if value is not None}

    def _of_edit(self, key: str, record: Record, kind: str, cause: str) -> Values | str | None:
        """What the edit makes of a record that a write was done for, or what is wrong about it."""
        edit = self.edits.get(cause)
        if edit is None or (edit.verb, edit.key) != (kind, key):
            return f"nobody asked for the {kind} that was done for {cause}"
        if cause in self.edits_done:
            return f"{cause} was done twice"
        self.edits_done.add(cause)
        if edit.verb != "create" and edit.expected_version != record.version:
            return f"{cause} saw version {edit.expected_version}, and was done to version {record.version}"
        if edit.values is None:
            return None
        changed = {**(record.values or {}), **edit.values}
        return {name: value for name, value in changed.items() if value is not None}
