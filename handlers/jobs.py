"""GraphQL: jobs, singly and in pages."""

from collections.abc import Mapping
from typing import Any

from attrs import asdict, frozen

from foreman_core.errors import Refused
from foreman_core.ledger import Ledger
from foreman_core.pipeline.view import job_document
from handlers import _clients
from handlers._resolver import Arguments, Field, Identity, resolver
from handlers._settings import load

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 100


@frozen
class Settings:
    """The function's environment."""

    ledger_table: str


def _fields(_: Identity) -> Mapping[str, Field]:
    ledger = Ledger(_clients.dynamodb(), load(Settings).ledger_table)
    return {
        "job": lambda given: _one(ledger, given),
        "jobs": lambda given: _page(ledger, given),
        "jobAudit": lambda given: ledger.audit_trail(given["id"]),
        "jobProgress": lambda given: asdict(ledger.progress(given["id"])),
    }


def _one(ledger: Ledger, given: Arguments) -> dict[str, Any] | None:
    try:
        return job_document(ledger.job(given["id"]))
    except Refused:  # GraphQL says null of what is not there
        return None


def _page(ledger: Ledger, given: Arguments) -> dict[str, Any]:
    limit = min(max(given.get("limit") or DEFAULT_LIMIT, 1), LARGEST_LIMIT)
    page = ledger.jobs(limit=limit, token=given.get("nextToken"))
    return {"items": [job_document(job) for job in page.jobs], "nextToken": page.next_token}


# who follows a job asks several times a second: that is no part of the job's story
handler = resolver("jobs", _fields, job_of=lambda given: given.get("id"), answered="debug")
