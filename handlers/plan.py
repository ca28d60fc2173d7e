"""Step: compare one chunk with the records table."""

import cattrs
from attrs import frozen

from foreman_core.ledger import Ledger
from foreman_core.models import ChunkRef
from foreman_core.pipeline.comparing import Comparison
from foreman_core.pipeline.plan import plan_chunk
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
    records_table: str


@step("plan")
def handler(event: Event) -> Answer:
    """A `ChunkRef` → `{"index"}`."""
    settings = load(Settings)
    by = Comparison(
        ledger=Ledger(_clients.dynamodb(), settings.ledger_table),
        files=Files(_clients.s3(), settings.intake_bucket),
        schemas=schema_of,
        table=lambda record_type: Records(_clients.dynamodb(), settings.records_table, record_type),
    )
    chunk = plan_chunk(by, cattrs.structure(event, ChunkRef))
    return {"index": chunk.index}
