"""A mapping that holds for all files with the same columns from now on."""

from foreman_core.errors import Refused
from foreman_core.mapping import map_columns, sent_json
from foreman_core.remembered import Mappings
from foreman_core.schema import RecordSchema


def remember(mappings: Mappings, schema: RecordSchema, text: str) -> str:
    """Keep a mapping (JSON) for files with the columns of its `header`; their signature.

    Refused(`bad-mapping`) when it has no header, or names what its header or the schema does not have; and as
    `map_columns` says when such files could not be read with it: nothing is kept then.
    """
    decided = sent_json(text)
    if not decided.header:
        raise Refused("bad-mapping", "the mapping has no header: name the columns that it was decided for")
    map_columns(decided.header, schema, decided)
    return mappings.remember(decided)
