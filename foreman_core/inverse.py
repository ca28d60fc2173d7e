"""The inverse of a plan: what puts the records back as they were, and never destroys what came later."""

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from foreman_core.models import Kept, PlannedRow, Value
from foreman_core.records import StoredRecord
from foreman_core.schema import RecordSchema

Values = Mapping[str, Value]


@frozen(kw_only=True)
class Undone:
    """A row that a job has written; `certain` is False when the job broke before it knew."""

    row: PlannedRow
    job_id: str
    certain: bool = True

    @property
    def version(self) -> int:
        """The version that the write gave the record."""
        return (self.row.expected_version or 0) + 1

    def is_last_change_of(self, live: StoredRecord) -> bool:
        """Whether nothing has happened to the record since."""
        return live.version == self.version and (self.certain or self._wrote(live))

    def may_not_have_happened(self, live: StoredRecord) -> bool:
        """Whether the write cannot be told from one that never took place."""
        return not self.certain and not self._wrote(live)

    def _wrote(self, live: StoredRecord) -> bool:
        last = live.last_load
        return last is not None and (last.job_id, last.row, last.version) == (
            self.job_id,
            self.row.row,
            self.version,
        )


def invert(schema: RecordSchema, undone: Undone, live: StoredRecord | None) -> PlannedRow:
    """What undoes one row, given what the table has of its record now.

    A record that nothing has happened to since is put back exactly. One that was updated by the row and
    edited since is put back field by field: a field that still has the row's value gets the former one, any
    other is kept. A record that the row created and somebody edited is kept whole: without what the row
    brought it would be no record. What is as it was before the row already is unchanged.
    """
    if live is None or (live.version < undone.version and not undone.certain):
        return _stays(undone)
    if undone.may_not_have_happened(live):
        return _stays(undone, "uncertain")
    match undone.row.disposition:
        case "create":
            return _uncreate(undone, live)
        case "delete":
            return _undelete(schema, undone, live)
        case _:
            return _restore(schema, undone, live)


def _uncreate(undone: Undone, live: StoredRecord) -> PlannedRow:
    if live.deleted_at:
        return _stays(undone)
    if undone.is_last_change_of(live):
        return _planned(undone, "delete", live, before=live.values)
    return _stays(undone, "edited", _differing(undone.row.after or {}, live.values))


def _undelete(schema: RecordSchema, undone: Undone, live: StoredRecord) -> PlannedRow:
    former = undone.row.before or {}
    if undone.is_last_change_of(live):
        return _planned(undone, "create", live, after=_known(schema, former))
    if live.deleted_at:
        return _stays(undone, "deleted")
    changed = _differing(former, live.values)
    return _stays(undone, "recreated", changed) if changed else _stays(undone)


def _restore(schema: RecordSchema, undone: Undone, live: StoredRecord) -> PlannedRow:
    if live.deleted_at:
        return _stays(undone, "deleted")
    written, former = undone.row.after or {}, _known(schema, undone.row.before or {})
    left = {name: value for name, value in former.items() if live.values.get(name) != value}
    kept = [name for name in left if live.values.get(name) != written.get(name)]
    restored = {name: value for name, value in left.items() if name not in kept}
    why: Kept | None = "edited" if kept else None
    if not restored:
        return _stays(undone, why, kept)
    after = {**_known(schema, live.values), **restored}
    before = {name: live.values.get(name) for name in restored}
    return _planned(undone, "update", live, before=before, after=after, kept=kept or None, why=why)


def _planned(
    undone: Undone,
    disposition: Literal["create", "update", "delete"],
    live: StoredRecord,
    *,
    before: Values | None = None,
    after: Values | None = None,
    kept: list[str] | None = None,
    why: Kept | None = None,
) -> PlannedRow:
    row = undone.row
    return PlannedRow(
        row=row.row,
        line=row.line,
        id=row.id,
        disposition=disposition,
        expected_version=live.version,
        before=before,
        after=None if after is None else {name: value for name, value in after.items() if value is not None},
        kept=kept,
        why=why,
    )


def _stays(undone: Undone, why: Kept | None = None, kept: list[str] | None = None) -> PlannedRow:
    row = undone.row
    return PlannedRow(
        row=row.row, line=row.line, id=row.id, disposition="unchanged", kept=kept or None, why=why
    )


def _differing(former: Values, now: Values) -> list[str]:
    return [name for name in {**former, **now} if former.get(name) != now.get(name)]


def _known(schema: RecordSchema, values: Values) -> Values:
    """The values of fields that the schema still has: others cannot be written."""
    return {name: value for name, value in values.items() if name in schema.by_name}
