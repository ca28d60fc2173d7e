"""The notice of a job's end: counts, reasons and where to look; never a value of a row."""

from typing import TYPE_CHECKING, Final

from foreman_core.models import Job, JobState
from foreman_core.storage import job_key

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

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


class Notices:
    """The stack's notification topic."""

    def __init__(self, client: "SNSClient", topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def send(self, job: Job) -> None:
        """Publish a job's notice, with the attributes `job_id` and `state` to filter and de-duplicate by."""
        self._client.publish(
            TopicArn=self._topic_arn,
            Subject=subject(job),
            Message=message(job),
            MessageAttributes={
                "job_id": {"DataType": "String", "StringValue": job.id},
                "state": {"DataType": "String", "StringValue": job.state.value},
            },
        )


def subject(job: Job) -> str:
    """One line of ASCII: what happened to which file."""
    state = ("" if job.undoes is None else "undo ") + job.state.replace("_", " ")
    name = job.source.name.encode("ascii", "replace").decode()
    name = "".join(char if char.isprintable() else "?" for char in name)
    return f"Foreman: {state}: {name}"[:SUBJECT_LENGTH]


def message(job: Job) -> str:
    """The notice's text: the account of the rows, the reasons, and where the details are."""
    counts = job.counts
    lines = [f"File:  {job.source.name}", f"Job:   {job.id}", f"State: {job.state.replace('_', ' ')}"]
    if job.reason is not None:
        lines.append(f"Why:   {job.reason.message} ({job.reason.code})")
        if job.reason.command is not None:
            lines.append(f"Go on: {job.reason.command}")
    if job.undoes is not None:
        lines.append(f"Undoes: {job.undoes}")
    if job.corrects is not None:
        lines.append(f"Corrects: {job.corrects}")
    if job.duplicate_of is not None:
        lines.append(f"See:   {job.duplicate_of}")
    if counts.read:
        fates = [f"{getattr(counts, fate):,} {fate}" for fate in FATES if getattr(counts, fate)]
        lines.append(f"Rows:  {counts.read:,} read = {' + '.join(fates)}")
    top = sorted(job.issues_by_code.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    if top:
        lines.append("Issues: " + ", ".join(f"{number:,} {code}" for code, number in top))
    if (counts.rejected or counts.conflict) and job.undoes is None:
        lines.append(f"Rejects: s3://{job.source.bucket}/{job_key(job.id, 'rejects.csv')}")
    if job.state is JobState.PLANNED:
        how = f"submit --plan {job.id}" if job.undoes is None else f"undo {job.undoes}"
        lines.append(f"Load it: foreman {how}")
    return "\n".join(lines)
