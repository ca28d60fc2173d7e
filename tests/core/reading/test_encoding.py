"""Byte order mark, then strict UTF-8, then ask: no single-byte encoding is ever guessed."""

import io

import pytest

from foreman_core.errors import Refused
from foreman_core.models import SourceRow
from foreman_core.reading import Table, open_table


def opened(content: bytes, encoding: str | None = None) -> Table:
    return open_table(io.BytesIO(content), encoding=encoding)


def first_cells(table: Table) -> tuple[str, ...]:
    row = next(table.rows)
    assert isinstance(row, SourceRow)
    return row.cells


def refusal(content: bytes, encoding: str | None = None) -> Refused:
    with pytest.raises(Refused) as refused:
        list(opened(content, encoding).rows)
    return refused.value


def test_utf_8_is_the_default() -> None:
    table = opened("name\nZoë\n".encode())
    assert (table.encoding, table.bom, first_cells(table)) == ("utf-8", False, ("Zoë",))


def test_the_mark_of_utf_8_is_no_part_of_the_first_column() -> None:
    table = opened("name\nZoë\n".encode("utf-8-sig"))
    assert (table.encoding, table.bom, table.columns) == ("utf-8", True, ("name",))


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_mark_of_utf_16_declares_it(codec: str) -> None:
    table = opened("\ufeffname\tcity\nZoë\tKöln\n".encode(codec))
    assert (table.encoding, table.bom, table.delimiter) == ("utf-16", True, "\t")
    assert first_cells(table) == ("Zoë", "Köln")


@pytest.mark.parametrize("filler", [b"", b"x\n" * 200_000])
def test_a_bad_byte_anywhere_is_refused_with_its_line_and_the_remedy(filler: bytes) -> None:
    content = b"name\n" + filler + b"Zo\xeb\n"
    error = refusal(content)
    assert error.code == "unreadable-encoding"
    line = content.count(b"\n")
    assert f"line {line} " in error.message
    assert "0xEB" in error.message
    assert "--encoding cp1252" in error.message


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_the_line_of_a_bad_byte_counts_every_kind_of_line_end(end: bytes) -> None:
    assert "line 3 " in refusal(end.join([b"name", b"a", b"\xff"])).message


def test_a_sequence_that_the_end_of_the_file_cuts_off_is_refused() -> None:
    assert refusal(b"name\nZo\xc3").code == "unreadable-encoding"


@pytest.mark.parametrize("overlong", [b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
def test_what_rfc_3629_forbids_is_refused(overlong: bytes) -> None:
    assert refusal(b"name\n" + overlong + b"\n").code == "unreadable-encoding"


def test_a_named_encoding_is_used() -> None:
    table = opened("name\nZoë €5\n".encode("cp1252"), "cp1252")
    assert (table.encoding, first_cells(table)) == ("cp1252", ("Zoë €5",))


def test_a_named_encoding_is_used_strictly() -> None:
    error = refusal(b"name\nZo\x81\n", "cp1252")  # cp1252 has no character there
    assert error.code == "unreadable-encoding"
    assert "line 2 is not cp1252" in error.message


def test_a_named_encoding_that_the_mark_contradicts_is_refused() -> None:
    assert refusal("name\nZoë\n".encode("utf-8-sig"), "cp1252").code == "unreadable-encoding"


@pytest.mark.parametrize("name", ["klingon", "rot13", "hex", "", "a\0b"])
def test_a_name_that_is_no_encoding_is_refused(name: str) -> None:
    assert refusal(b"name\nZoe\n", name).code == "unreadable-encoding"


def test_naming_utf_8_leaves_a_mark_out_too() -> None:
    assert opened("name\nZoë\n".encode("utf-8-sig"), "UTF8").columns == ("name",)


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"PK\x03\x04\x14\x00", "xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"<!DOCTYPE html>\n<html>", "web page"),
        (b"  <html><body>", "web page"),
        (b'{"id": 1}\n', "JSON"),
        (b"\x89PNG\r\n\x1a\n", "image"),
    ],
)
def test_what_is_no_table_is_named(content: bytes, hint: str) -> None:
    error = refusal(content)
    assert error.code == "not-a-table"
    assert hint in error.message


def test_a_nul_byte_is_refused_with_its_line() -> None:
    error = refusal(b"id,name\n1,a\n2,\0\n")
    assert error.code == "not-a-table"
    assert "line 3" in error.message


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n", b"\r\n \r\n\t\n", b"\n" * 200_000])
def test_a_file_without_text_is_empty(content: bytes) -> None:
    assert refusal(content).code == "empty-file"
