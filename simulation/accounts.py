"""What must be true of one job when a run has come to rest.

The numbers are those of docs/simulation.md.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

import orjson
from attrs import frozen

from simulation.record import Row
from simulation.reference import Effect, Reference, merged
from simulation.workload import ENDED, Upload
from simulation.world import World

_BACK: Final = {"succeeded", "partially_succeeded", "failed", "cancelled"}
REOPENED: Final[Mapping[str, set[str]]] = {
    "failed": {"received", "planned"},
    "cancelled": {"received", "planned"},
    "needs_review": {"received"},
}
"""Where an ended job goes on when it is tried again, and only then: as another attempt."""

LEGAL: Final[Mapping[str, set[str]]] = {
    "received": {"validating", "cancelled", "failed"},
    "validating": {"validating", "needs_review", "planned", "cancelled", "failed"},
    "planned": {"loading", "cancelled", "failed"},
    "loading": {"succeeded", "partially_succeeded", "failed", "cancelled"},
    **{state: {"undoing"} for state in ("succeeded", "partially_succeeded")},
    **{state: {"undoing", *REOPENED[state]} for state in ("failed", "cancelled")},
    "needs_review": {"cancelled", *REOPENED["needs_review"]},
    "undoing": {"undone"},
    "undone": _BACK,
}
"""docs/architecture.md, *Job states*, written down once more."""

LOADED: Final = {"succeeded", "partially_succeeded"}


@frozen
class Check:
    """A job at rest, and all that is known about it."""

    world: World
    name: str
    job: Mapping[str, Any]
    reference: Reference

    @property
    def effects(self) -> list[Effect]:
        """The writes of this job that took effect."""
        return [effect for effect in self.reference.effects if effect.job_id == self.name]

    @property
    def states(self) -> list[str]:
        """The states that the job went through, by its own timeline."""
        return [moment["state"] for moment in self.job["timeline"]]

    @property
    def end(self) -> str:
        """How the job ended by itself, whatever was undone of it since."""
        return self.job["done_as"] if self.job["state"] in ("undoing", "undone") else self.job["state"]

    @property
    def began(self) -> float:
        """When the job was recorded."""
        return self.world.job_changes[self.name][0].at

    def moves(self) -> Iterator[str]:
        """6. A job goes from state to state as it may, and an end is an end."""
        for change in self.world.job_changes.get(self.name, []):
            before, after = change.before.get("state"), change.after.get("state")
            moved = len(change.after["timeline"]) - len(change.before.get("timeline", []))
            if before is not None and (moved or before != after) and after not in LEGAL.get(before, set()):
                yield f"it went from {before} to {after}"
            if (
                before is not None
                and after in REOPENED.get(before, set())
                and change.after["attempt"] == change.before["attempt"]
            ):
                yield f"it went from {before} to {after} without being tried again"
            if before in ENDED and after in ENDED and change.before["counts"] != change.after["counts"]:
                yield f"its account changed after its end, to {change.after['counts']}"
        for one, other in pairwise(self.states):
            if other not in LEGAL.get(one, set()):
                yield f"its timeline goes from {one} to {other}"

    def notices(self) -> Iterator[str]:
        """5. One notice of each end, which is true; a copy only where nobody could know of the first."""
        told: set[str] = set()
        for notice in self.world.notices:
            if notice.attributes.get("job_id") != self.name:
                continue
            state = notice.attributes.get("state")
            if state is None:  # Step Functions' own: it says that there was an end, not which
                told.add(self.end)
                continue
            told.add(state)
            if state not in {*ENDED, "planned", "undone"} or state not in self.states:
                yield f"a notice says {state}, which was no end of it"
            # between the two it may have come to the same end once more
            if self._announced(state, notice.sender_started) and self._announced(state, notice.at):
                yield f"it was announced again as {state}, although that was recorded"
        # an end that was undone before it could be told is told by the undo
        if self.end in ENDED and not told & {self.end, "undone"} and self.job["state"] == self.end:
            yield f"nobody was told of its end ({self.end})"

    def _announced(self, state: str, at: float) -> bool:
        """Whether the ledger had it before this time that a notice of this end had gone out."""
        known = False
        for change in self.world.job_changes[self.name]:
            if change.at >= at:
                break
            # a job that is tried again may come to the same end again
            is_told = change.after.get("notified_moments", 0) >= len(change.after["timeline"])
            known = change.after["state"] == state and is_told
        return known


class UndoCheck(Check):
    """The undo of a job; what it wrote, the reference has judged."""

    def faults(self) -> Iterator[str]:
        """Everything that is wrong with the undo."""
        yield from self.moves()
        if self.end != "cancelled":  # by a later dry run, of which there is a notice
            yield from self.notices()
        state, counts = self.end, self.job["counts"]
        if state not in ENDED and not (state == "planned" and self.job["dry_run"]):
            yield f"it has no end: {state}"
        stored = counts["created"] + counts["updated"] + counts["deleted"]
        # of a row that counts as kept, some fields may have been put back
        if state in LOADED and not stored <= len(self.effects) <= stored + counts["kept"]:
            yield f"{stored} rows count as put back, {len(self.effects)} were"
        if state in LOADED and "undone" not in self._states_of_undone():
            yield "it has ended, and the job that it undoes was never undone"

    def _states_of_undone(self) -> set[str]:
        undone = self.world.job(self.job["undoes"]) or {"timeline": []}
        return {moment["state"] for moment in undone["timeline"]}


@frozen
class JobCheck(Check):
    """The job of a file. `answerable`: the stack may know how to read what leaves a question open."""

    upload: Upload
    answerable: bool

    def faults(self) -> Iterator[str]:
        """Everything that is wrong with the job."""
        yield from self.moves()
        yield from self.notices()
        state = self.end
        if state not in ENDED and not (state == "planned" and self.job["mode"] == "plan"):
            yield f"it has no end: {state}"
            return
        if self.effects and "loading" not in self.states:
            yield "rows were stored although it never was loading"
        if "needs_review" in self.states and (self.upload.answered or not self.upload.file.asks):
            yield "it asked what its file leaves no doubt about"
        if "loading" in self.states and self._needed_approval() and not self._was_approved():
            yield "it was loaded, and nobody had approved its plan"
        if "planned" in self.states:
            yield from self._reading()
        if state in LOADED:
            yield from self._account()
        elif state == "failed" or "loading" in self.states:
            yield from self._failure()

    def _needed_approval(self) -> bool:
        approval = self.world.environment["APPROVAL"]
        dropped = self.upload.key.startswith("incoming/")
        return self.upload.mode == "load" and (approval == "always" or (approval == "dropped" and dropped))

    def _was_approved(self) -> bool:
        return any(orjson.loads(event)["what"] == "approved" for event in self.world.audit_trail(self.name))

    def _reading(self) -> Iterator[str]:
        """1. Each row of the file was counted as what it is, and nothing was guessed."""
        if self.upload.file.asks and not (self.upload.answered or self.answerable):
            yield "its columns were guessed"
        file, counts = self.upload.file, self.job["counts"]
        wanted = (len(file.rows), file.count("accepted"), file.count("duplicate"), file.count("blank"))
        found = (counts["read"], counts["accepted"], counts["duplicate"], counts["blank"])
        if found != wanted:
            yield f"(read, accepted, duplicate, blank) is {found}, it should be {wanted}"

    def _account(self) -> Iterator[str]:
        """1, 2, 7. Every row has one fate, and the counts say what the table went through."""
        written = {effect.row: effect for effect in self.effects}
        chunks = self.world.chunks(self.name)
        parked = {fault["row"] for chunk in chunks for fault in chunk["conflicts"]}
        refused = {fault["row"] for chunk in chunks for fault in chunk["rejects"]}
        for chunk in chunks:
            if not chunk.get("loaded_at"):
                yield f"chunk {chunk['index']} has no outcome"
        fates: Counter[str] = Counter()
        for number, row in enumerate(self.upload.file.rows, 1):
            if row.fate != "accepted":
                fates[row.fate] += 1
            elif number in parked or number in refused:
                fates["conflict" if number in parked else "rejected"] += 1
                yield from self._not_stored(row, number, written.get(number), moved=number in parked)
            elif number in written:
                fates[f"{written[number].kind}d"] += 1
            else:
                fates["unchanged"] += 1
                if not self._was_unchanged(row):
                    yield f"row {number} counts as stored or unchanged, and was neither"
        yield from self._sums(fates, sum(map(self._overwritten, written.values())))

    def _sums(self, fates: Counter[str], traceless: int) -> Iterator[str]:
        """Of rows that were stored and then written by another job, each may count as another fate."""
        counts: Mapping[str, int] = self.job["counts"]
        names = ("created", "updated", "unchanged", "rejected", "conflict")
        if sum(abs(counts[name] - fates[name]) for name in names) > 2 * traceless or counts["pending"]:
            yield f"its account is {counts}, it should be {dict(fates)}"
        clean = not counts["rejected"] and not counts["conflict"]
        if clean != (self.end == "succeeded"):
            yield f"it ended as {self.end} with {dict(fates)}"

    def _not_stored(self, row: Row, number: int, effect: Effect | None, *, moved: bool) -> Iterator[str]:
        """A row that could not be stored was not; and where it says so, its record had moved.

        Known limit: a step that broke after it had stored a row does not find its trace when another job has
        written the record meanwhile.
        """
        if effect is not None and not self._overwritten(effect):
            yield f"row {number} counts as not stored, and was stored"
        if moved and not any(
            other.key == row.values["id"] and other.at >= self.began and other.job_id != self.name
            for other in self.reference.effects
        ):
            yield f"row {number} counts as a conflict, and nobody else wrote its record"

    def _overwritten(self, effect: Effect) -> bool:
        """Whether another job has written the record after this write."""
        return any(
            later.key == effect.key
            and later.version > effect.version
            and later.job_id not in (None, effect.job_id)
            for later in self.reference.effects
        )

    def _was_unchanged(self, row: Row) -> bool:
        """Whether at some time of the job the record was as the row would make it."""
        seen: Mapping[str, Any] | None = None
        for effect in self.reference.effects:
            if effect.key != row.values["id"]:
                continue
            if effect.at >= self.began and seen is not None and merged(seen, row.values) == seen:
                return True
            seen = effect.values
        return seen is not None and merged(seen, row.values) == seen

    def _failure(self) -> Iterator[str]:
        """7. A job that failed claims no row that was not stored, and owns up to those that may have been."""
        counts: Mapping[str, int] = self.job["counts"]
        confirmed = counts["created"] + counts["updated"]
        if confirmed > len(self.effects):
            yield f"{confirmed} rows count as stored, {len(self.effects)} were"
        # known limit: of a row that another job has written since, no trace is left to tell a repeated step
        traced = sum(not self._overwritten(effect) for effect in self.effects)
        if traced > confirmed + counts["pending"]:
            yield (
                f"{traced} rows were stored; {confirmed} count as stored, and {counts['pending']} as unknown"
            )
