"""The timeline of a job: its states with what they took, and what else happened to it, in one order."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

from attrs import asdict, frozen
from rich.console import RenderableType

from cli._account import FATES, WRITTEN
from cli._job import JobView
from cli._screen import table
from cli._text import plural
from foreman_core.models import Job, JobState

_OURS: Final = {"foreman"}
"""Who acts when nobody asked for it."""
_TOLD_BY_STATES: Final = {"created", "moved", "recorded by the state machine"}


@frozen(kw_only=True)
class Entry:
    """One line: when (ISO 8601 in UTC), what, and how many seconds until the next state, if it is a state."""

    at: str
    what: str
    seconds: float | None = None
    more: str = ""


def timeline(seen: JobView, events: Sequence[Mapping[str, Any]], *, now: datetime) -> list[Entry]:
    """What happened, in the order of time. `events` are those of the audit trail."""
    entries = [*_states(seen, events, now), *_changes(events), *_notice(seen.job)]
    return sorted(entries, key=lambda entry: datetime.fromisoformat(entry.at))


def shown(entries: Sequence[Entry]) -> RenderableType:
    """A line for each entry."""
    rows = [
        (entry.at[:19].replace("T", " "), "" if entry.seconds is None else _took(entry.seconds), _text(entry))
        for entry in entries
    ]
    return table(("at (UTC)", "took", "what happened"), rows, numbers=("took",))


def document(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """What `--json` prints."""
    return [asdict(entry) for entry in entries]


def _states(seen: JobView, events: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[Entry]:
    told = {(event.get("to"), event["at"]): event for event in events}
    for moment, following in zip_longest(seen.job.timeline, seen.job.timeline[1:]):
        end = now if following is None and not seen.rests else None
        if following is not None and not moment.state.is_final:
            end = datetime.fromisoformat(following.at)
        taken = None if end is None else (end - datetime.fromisoformat(moment.at)).total_seconds()
        event = told.get((moment.state, moment.at), {})
        what = moment.state.replace("_", " ")
        if following is None and not seen.rests:
            what += ", so far"
        yield Entry(at=moment.at, what=what, seconds=taken, more=_details(seen.job, moment.state, event))


def _changes(events: Sequence[Mapping[str, Any]]) -> Iterator[Entry]:
    for event in events:
        if event["what"] not in _TOLD_BY_STATES:
            by = event.get("by")
            yield Entry(
                at=event["at"], what=event["what"], more=_joined(f"by {by}" if by else "", _who(event))
            )


def _notice(job: Job) -> Iterator[Entry]:
    if job.notified_at is not None:
        yield Entry(at=job.notified_at, what="notice sent")


def _details(job: Job, state: JobState, event: Mapping[str, Any]) -> str:
    counts: Mapping[str, int] = event.get("counts") or {}
    planned = state is JobState.PLANNED
    fates = [
        f"{counts[fate]:,} {'to be ' if planned and fate in WRITTEN else ''}{fate}"
        for fate in FATES
        if counts.get(fate)
    ]
    chunks = plural(job.chunks, "chunk") if planned else ""
    return _joined(", ".join(fates), chunks, str(event.get("reason", "")), _who(event))


def _who(event: Mapping[str, Any]) -> str:
    """Who did it, unless it is Foreman on its way."""
    if event.get("door") == "sweeper":
        return "the sweeper"
    who = str(event.get("who", ""))
    return "" if who in _OURS else who


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _text(entry: Entry) -> str:
    return f"{entry.what}: {entry.more}" if entry.more else entry.what


def _took(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`."""
    if seconds < 10:  # noqa: PLR2004 - below it, tenths matter
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    for size, unit, smaller, rest in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // smaller} {rest}"
    return f"{whole} s"
