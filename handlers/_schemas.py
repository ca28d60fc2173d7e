"""The schemas that were packed beside the code, each read once."""

from functools import cache

from foreman_core.schema import RecordSchema, find_schema


@cache
def schema_of(record_type: str) -> RecordSchema:
    """The schema of a record type."""
    return find_schema(record_type)
