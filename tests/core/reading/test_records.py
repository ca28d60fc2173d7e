"""CSV as RFC 4180 has it, and what becomes of the records that break it."""

import csv
import hashlib
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.errors import Refused
from foreman_core.models import SourceRow
from foreman_core.reading import Table, Unreadable, open_table
from foreman_core.reading.records import RECORD_LINES
from foreman_core.reading.text import BLOCK, RECORD_LIMIT


class Dribble:
    """A stream that gives a few bytes at a time, whatever is asked."""

    def __init__(self, content: bytes, size: int) -> None:
        self._stream = io.BytesIO(content)
        self._size = size

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._size))


def table(content: bytes | str, *, delimiter: str | None = None) -> Table:
    return open_table(
        io.BytesIO(content if isinstance(content, bytes) else content.encode()), delimiter=delimiter
    )


def rows(content: bytes | str) -> list[SourceRow | Unreadable]:
    return list(table(content).rows)


def cells(content: bytes | str) -> list[tuple[str, ...]]:
    return [row.cells for row in rows(content) if isinstance(row, SourceRow)]


def quote_faults(content: bytes | str) -> list[tuple[int, int]]:
    """(row, line) of each record that is no row."""
    found = [row for row in rows(content) if isinstance(row, Unreadable)]
    assert all(each.issue.code == "quote" for each in found)
    assert all((each.issue.row, each.issue.line) == (each.source.row, each.source.line) for each in found)
    return [(each.source.row, each.source.line) for each in found]


def test_rows_count_from_1_and_lines_count_the_header() -> None:
    assert rows("id,name\n1,Ada\n2,Grace\n") == [
        SourceRow(1, 2, ("1", "Ada")),
        SourceRow(2, 3, ("2", "Grace")),
    ]


def test_nothing_is_coerced_or_trimmed() -> None:
    assert cells("id,n\n00123, 1.50 \n1e5,TRUE\n") == [("00123", " 1.50 "), ("1e5", "TRUE")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_ends_a_record(end: str) -> None:
    found = rows(end.join(["id,name", "1,Ada", "2,Grace"]) + end)
    assert [(row.line, row.cells) for row in found if isinstance(row, SourceRow)] == [
        (2, ("1", "Ada")),
        (3, ("2", "Grace")),
    ]


def test_kinds_of_line_ends_may_be_mixed() -> None:
    found = rows("id,name\r\n1,a\r2,b\n3,c")
    assert [(row.row, row.line) for row in found if isinstance(row, SourceRow)] == [(1, 2), (2, 3), (3, 4)]


def test_only_real_line_ends_count_as_lines() -> None:
    # str.splitlines would also break at these
    found = rows("id,name\n1,a\x0bb\x0cc\x1cd\x85e\u2028f\n2,x\n")
    assert [row.line for row in found if isinstance(row, SourceRow)] == [2, 3]


def test_a_quoted_cell_holds_delimiters_quotes_and_line_breaks() -> None:
    found = rows('id,note\n1,"a, b"\n2,"say ""hi"""\n3,"one\ntwo\r\nthree\rfour"\n4,end\n')
    assert found == [
        SourceRow(1, 2, ("1", "a, b")),
        SourceRow(2, 3, ("2", 'say "hi"')),
        SourceRow(3, 4, ("3", "one\ntwo\r\nthree\rfour")),
        SourceRow(4, 8, ("4", "end")),
    ]


def test_the_last_line_needs_no_end() -> None:
    assert cells("id,name\n1,Ada") == [("1", "Ada")]


def test_an_empty_line_is_a_record_without_cells() -> None:
    assert rows("id,name\n\n1,Ada\n\n") == [
        SourceRow(1, 2, ()),
        SourceRow(2, 3, ("1", "Ada")),
        SourceRow(3, 4, ()),
    ]


@pytest.mark.parametrize(
    "row", ['1,5" tape', '1,tape"', '1, "tape"', '1,ta"pe', '1"",tape', '"1",t""ape', '"a ""b""",t"ape']
)
def test_a_quote_inside_an_unquoted_cell_is_one_bad_row(row: str) -> None:
    # what it says is not certain: a quote too many, or one missing at the start of the cell
    content = f"id,size\n{row}\n2,b\n"
    assert quote_faults(content) == [(1, 2)]
    assert cells(content) == [("2", "b")]


def test_rows_between_two_stray_quotes_are_no_cell() -> None:
    content = 'id,name,city\n1,x,"\n2,Grace,Rome\n3,y,"\n4,Joan,Boston\n'
    assert quote_faults(content) == [(1, 2), (3, 4)]
    assert cells(content) == [("2", "Grace", "Rome"), ("4", "Joan", "Boston")]


def test_a_cell_of_several_lines_may_have_delimiters() -> None:
    content = 'id,name,address\n1,Ada,"12, Main St\nLondon, W1, UK\nEngland"\n2,Joan,Boston\n'
    assert cells(content) == [("1", "Ada", "12, Main St\nLondon, W1, UK\nEngland"), ("2", "Joan", "Boston")]


def test_a_record_has_no_more_lines_than_a_cell_could_hold() -> None:
    content = 'id,name\n1,"' + "x\n" * RECORD_LINES + '"\n2,Grace\n'
    assert quote_faults(content)[0] == (1, 2)
    assert cells(content)[-1] == ("2", "Grace")


def test_text_after_a_closing_quote_is_one_bad_row() -> None:
    content = 'id,name\n1,Ada\n2,"Gr"ace\n3,Joan\n'
    assert quote_faults(content) == [(2, 3)]
    assert cells(content) == [("1", "Ada"), ("3", "Joan")]


def test_a_space_after_a_closing_quote_is_one_too() -> None:
    assert quote_faults('id,name\n"1" ,Ada\n') == [(1, 2)]


def test_a_bad_record_is_kept_as_it_stood() -> None:
    (found,) = rows('id,name\r\n2,"Gr"ace\r\n')
    assert isinstance(found, Unreadable)
    assert found.source.cells == ('2,"Gr"ace',)
    assert found.issue.value == '2,"Gr"ace'


def test_a_quote_that_is_never_closed_costs_its_own_row_only() -> None:
    content = 'id,name\n1,"Ada\n2,Grace\n3,Joan\n'
    assert quote_faults(content) == [(1, 2)]
    assert cells(content) == [("2", "Grace"), ("3", "Joan")]


def test_the_issue_says_which_of_the_two_it_is() -> None:
    (open_,) = rows('id\n"a\n')
    (after,) = rows('id\n"a"b\n')
    assert isinstance(open_, Unreadable)
    assert isinstance(after, Unreadable)
    assert "never closed" in open_.issue.message
    assert "follows a closing quote" in after.issue.message


def test_an_open_quote_that_swallows_the_next_quote_costs_its_own_row_only() -> None:
    content = 'id,name,city\n1,"Ada,London\n2,Grace,"New York"\n3,Joan,Boston\n'
    assert quote_faults(content) == [(1, 2)]
    assert cells(content) == [("2", "Grace", "New York"), ("3", "Joan", "Boston")]


def test_an_open_quote_is_given_up_after_a_record_of_the_greatest_length() -> None:
    line = b"2,Grace\n"
    content = b'id,name\n1,"Ada\n' + line * (3 * RECORD_LIMIT // len(line))
    found = rows(content)
    assert isinstance(found[0], Unreadable)
    assert len(found) == 1 + 3 * RECORD_LIMIT // len(line)
    assert found[-1] == SourceRow(len(found), len(found) + 1, ("2", "Grace"))


@pytest.mark.parametrize("rest", [b"2,Grace\n", b'",x,"y\n'], ids=["one cell", "many cells"])
def test_no_more_is_read_ahead_of_an_open_quote_than_the_greatest_length(rest: bytes) -> None:
    class Endless:
        given = 0

        def read(self, size: int, /) -> bytes:
            assert self.given <= 2 * BLOCK
            block = rest * (size // len(rest)) if self.given else b'id,name\n1,"Ada\n'
            self.given += len(block)
            return block

    assert isinstance(next(open_table(Endless()).rows), Unreadable)


def test_a_record_whose_quotes_are_all_closed_is_no_longer_than_that_either() -> None:
    half = "x" * (RECORD_LIMIT // 2)
    content = f'id,name\n"{half}\n","{half}\n"\n2,Grace\n'
    assert quote_faults(content)[0] == (1, 2)
    assert cells(content)[-1] == ("2", "Grace")


def test_a_file_in_which_every_line_opens_a_quote_is_read_in_linear_time() -> None:
    # each line closes the quote of the line before and opens another: every record would reach to the end
    content = b"id,name\n" + b'x",y"z,"\n' * 200_000
    found = rows(content)
    assert all(isinstance(row, Unreadable) for row in found)
    assert len(found) > 1


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        rows(b"id,name\n1," + b"x" * (RECORD_LIMIT + 1))
    assert refused.value.code == "too-large"
    assert "line 2" in refused.value.message


def test_ten_million_quotes_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        rows(b"id\n" + b'"' * 10_000_000)
    assert refused.value.code == "too-large"


def test_a_long_cell_is_read() -> None:
    assert cells("id,note\n1," + "x" * 500_000 + "\n") == [("1", "x" * 500_000)]


def test_size_and_hash_are_those_of_the_bytes() -> None:
    content = b"\xef\xbb\xbfid,name\r\n1,\xc3\x84da\r\n"
    opened = table(content)
    list(opened.rows)
    assert (opened.bytes, opened.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_the_hash_is_not_known_before_the_end() -> None:
    opened = table("id\n" + "1\n" * 300_000)
    with pytest.raises(ValueError, match="not been read"):
        _ = opened.sha256


any_cell = st.text(st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from(',;"\r\n\t'))
any_rows = st.lists(st.lists(any_cell, min_size=1, max_size=4), max_size=8)


@given(any_rows, st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_a_csv_writer_wrote_comes_back_with_the_right_lines(data: list[list[str]], end: str) -> None:
    text = f"a,b{end}"
    expected: list[SourceRow] = []
    for number, written in enumerate([["1", "2"], *data], 1):  # a first row that the header fits
        line = len(re.findall(r"\r\n|\r|\n", text)) + 1
        expected.append(SourceRow(number, line, tuple(written)))
        out = io.StringIO(newline="")
        csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=end).writerow(written)
        text += out.getvalue()
    assert list(table(text, delimiter=",").rows) == expected


hostile = st.lists(
    st.sampled_from(['"', '""', ",", ";", "\n", "\r", "\r\n", "a", "é", "€", "🦊", " ", '"x"', '",', ',"'])
).map("".join)


@given(hostile, st.integers(1, 64))
def test_how_the_stream_is_cut_into_blocks_changes_nothing(tail: str, size: int) -> None:
    content = f"{'a' * 64},b\n1,2\n{tail}".encode()  # the first 64 bytes are always looked at together
    whole = open_table(io.BytesIO(content), delimiter=",")
    cut = open_table(Dribble(content, size), delimiter=",")
    assert list(cut.rows) == list(whole.rows)
    assert (cut.bytes, cut.sha256, cut.columns) == (whole.bytes, whole.sha256, whole.columns)


@given(hostile)
def test_every_line_of_a_file_is_in_exactly_one_record(tail: str) -> None:
    content = f"a,b\n1,2\n{tail}"
    lines = [row.source.line if isinstance(row, Unreadable) else row.line for row in rows_of(content)]
    assert lines == sorted(set(lines))
    physical = len(re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", content))
    assert all(2 <= line <= physical for line in lines)
    assert lines[:2] == ([2, 3] if physical > 2 else [2])


def rows_of(content: str) -> list[SourceRow | Unreadable]:
    return list(table(content, delimiter=",").rows)


@pytest.mark.parametrize(
    ("header", "row"),
    [("a,b,c", "1,2"), ("a,b,", "1,2"), ("a,b", "1,2,3"), ("ab,c", "1,2,3")],
)
def test_a_header_that_no_row_fits_is_damaged(header: str, row: str) -> None:
    with pytest.raises(Refused, match="is the header damaged") as caught:
        table(f"{header}\n" + f"{row}\n" * 5, delimiter=",")
    assert caught.value.code == "no-header"
    assert table(f"{header}\n" + f"{row}\n" * 4, delimiter=",").columns


def test_one_row_that_fits_vouches_for_the_header() -> None:
    assert table("a,b,c\n" + "1,2\n" * 9 + "1,2,3\n", delimiter=",").columns == ("a", "b", "c")


def test_blank_cells_beyond_the_header_are_no_damage() -> None:
    assert table("a,b\n" + "1,2,\n" * 9, delimiter=",").columns == ("a", "b")


@pytest.mark.parametrize("name", ["Zo\ufffd", "a\x07b"])
def test_a_name_that_lost_a_character_is_damaged(name: str) -> None:
    with pytest.raises(Refused, match="line 1 names a column") as caught:
        table(f"a,{name}\n1,2\n", delimiter=",")
    assert caught.value.code == "no-header"
