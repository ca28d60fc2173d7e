"""How a job that rests is left alone."""

from typing import TYPE_CHECKING

from foreman_core.errors import Undecided
from foreman_core.ledger import Ledger
from foreman_core.models import JobState
from foreman_core.pipeline.outcome import fail, refused
from foreman_core.storage import Files
from tests.core.pipeline.test_review import a_job

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


def test_a_question_stays_open_when_its_notice_could_not_be_sent(
    dynamodb: "DynamoDBClient", s3: "S3Client", ledger_table: str
) -> None:
    ledger = Ledger(dynamodb, ledger_table)
    job = ledger.create(a_job())
    asked = refused(ledger, job, Undecided("not-a-table", "Which sheet?", [("--sheet", "SHEET")]))
    assert asked.state is JobState.NEEDS_REVIEW
    assert fail(ledger, Files(s3, "no-bucket-is-touched"), job.id, "States.Timeout") == asked
