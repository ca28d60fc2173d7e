"""What a notice says: counts, codes, the file's name, the job's id. Never a value of a row.

The reason's sentence stays in the ledger: it may quote a header or a cell. See docs/notifications.md.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import cattrs

from foreman_core.models import Job, JobState

Outcome = Literal["success", "partial", "failure"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("success", "partial", "failure")
DEFAULT_CUSTOMER: Final = "default"
INCOMING: Final = "incoming"
SUBJECT_LENGTH: Final = 99
"""SNS wants a subject of fewer than 100 ASCII characters:
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""

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
    "pending",
)
TOP: Final = 5

_OUTCOME: Final[Mapping[JobState, Outcome]] = {
    JobState.SUCCEEDED: "success",
    JobState.UNDONE: "success",
    JobState.PARTIALLY_SUCCEEDED: "partial",
    JobState.NEEDS_REVIEW: "partial",
    JobState.PLANNED: "partial",  # it waits for somebody to approve it
    JobState.FAILED: "failure",
    JobState.CANCELLED: "failure",
}


def customer_of(key: str) -> str:
    """Whose file an object is: the folder under `incoming/`, or `default` where there is none."""
    first, *further = key.split("/")
    has_folder = first == INCOMING and len(further) > 1 and further[0]
    return one_line(further[0]) if has_folder else DEFAULT_CUSTOMER


def document(job: Job) -> dict[str, Any]:
    """The notice for machines: JSON in the form of https://www.standardwebhooks.com. KeyError for a job that
    is under way.

    Its `id` is the same however often the notice is sent: the job's, and the number of its moments.
    """
    outcome = _OUTCOME[job.state]
    return {
        "id": f"{job.id}-{len(job.timeline)}",
        "type": f"job.{outcome}",
        "timestamp": job.timeline[-1].at if job.timeline else job.updated_at,
        "data": {
            "job_id": job.id,
            "state": job.state.value,
            "outcome": outcome,
            "customer": customer_of(job.source.key),
            "record_type": job.record_type,
            "file": job.source.name,
            "mode": job.mode,
            "reason": None if job.reason is None else job.reason.code,
            "undoes": job.undoes,
            "corrects": job.corrects,
            "duplicate_of": job.duplicate_of,
            "has_rejects": bool(job.counts.rejected or job.counts.conflict) and job.undoes is None,
            "counts": cattrs.unstructure(job.counts),
            "issues_by_code": dict(job.issues_by_code),
        },
    }


def attributes(told: Mapping[str, Any]) -> dict[str, str]:
    """What filter policies can go by."""
    return {name: told["data"][name] for name in ("job_id", "state", "outcome", "customer")}


def headline(told: Mapping[str, Any]) -> str:
    """In a line: what happened to which file."""
    data = told["data"]
    state = ("" if data["undoes"] is None else "undo ") + data["state"].replace("_", " ")
    return f"{state}: {one_line(data['file'])}"


def subject(told: Mapping[str, Any]) -> str:
    """The headline as one line of ASCII."""
    return f"Foreman: {headline(told)}".encode("ascii", "replace").decode()[:SUBJECT_LENGTH]


def one_line(name: str) -> str:
    """A name without line breaks and control characters."""
    return "".join(char if char.isprintable() else "?" for char in name)


def fates(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """What became of the rows, without what became of none."""
    return [(fate, counts[fate]) for fate in FATES if counts[fate]]


def top(issues: Mapping[str, int]) -> list[tuple[str, int]]:
    """The codes that occur most, with how often."""
    return sorted(issues.items(), key=lambda item: (-item[1], item[0]))[:TOP]


def commands(data: Mapping[str, Any]) -> list[str]:
    """What to type next, the most useful first."""
    job_id = data["job_id"]
    if data["state"] == JobState.PLANNED:
        how = f"submit --plan {job_id}" if data["undoes"] is None else f"undo {data['undoes']}"
        return [f"foreman {how}", f"foreman job {job_id}"]
    rejects = [f"foreman rejects {job_id} -o rejects.csv"] if data["has_rejects"] else []
    return [*rejects, f"foreman job {job_id}"]


def text(told: Mapping[str, Any]) -> str:
    """The notice for people: the account of the rows, the reasons, and where the details are."""
    data = told["data"]
    lines = [
        f"File:  {one_line(data['file'])}",
        f"Job:   {data['job_id']}",
        f"State: {data['state'].replace('_', ' ')}",
    ]
    if data["reason"] is not None:
        lines.append(f"Why:   {data['reason'].replace('-', ' ')} ({data['reason']})")
    for name, label in (("undoes", "Undoes:"), ("corrects", "Corrects:"), ("duplicate_of", "See:  ")):
        if data[name] is not None:
            lines.append(f"{label} {data[name]}")
    if data["counts"]["read"]:
        account = " + ".join(f"{number:,} {fate}" for fate, number in fates(data["counts"]))
        lines.append(f"Rows:  {data['counts']['read']:,} read = {account}")
    if data["issues_by_code"]:
        listed = ", ".join(f"{number:,} {code}" for code, number in top(data["issues_by_code"]))
        lines.append(f"Issues: {listed}")
    lines += [f"{'Next: ' if number == 0 else '      '} {line}" for number, line in enumerate(commands(data))]
    return "\n".join(lines)
