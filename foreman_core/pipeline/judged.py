"""Where the files lie that a reading of a job's file has made.

Two may read a file at once: a step, and one that was taken for dead. What they find can differ, when
something was deployed, learned or corrected in between. Each has a place of its own, and the ledger names the
one that counts.
"""

from typing import Final

from foreman_core.models import Job
from foreman_core.storage import job_key

ACCEPTED: Final = "accepted.jsonl"
REJECTS: Final = "rejects.csv"
VERDICTS: Final = "verdicts.txt"
"""The rows that validation did not accept, in file order: `row line fate`, one a line."""

MAPPING: Final = "mapping.json"
ADMITTED: Final = "corrects.txt"
"""The rows of a correction that were let through: `row of`, one a line: its own row, and that of its job."""


def judged_key(job_id: str, judged: str, name: str) -> str:
    """The key of a file of one reading; `judged` is the hash of what it found."""
    return job_key(job_id, f"judged/{judged}/{name}")


def judged_by(job: Job, name: str) -> str:
    """The key of a file of the reading that counts. RuntimeError when a job's file was never judged."""
    if job.judged is None:
        raise RuntimeError(f"the file of {job.id} has not been judged, and has no {name}")
    return judged_key(job.id, job.judged, name)
