"""What must be true when a run has come to rest, whatever happened in it.

The numbers are those of docs/simulation.md.
"""

from collections import Counter
from collections.abc import Iterator

from foreman_core.items import from_item
from simulation.accounts import LOADED, JobCheck
from simulation.reference import Reference
from simulation.workload import Workload
from simulation.world import World


def broken(world: World, work: Workload) -> list[str]:
    """The invariants that a run has broken, each in a sentence; none when all is well."""
    reference = Reference(work.uploads, work.edits)
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
            check = JobCheck(world, upload, job, reference)
            found += (f"{upload.job_id}: {what}" for what in check.faults())
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
    """2. The same content is loaded once, unless more was asked for."""
    loaded: Counter[bytes] = Counter()
    for upload in work.uploads.values():
        job = world.job(upload.job_id)
        if job is not None and job["state"] in LOADED and upload.mode == "load" and not upload.again:
            loaded[upload.file.body] += 1
    for count in loaded.values():
        if count > 1:
            yield f"the same content was loaded by {count} jobs"


def _versions(work: Workload, reference: Reference) -> Iterator[str]:
    """4. Of two versions of one object the later one decides."""
    latest: dict[tuple[str, str], str] = {}
    for effect in reference.effects:
        upload = work.uploads.get(effect.job_id or "")
        if upload is None or upload.sequencer is None:
            continue
        seen = latest.get((upload.key, effect.key), "")
        if seen > upload.sequencer:
            yield f"{effect.key}: an older version of {upload.key} was stored over a later one"
        latest[upload.key, effect.key] = max(seen, upload.sequencer)
