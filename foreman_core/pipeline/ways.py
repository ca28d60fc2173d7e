"""Which way a job goes on: who does the rest of a phase is a question of how much there is to do."""

from typing import Literal

from attrs import frozen

from foreman_core.models import Job, JobState

Way = Literal["function", "map", "worker"]
"""One function for the whole phase; a function for every chunk; a process without a time limit."""

Next = Literal["function", "map", "worker", "plan", "approve", "stop"]
"""What a step answers: the state machine's choices know these words."""


@frozen(kw_only=True)
class Ways:
    """Up to where one function does all of it, and from where on a worker does. `worker_bytes` is 0 where
    there are no workers.
    """

    function_bytes: int
    function_chunks: int
    worker_bytes: int

    def of(self, job: Job) -> Way:
        """Who does what is left of the phase that a job is in. Once its rows are counted, they decide, for
        few bytes can hold many rows.
        """
        size = job.source.bytes or 0
        if self.worker_bytes and size >= self.worker_bytes:
            return "worker"
        is_small = job.chunks <= self.function_chunks if job.validated else size <= self.function_bytes
        return "function" if is_small else "map"


def gate(job: Job, ways: Ways, *, attempt: int | None) -> Next:
    """Where a job goes whose plan is sealed: it is loaded, waits for a person, or stops there."""
    if job.is_stale(attempt):
        return "stop"
    if job.state is JobState.LOADING:
        return ways.of(job)
    return "approve" if job.is_at_work and job.awaits_approval else "stop"
