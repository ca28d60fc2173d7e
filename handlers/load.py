"""Step: load the plan of a small file, and add up what became of its rows."""

from functools import cache
from typing import Final

from attrs import frozen

from foreman_core.api import Api
from foreman_core.ledger import Ledger
from foreman_core.pipeline.comparing import Comparison
from foreman_core.pipeline.pausing import GoOn
from foreman_core.pipeline.whole import Writing, load
from foreman_core.records import Records
from foreman_core.signing import KmsSigner
from foreman_core.storage import Files
from handlers import _clients, _settings
from handlers._schemas import schema_of
from handlers._step import Answer, Event, long_step

THREADS: Final = 4
"""Requests to the API under way at once: a small file is loaded in one round, and many of them can be at
work.
"""


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    intake_bucket: str
    graphql_url: str
    records_table: str
    receipt_key: str


@cache
def _api(url: str) -> Api:
    return Api(url, _clients.appsync_auth())


@long_step("load")
def handler(event: Event, go_on: GoOn) -> Answer:
    """`{"job_id", "attempt"}` → `{"job_id", "state"}`."""
    settings = _settings.load(Settings)
    by = Writing(
        comparison=Comparison(
            ledger=Ledger(_clients.dynamodb(), settings.ledger_table),
            files=Files(_clients.s3(), settings.intake_bucket),
            schemas=schema_of,
            table=lambda record_type: Records(_clients.dynamodb(), settings.records_table, record_type),
        ),
        api=_api(settings.graphql_url),
        signer=KmsSigner(_clients.kms(), settings.receipt_key),
        threads=THREADS,
    )
    job = load(by, event["job_id"], attempt=event.get("attempt"), go_on=go_on)
    return {"job_id": job.id, "state": job.state.value}
