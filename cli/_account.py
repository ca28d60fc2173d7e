"""The account of a job, for a person: what became of every row, why it ended so, and what to do next."""

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from cli._errors import FAILED
from cli._job import JobView, exit_code, waits
from cli._screen import facts, table
from cli._text import plural, safe, size
from foreman_core.models import Counts, Job, JobState, Options

FATES: Final = (
    "created",
    "updated",
    "deleted",
    "unchanged",
    "kept",
    "rejected",
    "duplicate",
    "blank",
    "conflict",
)
WRITTEN: Final = {"created", "updated", "deleted", "kept"}
"""What is still to be when a job stops at its plan."""

_STYLE: Final = {
    JobState.SUCCEEDED: "bold green",
    JobState.PLANNED: "bold green",
    JobState.UNDONE: "bold yellow",
    JobState.PARTIALLY_SUCCEEDED: "bold yellow",
    JobState.NEEDS_REVIEW: "bold yellow",
    JobState.FAILED: "bold red",
    JobState.CANCELLED: "bold yellow",
}


def headline(seen: JobView) -> Text:
    """One line: the file, how it ended, how long it took."""
    job = seen.job
    name = safe(job.source.name)
    if seen.is_duplicate:
        return Text.assemble((name, "bold"), ": duplicate file, nothing to do")
    state = Text(job.state.replace("_", " "), style=_STYLE.get(job.state, "bold"))
    taken = seconds(job)
    return Text.assemble((title(job), "bold"), ": ", state, f" in {taken:.1f} s" if taken else "")


def title(job: Job) -> str:
    """The name of the job's file, or of the file whose load it undoes."""
    name = safe(job.source.name)
    return f"undo of {name}" if job.undoes else name


def account(seen: JobView) -> RenderableType:
    """Everything a person wants to know of a job that has come to rest."""
    job = seen.job
    parts: list[RenderableType] = [headline(seen), facts(_facts(job))]
    if job.counts.read:
        parts += [Text(), _equation_of(job)]
    if job.changes_by_field and job.state is JobState.PLANNED:
        parts += [Text(), _changes(job)]
    if seen.job.issues_by_code:
        parts += [Text(), _issues(job)]
    advice = next_steps(seen)
    if advice:
        parts += [Text(), Text("Next", style="bold"), *(Text(f"  {line}") for line in advice)]
    return Group(*parts)


def seconds(job: Job) -> float:
    """How long Foreman worked on the job; the time that a plan waited for its approval is not counted, nor
    that before a job was undone.
    """
    moments = [(moment.state, datetime.fromisoformat(moment.at)) for moment in job.timeline]
    return sum(
        (end - start).total_seconds()
        for (state, start), (_, end) in pairwise(moments)
        if state is not JobState.PLANNED and not state.is_final
    )


def _equation_of(job: Job) -> Text:
    unfinished = job.state in {JobState.LOADING, JobState.CANCELLED}
    return equation(job.counts, planned=waits(job), unfinished=unfinished)


def fates_of(job: Job) -> str:
    """`8 created, 2 rejected`: what became of the rows, or is to be."""
    return ", ".join(
        f"{number:,} {fate}" for number, fate in _terms(job.counts, planned=waits(job)) if number
    )


def _terms(counts: Counts, *, planned: bool) -> list[tuple[int, str]]:
    return [
        (getattr(counts, fate), ("to be " if planned and fate in WRITTEN else "") + fate) for fate in FATES
    ]


def equation(counts: Counts, *, planned: bool = False, unfinished: bool = False) -> Text:
    """`10 read = 8 created + … `, and whether it is true. An unfinished load has rows that are left."""
    terms = _terms(counts, planned=planned)
    if unfinished:
        terms.append((counts.pending, "not loaded"))
    shown = " + ".join(f"{number:,} {fate}" for number, fate in terms if number) or "0"
    line = Text(f"{counts.read:,} read = {shown}")
    missing = counts.read - sum(number for number, _ in terms)
    if missing:
        line.append(f"  does not balance: {plural(missing, 'row')} without an outcome", style="bold red")
    return line


def _facts(job: Job) -> dict[str, str]:
    source = job.source
    found = {"job": job.id}
    if source.bytes is not None:
        found["file"] = f"{size(source.bytes)}, sha256 {source.sha256 or 'not known yet'}"
    found["object"] = f"s3://{source.bucket}/{source.key}"
    read = _read_with(job.options)
    if read:
        found["read with"] = read
    if job.plan_id:
        found["plan"] = job.plan_id
    if job.undoes:
        found["undoes"] = job.undoes
    if job.corrects:
        found["corrects"] = job.corrects
    if job.corrections:
        found["corrected"] = f"by {plural(job.corrections, 'file')} sent since; the counts hold them"
    if job.duplicate_of:
        found["loaded by"] = job.duplicate_of
    if job.reason is not None:
        found["reason"] = f"{job.reason.message} ({job.reason.code})"
    if (job.counts.rejected or job.counts.conflict) and not job.undoes:
        found["rejects"] = rejects_uri(job)
    return found


def _read_with(options: Options) -> str:
    """How the file is read, as far as somebody has said it."""
    said = {"encoding": options.encoding, "delimiter": options.delimiter, "sheet": options.sheet}
    parts = [f"{name} {value!r}" for name, value in said.items() if value is not None]
    parts += [] if options.header else ["no header"]
    parts += [] if options.mapping is None else ["a mapping"]
    return ", ".join(parts)


def rejects_uri(job: Job) -> str:
    """Where the rows that did not pass lie, in the file's own columns, with the reasons."""
    return f"s3://{job.source.bucket}/jobs/{job.id}/rejects.csv"


def _changes(job: Job) -> RenderableType:
    rows = [(name, f"{number:,}") for name, number in _most(job.changes_by_field)]
    return table(("field", "rows that change it"), rows, numbers=("rows that change it",))


def _issues(job: Job) -> RenderableType:
    rows = [("code", code, f"{number:,}") for code, number in _most(job.issues_by_code)]
    rows += [("field", name, f"{number:,}") for name, number in _most(job.issues_by_field)]
    return table(("issues by", "", "count"), rows, numbers=("count",))


def _most(found: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def next_steps(seen: JobView) -> list[str]:
    """Commands that make sense now, ready to be typed."""
    return _after_undo(seen.job) if seen.job.undoes else _after_load(seen.job)


def _after_undo(job: Job) -> list[str]:
    match job.state:
        case JobState.PLANNED:
            return [f"./foreman undo {job.undoes}    do exactly this"]
        case JobState.SUCCEEDED | JobState.PARTIALLY_SUCCEEDED:
            return [f"./foreman undo {job.id}    undo the undo"]
        case _:
            return []


def _after_load(job: Job) -> list[str]:
    match job.state:
        case JobState.PLANNED if waits(job):
            return [
                f"./foreman submit --plan {job.id}    load exactly this plan",
                *([f"./foreman cancel {job.id}    load nothing"] if job.awaits_approval else []),
            ]
        case JobState.FAILED if exit_code(job) == FAILED:
            return [
                f"./foreman retry {job.id}    go on where it stopped",
                f"./foreman logs --job {job.id}    what was logged of it",
            ]
        case JobState.FAILED:
            return ["Correct the file and send it again; nothing of it is stored."]
        case JobState.CANCELLED:
            return _after_cancel(job)
        case _ if job.counts.rejected or job.counts.conflict:
            return [f"./foreman rejects {job.id} -o rejects.csv    correct these rows, and submit the file"]
        case _:
            command = None if job.reason is None else job.reason.command
            return [] if command is None else [command]


def _after_cancel(job: Job) -> list[str]:
    if job.duplicate_of:
        return [
            f"./foreman job {job.duplicate_of}    what the earlier load did",
            "./foreman submit --again FILE    load the same content once more",
        ]
    if any(moment.state is JobState.LOADING for moment in job.timeline):
        return [
            f"./foreman undo {job.id}    put back what was loaded",
            f"./foreman retry {job.id}    load the rest",
        ]
    return []
