"""A job as the APIs give it."""

from typing import Any

import cattrs
import orjson

from foreman_core.models import Job


def job_values(job: Job) -> dict[str, Any]:
    """Every field of the job that is for others."""
    document: dict[str, Any] = cattrs.unstructure(job)
    del document["approval_token"]
    return document


def job_document(job: Job) -> dict[str, Any]:
    """The job as GraphQL has it: the counts by name are AWSJSON, that is JSON as text."""
    document = job_values(job)
    for name in ("issues_by_code", "issues_by_field", "changes_by_field"):
        document[name] = orjson.dumps(dict(document[name])).decode()
    return document
