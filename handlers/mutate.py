"""Step: load one sealed chunk through the GraphQL API."""

from functools import cache

import cattrs
from attrs import frozen

from foreman_core.api import Api
from foreman_core.ledger import Ledger
from foreman_core.models import PlanChunkRef
from foreman_core.pipeline.comparing import Comparison
from foreman_core.pipeline.mutate import mutate_chunk
from foreman_core.records import Records
from foreman_core.storage import Files
from handlers import _clients
from handlers._schemas import schema_of
from handlers._settings import load
from handlers._step import Answer, Event, step


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    intake_bucket: str
    graphql_url: str
    records_table: str


@cache
def _api(url: str) -> Api:
    return Api(url, _clients.appsync_auth())


@step("mutate")
def handler(event: Event) -> Answer:
    """A `PlanChunkRef` → `{"index"}`."""
    settings = load(Settings)
    by = Comparison(
        ledger=Ledger(_clients.dynamodb(), settings.ledger_table),
        files=Files(_clients.s3(), settings.intake_bucket),
        schemas=schema_of,
        table=lambda record_type: Records(_clients.dynamodb(), settings.records_table, record_type),
    )
    chunk = mutate_chunk(by, _api(settings.graphql_url), cattrs.structure(event, PlanChunkRef))
    return {"index": chunk.index}
