"""Which column of a file is which field of a record, and which texts in it stand for which values."""

from foreman_core.mapping.columns import Fits, map_columns, propose
from foreman_core.mapping.files import (
    Decided,
    as_json,
    from_json,
    read_decided,
    read_remembered,
    sent_json,
    written,
)
from foreman_core.mapping.model import How, Mapping, Match, Suggestion
from foreman_core.mapping.signature import signature

__all__ = [
    "Decided",
    "Fits",
    "How",
    "Mapping",
    "Match",
    "Suggestion",
    "as_json",
    "from_json",
    "map_columns",
    "propose",
    "read_decided",
    "read_remembered",
    "sent_json",
    "signature",
    "written",
]
