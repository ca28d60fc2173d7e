"""From bytes to records with physical line numbers. Nothing is coerced or trimmed: `00123` stays `00123`."""

from foreman_core.reading.delimited import Delimited
from foreman_core.reading.open import ACCEPTED, open_table
from foreman_core.reading.table import Readable, Table, Unreadable

__all__ = ["ACCEPTED", "Delimited", "Readable", "Table", "Unreadable", "open_table"]
