"""gzip and zip around a table: unpacked while it is read, and never more than a table can be."""

import gzip
import hashlib
import io
import tracemalloc
import zipfile
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.errors import Refused
from foreman_core.reading import Table, Unreadable, container, open_table
from tests.core.reading._workbooks import xlsx

CSV: Final = b"id,name\n1,Ada\n2,Joan\n"
LINES: Final = b'{"id": 1}\n{"id": 2}\n'


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return content.getvalue()


def opened(content: bytes) -> Table:
    return open_table(io.BytesIO(content))


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows if not isinstance(row, Unreadable)]


def refusal(content: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        list(opened(content).rows)
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(CSV),
        gzip.compress(CSV[:9]) + gzip.compress(CSV[9:]),
        gzip.compress(CSV) + bytes(512),
        zipped({"customers.csv": CSV}),
        zipped({"customers.csv": CSV}, zipfile.ZIP_STORED),
        zipped({"customers.csv": CSV}, zipfile.ZIP_BZIP2),
        zipped(
            {"export/": b"", "export/customers.csv": CSV, "__MACOSX/._customers.csv": b"x", ".DS_Store": b"y"}
        ),
    ],
)
def test_an_archive_is_unpacked(content: bytes) -> None:
    table = opened(content)
    assert (table.format, table.columns) == ("csv", ("id", "name"))
    assert cells(table) == [("1", "Ada"), ("2", "Joan")]
    assert (table.bytes, table.sha256) == (len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(("body", "kind"), [(LINES, "jsonl"), (xlsx({"S": [["id"], ["1"]]}), "xlsx")])
def test_other_formats_are_packed_too(body: bytes, kind: str) -> None:
    assert opened(gzip.compress(body)).format == kind
    assert opened(zipped({"a": body})).format == kind


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zipped({"a.csv": CSV, "b.csv": CSV}), "2 files: 'a.csv', 'b.csv'"),
        (zipped({}), "is empty"),
        (zipped({"a.zip": zipped({"a.csv": CSV})}), "archive is inside"),
        (zipped({"a.gz": gzip.compress(CSV)}), "archive is inside"),
        (gzip.compress(gzip.compress(CSV)), "archive is inside"),
        (gzip.compress(zipped({"a.csv": CSV})), "archive is inside"),
        (gzip.compress(CSV)[:-6], "damaged or was cut off"),
        (gzip.compress(CSV) + b"rubbish", "damaged or was cut off"),
        (zipped({"a.csv": CSV})[:-30], "damaged or was cut off"),
        (
            zipped({"a.csv": CSV * 99}, zipfile.ZIP_STORED).replace(b"Joan", b"John", 7),
            "damaged or was cut off",
        ),
    ],
)
def test_what_is_no_one_table_is_refused(content: bytes, said: str) -> None:
    error = refusal(content)
    assert error.code == "not-a-table"
    assert said in error.message


def test_a_password_is_named() -> None:
    content = bytearray(zipped({"a.csv": CSV}))
    content[content.index(b"PK\x01\x02") + 8] |= (
        1  # https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.4.4
    )
    assert "password" in refusal(bytes(content)).message


def test_a_bomb_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "_RATIO_FROM", 1 << 20)
    body = b"id,name\n" + b"1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" * 400_000
    tracemalloc.start()
    for content in (gzip.compress(body), zipped({"a.csv": body})):
        tracemalloc.reset_peak()
        with pytest.raises(Refused, match="bytes come out of this") as caught:
            list(map(type, opened(content).rows))
        assert caught.value.code == "too-large"
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()


def unopened(*_: object) -> None:
    pytest.fail("the archive was opened")


def test_a_bomb_that_says_what_it_is_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "_RATIO_FROM", 1000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("customers.csv", "a,b\n" * 100_000)
    monkeypatch.setattr(zipfile.ZipFile, "open", unopened)
    with pytest.raises(Refused, match=r"400,000 bytes come out of this zip archive") as caught:
        open_table(io.BytesIO(packed.getvalue()))
    assert caught.value.code == "too-large"


def test_a_large_archive_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "ARCHIVE_LIMIT", 100)
    assert refusal(zipped({"a.csv": CSV})).code == "too-large"


def test_a_workbook_that_lies_about_its_size_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "WORKBOOK_LIMIT", 100_000)
    content = io.BytesIO(xlsx({"S": [["id"], ["1"]]}))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/big.bin", b"\0" * 10_000_000)
        for member in archive.infolist():
            member.file_size = min(member.file_size, 10)
    assert refusal(content.getvalue()).code == "too-large"


@given(
    st.sampled_from([b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"{", b"["]), st.binary()
)
def test_no_rubbish_crashes(magic: bytes, rest: bytes) -> None:
    try:
        list(opened(magic + rest).rows)
    except Refused as refused:
        assert refused.message  # noqa: PT017 - either is fine, anything else is not


@given(st.binary(max_size=300))
def test_any_gzip_is_read_or_refused(body: bytes) -> None:
    try:
        packed = cells(opened(gzip.compress(body)))
    except Refused as refused:
        with pytest.raises(Refused) as plain:
            list(opened(body).rows)
        assert plain.value.code == refused.code or body.startswith((b"\x1f\x8b", b"PK"))  # noqa: PT017
    else:
        assert packed == cells(opened(body))
