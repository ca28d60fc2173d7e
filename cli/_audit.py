"""The audit trail of a job, as it is read and checked."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from rich.table import Table

from cli._api import Api
from cli._screen import table
from foreman_core.audit import broken_at
from foreman_core.models import Job

_SHOWN: Final = {"job", "number", "at", "who", "door", "what", "previous"}


@frozen
class Trail:
    """The events, and where they do not follow from each other (None: they do)."""

    events: Sequence[Mapping[str, Any]]
    fault: str | None

    @property
    def document(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {"events": list(self.events), "holds": self.fault is None, "fault": self.fault}

    def table(self) -> Table:
        """An event a line."""
        rows = [
            (event["at"], event["who"], event["door"], event["what"], _more(event)) for event in self.events
        ]
        return table(("at", "who", "through", "what", ""), rows)


def read_trail(api: Api, job: Job) -> Trail:
    """Read and check the audit trail of a job."""
    texts = api.audit_trail(job.id)[: job.audits]  # the job may have moved on since it was read
    fault = broken_at(job.id, texts, audits=job.audits, head=job.audit_head, state=job.state)
    return Trail([json.loads(text) for text in texts], fault)


def _more(event: Mapping[str, Any]) -> str:
    parts = [f"{name} {_text(value)}" for name, value in event.items() if name not in _SHOWN and value]
    return ", ".join(parts)


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
