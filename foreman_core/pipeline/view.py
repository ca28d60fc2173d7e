"""A job as the GraphQL API gives it."""

from typing import Any

import cattrs
import orjson

from foreman_core.models import Job


def job_document(job: Job) -> dict[str, Any]:
    """Every field of the job that is for others; the counts by name are AWSJSON, that is JSON as text."""
    document: dict[str, Any] = cattrs.unstructure(job)
    del document["approval_token"]
    for name in ("issues_by_code", "issues_by_field", "changes_by_field"):
        document[name] = orjson.dumps(dict(document[name])).decode()
    return document
