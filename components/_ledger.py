"""What the program knows of the ledger: its indexes and how long it holds a job. The runtime library has the
same.
"""

from typing import Final

JOBS_BY_TIME: Final = "jobs-by-time"
JOBS_AT_WORK: Final = "jobs-at-work"
JOB_DAYS: Final = 400
