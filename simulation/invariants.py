"""What must be true when a run has come to rest, whatever happened in it.

The numbers are those of docs/simulation.md.
"""

from collections import Counter
from collections.abc import Iterator

from foreman_core.items import from_item
from simulation.accounts import LOADED, JobCheck, UndoCheck
from simulation.evidence import receipt_faults, trail_faults
from simulation.record import Values
from simulation.reference import Reference
from simulation.workload import Workload
from simulation.world import World

FATES = ("created", "updated", "unchanged", "rejected", "duplicate", "blank", "conflict", "pending")


def broken(world: World, work: Workload) -> list[str]:
    """The invariants that a run has broken, each in a sentence; none when all is well."""
    jobs = world.jobs()
    undoes = {name: job["undoes"] for name, job in jobs.items() if job.get("undoes")}
    reference = Reference(work.uploads, work.edits, undoes)
    found = [*world.odd]
    for change in world.writes:
        found += reference.apply(change)
    found += _table(world, reference)
    found += _edits(reference)
    found += _owners(world, work)
    found += _versions(work, reference)
    for upload in work.uploads.values():
        job = world.job(upload.job_id)
        if job is None:
            found.append(f"{upload.key} {upload.version_id} has no job")
        else:
            check = JobCheck(world, upload.job_id, job, reference, upload, answerable=work.remembered)
            found += (f"{upload.job_id}: {what}" for what in check.faults())
            if check.end in LOADED:
                counts = {fate: job["counts"][fate] for fate in FATES}
                found += (
                    f"{upload.job_id}: {what}"
                    for what in receipt_faults(world, upload.job_id, upload.file, counts)
                )
    for name, job in jobs.items():
        found += (f"{name}: {what}" for what in trail_faults(world, name, job))
    for name in undoes:
        found += (f"{name}: {what}" for what in UndoCheck(world, name, jobs[name], reference).faults())
    return found


def _table(world: World, reference: Reference) -> Iterator[str]:
    """2, 3. The table holds what the reference says."""
    stored = {key.partition("#")[2]: from_item(item) for (key, _), item in world.records.items.items()}
    held = {key: (item["data"], item["version"]) for key, item in stored.items() if "data" in item}
    wanted = {
        key: (record.values, record.version)
        for key, record in reference.records.items()
        if record.values is not None
    }
    if held != wanted:
        yield f"the table holds {held}, it should hold {wanted}"


def _edits(reference: Reference) -> Iterator[str]:
    """7. What the API said of an edit is what happened."""
    for name, edit in reference.edits.items():
        if edit.answer == "answer" and name not in reference.edits_done:
            yield f"the API confirmed an edit that did not happen: {edit}"
        # whose record somebody else has written since finds no trace of its own
        if edit.answer in ("Conflict", "NotFound") and reference.is_last(name):
            yield f"the API refused an edit that did happen: {edit}"


def _owners(world: World, work: Workload) -> Iterator[str]:
    """2. The same content is loaded once, unless more was asked for.

    Known limit: who asks for more takes the claim at once, even in a step that was given up.
    """
    asked = {upload.file.body for upload in work.uploads.values() if upload.again}
    loaded: Counter[bytes] = Counter()
    for upload in work.uploads.values():
        job = world.job(upload.job_id)
        if job is None or job["state"] not in LOADED or upload.mode == "plan" or upload.file.body in asked:
            continue
        # content of a job that was undone may come again, and the undo may be undone after that
        if "undone" not in {moment["state"] for moment in job["timeline"]}:
            loaded[upload.file.body] += 1
    for count in loaded.values():
        if count > 1:
            yield f"the same content was loaded by {count} jobs"


def _versions(work: Workload, reference: Reference) -> Iterator[str]:
    """4. Of two versions of one object the later one decides; the older may fill what that leaves blank."""
    latest: dict[tuple[str, str], tuple[str, Values]] = {}
    for effect in reference.effects:
        upload = work.uploads.get(effect.job_id or "")
        if upload is None or upload.sequencer is None or effect.row is None:
            continue
        brought = upload.file.rows[effect.row - 1].values
        sequencer, decided = latest.get((upload.key, effect.key), ("", {}))
        before, after = effect.before or {}, effect.values or {}
        if sequencer > upload.sequencer and any(after.get(name) != before.get(name) for name in decided):
            yield f"{effect.key}: an older version of {upload.key} was stored over a later one"
        if sequencer <= upload.sequencer:
            latest[upload.key, effect.key] = (upload.sequencer, brought)
