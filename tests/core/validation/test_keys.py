"""Who holds a key, row by row: the same whether keys are in memory or on disk."""

import sqlite3
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreman_core.errors import Unavailable
from foreman_core.models import SourceRow
from foreman_core.schema import Field, RecordSchema
from foreman_core.validation.holders import Holders
from foreman_core.validation.keys import Keys, Taken
from foreman_core.validation.keytable import Table

SCHEMA = RecordSchema(
    name="thing",
    plural="things",
    version="",
    fields=(Field(name="id"), Field(name="code")),
    primary_key="id",
    unique_keys=(("code",),),
)

rows = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d", None]), st.integers(0, 3), st.booleans()), max_size=60
)


def fates(keys: Keys, rows: list[tuple[str | None, int, bool]]) -> list[list[Taken] | None]:
    """What each row's claim brings. A row that holds its keys is accepted if it says so."""
    brought: list[list[Taken] | None] = []
    for number, (name, code, sound) in enumerate(rows, 1):
        row = SourceRow(number, number + 1, (name or "", str(code), str(sound)))
        brought.append(keys.claim(row, [name, code or None]))
        if brought[-1] == [] and sound:
            keys.accept()
    return brought


@settings(deadline=None)
@given(rows)
def test_keys_on_disk_have_the_holders_that_they_would_have_in_memory(
    rows: list[tuple[str | None, int, bool]],
) -> None:
    in_memory = fates(Keys(SCHEMA), rows)
    assert fates(Keys(SCHEMA, Holders(in_memory=0)), rows) == in_memory
    assert fates(Keys(SCHEMA, Holders(in_memory=4)), rows) == in_memory


def test_a_key_on_disk_is_taken_and_an_equal_row_is_a_repeat() -> None:
    keys = Keys(SCHEMA, Holders(in_memory=0))
    assert fates(keys, [("a", 1, True), ("b", 2, True), ("c", 3, True)]) == [[], [], []]
    assert keys.claim(SourceRow(4, 9, ("a", "1", "True")), ["a", 1]) is None
    assert keys.claim(SourceRow(5, 10, ("a", "3", "True")), ["a", 3]) == [Taken(0, 1, 2), Taken(1, 3, 4)]


GROWTH = """
import resource
from foreman_core.validation.holders import Holders
from hashlib import blake2b

holders = Holders(in_memory=20_000)
for place in range(1, 500_001):
    holders.settle()
    assert holders.first(blake2b(place.to_bytes(8), digest_size=16).digest(), place) == place
    if place == 100_000:
        early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert holders.first(blake2b((7).to_bytes(8), digest_size=16).digest(), 1) == 7
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early)
"""


def test_memory_does_not_grow_with_the_rows() -> None:
    """Four hundred thousand keys would take 58 MB."""
    run = subprocess.run(
        [sys.executable, "-c", GROWTH], check=True, capture_output=True, text=True, timeout=120
    )
    assert int(run.stdout) < 24 << 10


def test_a_full_disk_is_told() -> None:
    table = Table()
    # SQLite's own way to have no room
    table._rows.execute("PRAGMA max_page_count = 3")  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(Unavailable, match=r"no room left in .*TMPDIR") as told:
        table.add({number.to_bytes(16): number for number in range(1000)})
    assert told.value.code == "disk-full"
    assert isinstance(told.value.__cause__, sqlite3.OperationalError)
