"""GraphQL: start an import, approve a plan, undo, retry or cancel a job, remember a mapping."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from foreman_core.audit import caller
from foreman_core.ledger import Ledger
from foreman_core.pipeline.cancel import request_cancel
from foreman_core.pipeline.options import read_options
from foreman_core.pipeline.remember import remember
from foreman_core.pipeline.request_undo import request_undo
from foreman_core.pipeline.retry import request_retry
from foreman_core.pipeline.start import approve_plan, start_import
from foreman_core.pipeline.view import job_document
from foreman_core.remembered import Mappings
from foreman_core.storage import Files
from foreman_core.workflow import Workflow
from handlers import _clients
from handlers._resolver import Arguments, Field, Identity, resolver
from handlers._schemas import schema_of
from handlers._settings import load


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str
    intake_bucket: str
    state_machine_arn: str
    record_type: str


def _fields(identity: Identity) -> Mapping[str, Field]:
    settings = load(Settings)
    ledger = Ledger(_clients.dynamodb(), settings.ledger_table, actor=caller(identity))
    workflow = Workflow(_clients.states(), settings.state_machine_arn)
    return {
        "startImport": lambda given: _start(settings, ledger, workflow, given["input"]),
        "approvePlan": lambda given: job_document(approve_plan(ledger, workflow, job_id=given["id"])),
        "undoJob": lambda given: job_document(
            request_undo(ledger, workflow, job_id=given["id"], dry_run=bool(given.get("dry_run")))
        ),
        "retryJob": lambda given: job_document(request_retry(ledger, workflow, job_id=given["id"])),
        "cancelJob": lambda given: job_document(request_cancel(ledger, workflow, job_id=given["id"])),
        "rememberMapping": lambda given: _remember(settings, given["mapping"]),
    }


def _start(settings: Settings, ledger: Ledger, workflow: Workflow, given: Arguments) -> dict[str, Any]:
    job = start_import(
        ledger,
        workflow,
        Files(_clients.s3(), settings.intake_bucket),
        key=given["key"],
        version_id=given["version_id"],
        name=given["name"],
        mode=given["mode"],
        again=bool(given.get("again")),
        options=read_options(given.get("options") or {}),
        record_type=settings.record_type,
    )
    return job_document(job)


def _remember(settings: Settings, mapping: str) -> dict[str, Any]:
    schema = schema_of(settings.record_type)
    mappings = Mappings(_clients.dynamodb(), settings.ledger_table, schema.name)
    return {"signature": remember(mappings, schema, mapping), "record_type": schema.name}


handler = resolver("imports", _fields, job_of=lambda given: given.get("id"))
