"""What the program is set to, from its own constants, and what single things take, as they were measured."""

from typing import Final, Literal

import attrs
from attrs import frozen

from components._finder import FIND_MINUTES
from components._state_machine import GUARD_S, TIMEOUT_S, WORKER_S
from components._steps import FUNCTION_CHUNKS, Step
from components.config import Config, Retention
from foreman_core.ahead import AT_ONCE
from foreman_core.loading import REQUEST_BYTES

Way = Literal["function", "map", "worker"]

_SET: Final = {each.name: each.default for each in (*attrs.fields(Config), *attrs.fields(Retention))}


@frozen(kw_only=True)
class Program:
    """What may be set (the first ones by `foreman:` keys), and the limits that the code gives itself."""

    chunk_rows: int = _SET["chunk_rows"]
    map_concurrency: int = _SET["map_concurrency"]
    function_bytes: int = _SET["function_bytes"]
    validate_memory_mb: int = _SET["validate_memory_mb"]
    validate_storage_mb: int = _SET["validate_storage_mb"]
    incoming_days: int = _SET["incoming_days"]
    worker_bytes: int = 0
    worker_threads: int = 16
    worker_cpus: float = 4
    worker_gb: float = 16
    worker_disk_gb: float = 100
    function_chunks: int = FUNCTION_CHUNKS
    seal_memory_mb: int = attrs.fields(Step).memory_mb.default
    step_seconds: dict[str, int] = attrs.field(factory=lambda: dict(TIMEOUT_S))
    worker_seconds: int = WORKER_S
    guard_seconds: int = GUARD_S
    find_minutes: int = FIND_MINUTES
    request_bytes: int = REQUEST_BYTES
    at_once: int = AT_ONCE

    def way(self, rows: int, size: float) -> Way:
        """Who does a file of so many rows and bytes: `foreman_core.pipeline.ways`."""
        if self.worker_bytes and size >= self.worker_bytes:
            return "worker"
        small = size <= self.function_bytes and -(-rows // self.chunk_rows) <= self.function_chunks
        return "function" if small else "map"


@frozen(kw_only=True)
class Measured:
    """What single things take: bytes of customers as the generator makes them, seconds as they were measured
    on a local machine, or, where AWS's own latency is most of it, as an assumption to be put right.
    """

    source_bytes: float = 131
    accepted_bytes: float = 321
    key_bytes: float = 50
    """Of keys on disk while a large file is judged."""
    record_bytes: float = 555
    chunk_item_bytes: float = 621
    job_item_bytes: float = 1_381
    chunk_memory_bytes: float = 1_934
    """Of a `PlannedChunk` in memory; sealing holds a reference of a third of that beside it."""
    job_changes: int = 8
    """Writes of a job's item from its record to its notice."""
    hash_bytes_a_second: float = 90e6
    """Of `ingest`: what a small function gets out of S3. An assumption."""
    validate_row_s: float = 6.7e-6
    account_row_s: float = 4.5e-6
    """Of reconciling: a line hashed, a leaf added, a fate read."""
    get_s: float = 0.025
    """Of one small object of S3. An assumption."""
    chunk_plan_s: float = 0.8
    """Of a child execution that plans: its start, the function, five reads of 100 records. An assumption."""
    chunk_load_s: float = 1.4
    """Of one that loads: its start, two functions, twenty batches of 25. An assumption."""
    chunk_small_s: float = 1.0
    """Of a chunk that a function or a worker loads by itself: no start. An assumption."""
    known_seconds: float = 0.025
    """Of asking the ledger for 100 jobs, in the search for lost files. An assumption."""
    list_seconds: float = 0.1
    """Of listing 1,000 versions. An assumption."""


UNIT: Final = 1024
"""Bytes of a write unit."""
