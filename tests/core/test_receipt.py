"""The receipt: a tree as RFC 6962 says, over the lines of a file as they are."""

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.receipt import Content, Merkle, runs_of, tallied, unrolled

# the leaves and roots that Certificate Transparency's own implementation is tested with:
# https://github.com/google/certificate-transparency/blob/master/python/ct/crypto/merkle_test.py
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_the_root_is_that_of_rfc_6962(size: int) -> None:
    tree = Merkle()
    for leaf in LEAVES[:size]:
        tree.add(bytes.fromhex(leaf))
    assert (tree.root(), tree.size) == (ROOTS[size], size)


def defined(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + defined(leaves[:k]) + defined(leaves[k:])).digest()


@given(st.lists(st.binary(max_size=3), max_size=70))
def test_leaves_may_be_added_one_by_one(leaves: list[bytes]) -> None:
    tree = Merkle()
    for leaf in leaves:
        tree.add(leaf)
    assert tree.root() == defined(leaves).hex()


class Trickle:
    """A file that comes in pieces of one size."""

    def __init__(self, content: bytes, size: int) -> None:
        self._stream = io.BytesIO(content)
        self._size = size

    def read(self, _: int) -> bytes:
        return self._stream.read(self._size)


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n", b"\xff"])).map(b"".join), st.integers(1, 4))
def test_lines_are_those_of_the_file_however_it_comes(content: bytes, size: int) -> None:
    seen = Content(Trickle(content, size))
    assert seen.unit(None) == "line"
    assert list(seen.lines()) == content.splitlines(keepends=True)
    assert (seen.size, seen.sha256()) == (len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    "start", [b"\x1f\x8b\x08", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", "id\n1\n".encode("utf-16")]
)
def test_what_has_no_lines_is_counted_by_rows(start: bytes) -> None:
    content = Content(io.BytesIO(start))
    assert content.unit(None) == "row"
    leaves = list(runs_of(content, "row", [(1, 2, "created"), (2, 3, "rejected")]))
    assert leaves == [(1, "created", "-"), (2, "rejected", "-")]
    assert content.sha256() == hashlib.sha256(start).hexdigest()


@pytest.mark.parametrize(
    ("encoding", "unit"),
    [
        (None, "line"),
        ("utf-8", "line"),
        ("cp1252", "line"),
        ("gb18030", "line"),
        ("cp500", "row"),
        ("utf-7", "row"),
        ("unicode_escape", "row"),
        ("raw_unicode_escape", "row"),
        ("punycode", "row"),
    ],
)
def test_a_file_has_lines_when_the_bytes_have_those_of_the_text(encoding: str | None, unit: str) -> None:
    assert Content(io.BytesIO(b"id\n1\n")).unit(encoding) == unit


def test_a_row_of_several_lines_and_what_stands_above_the_rows_are_told() -> None:
    body = b'id,note\n1,"a\nb"\n2,c\n'
    runs: list[tuple[int, int, str]] = []
    content = Content(io.BytesIO(body))
    content.unit(None)
    tally = tallied("line", runs_of(content, "line", [(1, 2, "created"), (2, 4, "created")]), runs.append)
    assert runs == [(1, 1, "header"), (2, 2, "created"), (3, 3, "continued"), (4, 4, "created")]
    assert (tally.units, tally.rows) == (4, {"created": 2})


@given(st.lists(st.sampled_from(["created", "rejected", "blank"]), max_size=20))
def test_the_runs_say_the_same_as_the_fates(fates: list[str]) -> None:
    body = b"header\n" + b"x\n" * len(fates)
    runs: list[tuple[int, int, str]] = []
    given_fates = [(number, number + 1, fate) for number, fate in enumerate(fates, 1)]
    first = tallied("line", runs_of(Content(io.BytesIO(body)), "line", given_fates), runs.append)
    again = tallied("line", runs_of(Content(io.BytesIO(body)), "line", unrolled(runs, "line")))
    assert first == again
