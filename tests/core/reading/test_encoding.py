"""Byte order mark, then strict UTF-8, then ask: no single-byte encoding is ever guessed."""

import io

import pytest

from foreman_core.errors import Refused
from foreman_core.models import SourceRow
from foreman_core.reading import Table, Unreadable, open_table


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


def faults(content: bytes, encoding: str | None = None) -> list[Unreadable]:
    """The records that are no rows, each of them for its encoding."""
    found = [row for row in opened(content, encoding).rows if isinstance(row, Unreadable)]
    assert all(each.issue.code == "encoding" for each in found)
    return found


@pytest.mark.parametrize("filler", [b"", b"x\n" * 200_000])
def test_a_bad_byte_costs_its_row_and_is_told_with_the_remedy(filler: bytes) -> None:
    content = b"name,city\n" + filler + b"Zo\xeb,Rome\nAda,London\n"
    (found,) = faults(content)
    assert found.source.line == content.count(b"\n") - 1
    assert found.source.cells == ("Zo\ufffd", "Rome")
    assert "0xEB" in found.issue.message
    assert "--encoding cp1252" in found.issue.message


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_the_line_of_a_bad_byte_counts_every_kind_of_line_end(end: bytes) -> None:
    (found,) = faults(end.join([b"name", b"a", b"\xff"]))
    assert found.source.line == 3


def test_a_sequence_that_the_end_of_the_file_cuts_off_is_a_fault_of_its_row() -> None:
    assert len(faults(b"name\nAda\nZo\xc3")) == 1


@pytest.mark.parametrize("overlong", [b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
def test_what_rfc_3629_forbids_is_a_fault(overlong: bytes) -> None:
    assert len(faults(b"name\n" + overlong + b"\n")) == 1


def test_a_file_of_another_encoding_is_refused_with_its_first_line_and_the_remedy() -> None:
    error = refusal("name\nAda\nZoë\nJosé\n".encode("cp1252"))
    assert error.code == "unreadable-encoding"
    assert "line 3 " in error.message
    assert "--encoding cp1252" in error.message


def test_one_line_in_ten_may_be_damaged() -> None:
    damaged = b"name\n" + b"\xff\n" * 2
    assert len(faults(damaged + b"Ada\n" * 17)) == 2
    assert refusal(damaged + b"Ada\n" * 16).code == "unreadable-encoding"


def test_a_file_of_another_encoding_is_not_read_to_its_end() -> None:
    content = b"name\n" + b"Zo\xeb\n" * 5_000_000
    stream = io.BytesIO(content)
    with pytest.raises(Refused):
        list(open_table(stream).rows)
    assert stream.tell() < len(content)


def test_a_header_that_cannot_be_decoded_is_refused() -> None:
    error = refusal("Größe,name\n1,Ada\n".encode("cp1252"))
    assert error.code == "unreadable-encoding"
    assert "line 1" in error.message


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf_16_without_a_mark_is_recognised_but_not_assumed(order: str) -> None:
    content = "name,city\nAda,London\n".encode(f"utf-16-{order}")
    error = refusal(content)
    assert error.code == "unreadable-encoding"
    assert f"--encoding utf-16-{order}" in error.message
    assert first_cells(opened(content, f"utf-16-{order}")) == ("Ada", "London")


@pytest.mark.parametrize("codec", ["cp1252", "utf-16-le", "utf-16-be", "cp437"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_row_in_another_encoding_costs_no_other(codec: str, end: str) -> None:
    wrong = f"2,Zoë{end}".encode(codec)
    content = f"id,name{end}1,Ada{end}".encode() + wrong + f"3,Grace{end}".encode()
    rows = [row for row in opened(content).rows if isinstance(row, SourceRow) and row.cells]
    assert [row.cells for row in rows] == [("1", "Ada"), ("3", "Grace")]
    assert len(faults(content)) >= 1


def test_a_named_encoding_is_used() -> None:
    table = opened("name\nZoë €5\n".encode("cp1252"), "cp1252")
    assert (table.encoding, first_cells(table)) == ("cp1252", ("Zoë €5",))


def test_a_named_encoding_is_used_strictly() -> None:
    (found,) = faults(b"name\nZo\x81\nAda\n", "cp1252")  # cp1252 has no character there
    assert found.source.line == 2
    assert "is not cp1252" in found.issue.message


def test_what_a_named_encoding_lacks_is_no_letter_of_another() -> None:
    assert len(faults("name\nZoë\nAda\n".encode(), "ascii")) == 1


def test_utf_16_that_breaks_off_costs_its_row() -> None:
    content = "\ufeffname\nAda\nZoë".encode("utf-16-le")[:-1]
    assert [found.source.line for found in faults(content)] == [3]


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
        (b"PK\x03\x04\x14\x00", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"<!DOCTYPE html>\n<html>", "web page"),
        (b"  <html><body>", "web page"),
        (b"[{}]\n", "JSON"),
        (b"\x89PNG\r\n\x1a\n", "image"),
    ],
)
def test_what_is_no_table_is_named(content: bytes, hint: str) -> None:
    error = refusal(content)
    assert error.code == "not-a-table"
    assert hint in error.message


def test_a_nul_byte_costs_its_row() -> None:
    (found,) = faults(b"id,name\n1,a\n2,\0\n3,c\n")
    assert found.source == SourceRow(2, 3, ("2", "\0"))
    assert "NUL" in found.issue.message


def test_a_header_with_a_nul_byte_is_no_text() -> None:
    assert refusal(b"id,name\0\n1,a\n").code == "not-a-table"


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n", b"\r\n \r\n\t\n", b"\n" * 200_000])
def test_a_file_without_text_is_empty(content: bytes) -> None:
    assert refusal(content).code == "empty-file"
