"""A table of a block has only rows that are certain; all others are named."""

import pytest

from foreman_core.validation.fast.blocks import block_of, table_of


def rows_of(text: bytes) -> tuple[list[tuple[str, ...]], list[int]] | None:
    """The rows of a block of three columns, and the places of the uneven ones."""
    block = block_of(text, ",", 3)
    table = None if block is None else table_of(block, ",", 3)
    return None if table is None else (table.cells.rows(), table.uneven.arg_true().to_list())


def test_rows_are_what_their_lines_say() -> None:
    assert rows_of(b'a,b,c\n"x, y","",z\n,,\n') == ([("a", "b", "c"), ("x, y", "", "z"), ("", "", "")], [])


def test_doubled_quotes_are_one() -> None:
    assert rows_of(b'a,"b ""c""",d\n') == ([("a", 'b "c"', "d")], [])


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_short_long_and_blank_lines_are_uneven(end: bytes) -> None:
    found = rows_of(end.join([b"a,b", b"a,b,c", b"a,b,c,d", b"", b"a,b,c,", b"d,e,f", b""]))
    assert found is not None
    assert found[1] == [0, 2, 3, 4]
    assert found[0][1] == ("a", "b", "c")
    assert found[0][5] == ("d", "e", "f")


def test_a_short_and_a_long_line_do_not_make_up_for_each_other() -> None:
    found = rows_of(b"a,b\na,b,c,\nd,e,f\n")
    assert found is not None
    assert found[1] == [0, 1]


def test_a_record_of_several_lines_is_taken_out() -> None:
    block = block_of(b'a,b,c\nd,"e\nf",g\nh,i,j\n', ",", 3)
    assert block is not None
    assert [(each.place, each.start, each.text, each.more) for each in block.long] == [
        (1, 1, b'd,"e\nf",g', 1)
    ]
    assert block.lines == [b"a,b,c", b",,", b"h,i,j"]


@pytest.mark.parametrize(
    "line", [b'"a"b"c",d,e', b'a,"b"c,d', b'a,b"c,d', b'a, "b",c', b'"a,b,c', b"a,\0,c", b"a,b\rc,d"]
)
def test_a_line_against_the_rules_leaves_the_block_to_be_read_record_by_record(line: bytes) -> None:
    assert rows_of(b"x,y,z\n" + line + b"\nx,y,z\n") is None


def test_bytes_that_are_no_utf_8_leave_the_block_to_be_read_record_by_record() -> None:
    assert rows_of(b"x,y,z\nx,\xff,z\n") is None
