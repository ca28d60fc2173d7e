"""The names of the ledger's indexes; the runtime library knows them by the same."""

from typing import Final

JOBS_BY_TIME: Final = "jobs-by-time"
JOBS_AT_WORK: Final = "jobs-at-work"
