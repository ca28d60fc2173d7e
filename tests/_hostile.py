"""Customer files of hostile bytes: odd cells, odd lines, and bytes put in and taken out at random."""

import random
from typing import Final

# per column: first what is usual, then what is not
_CELLS: Final[dict[str, list[str]]] = {
    "customer_id": [
        "C-1",
        "C-2",
        "C-3",
        " C-4",
        "C-5 ",
        "",
        "ÄÖ",
        "K\u212a",
        "a b",
        "a  b",
        "x" * 36,
        "x" * 37,
        "é" * 36,
        "e\u0301" * 20,
        "'=1",
        "\u00a0C",
        "C\u200b1",
        "1",
        "01",
        "0",
    ],
    "first_name": [
        "Ada",
        "Zoë",
        "  Ann  Lee ",
        "e\u0301",
        "\u0390",
        "李",
        "",
        " ",
        "\u00a0",
        "x" * 64,
        "x" * 65,
        "é" * 64,
        "a\tb",
        "a\x07b",
        "\ufffd",
        "\u1680x",
        "a\u2003b",
        "ß",
        "\U0001f600",
        "\U00011383",
        "\u0958" * 32,
        "\u0958" * 33,
    ],
    "last_name": ["Smith", "O'Neil", "", "\\", 'a"b', "Müller", "\u0085x"],
    "email": [
        "a@b.co",
        "A@B.CO",
        " a@b.co",
        "a@b",
        "",
        "é@b.co",
        "a..b@c.de",
        "a@b.c1",
        "x" * 60 + "@b.co",
        "x" * 64 + "@b.co",
        "x" * 65 + "@b.co",
        "a@" + "b" * 64 + ".de",
        "İ@b.co",
        "a@-b.co",
        "a@b-.co",
    ],
    "phone": [
        "+442079460018",
        "+4930901820",
        "+49 30 901820",
        "030 901820",
        "020 7946 0018",
        "+1 212 555 0100",
        "",
        "+1",
        "abc",
        "+44 20 7946 0018 x3",
        "+49(0)30901820",
        "0049 30 901820",
        "(212) 555-0100",
        "+\uff14\uff1930901820",
        "+4930901820 ",
        "+41 44 668 18 00",
        "+33 1 42 68 53 00",
    ],
    "country": [
        "DE",
        "de",
        "Germany",
        "GB",
        "US",
        "United Kingdom",
        "",
        "XX",
        " DE ",
        "FRA",
        "Côte d'Ivoire",
        "the Netherlands",
    ],
    "postal_code": ["10115", "sw1a 1aa", " 1 ", "", "ä1", "x" * 16, "x" * 17, "ß" * 8, "ß" * 16, "a  b"],
    "date_of_birth": [
        "1980-02-28",
        "1980-02-29",
        "1981-02-29",
        "29/02/1980",
        "29/02/1981",
        "31/04/1980",
        "01/13/1980",
        "1980-1-1",
        "",
        "2050-01-01",
        "0001-01-01",
        "0000-01-01",
        "1/1/1980",
        "1980-W01-1",
        "30/02/2024",
        "2999-12-31",
        " 1980-01-01",
    ],
    "signup_date": [
        "2024-01-31",
        "2024-02-29",
        "2023-02-29",
        "1980-02-29",
        "",
        "01/02/2024",
        "2024-13-01",
        "2024-00-10",
        "2024-01-01T00:00:00Z",
        "٢٠٢٤-01-01",
    ],
    "plan": ["free", "Pro", " ENTERPRISE", "gold", "", "pro"],
    "annual_revenue": [
        "0",
        "1.50",
        "-0",
        "-1",
        "1e5",
        "1E+2",
        "00012",
        "1,000",
        "1000000000000",
        "1000000000001",
        "",
        "0.1000",
        "123456789012345",
        "1234567890123456",
        ".5",
        "5.",
        "+5",
        "NaN",
        "inf",
        "0.30000000000000004",
        "1_000",
        "१२",
        " 7 ",
        "1000000000000.0",
        "999999999999.999",
    ],
    "tags": ["", "a;b", " a ; b ", 'é;"', "a\\b", ";;", "x" * 300],
}
_DAMAGE: Final = (
    b'"',
    b'""',
    b",",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\\",
    b"'",
    b" ",
    b"\xef\xbb\xbf",
    b";",
    b"\t",
    b"\x1a",
)


def hostile_file(rng: random.Random) -> bytes:
    """The file that follows from the state of the generator."""
    end = rng.choice(("\n", "\n", "\r\n"))
    rows = [_row(rng) for _ in range(rng.randrange(1, 120))]
    for _ in range(rng.randrange(3)):
        rows.insert(rng.randrange(len(rows)), rng.choice(rows))
    ends = (end if rng.random() < 0.995 else rng.choice(("\r", "\n", "\r\n", "\n\n")) for _ in rows)
    body = bytearray("".join(map("".join, zip(rows, ends, strict=True))).encode())
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        at = rng.randrange(len(body) or 1)
        match rng.randrange(3):
            case 0:
                body[at:at] = rng.choice(_DAMAGE)
            case 1:
                body[at : at + 1] = rng.choice(_DAMAGE)
            case _:
                del body[at : at + rng.randrange(1, 5)]
    content = ",".join(_CELLS).encode() + b"\n" + body
    return content.rstrip(b"\r\n") if rng.random() < 0.2 else content


def _row(rng: random.Random) -> str:
    is_nasty = rng.random()
    cells = [written(rng, _cell(rng, name, is_nasty)) for name in _CELLS]
    match rng.random():
        case chance if chance < 0.01:
            cells.pop()
        case chance if chance < 0.02:
            cells.append("x")
        case chance if chance < 0.025:
            cells = [""] * len(cells)
        case chance if chance < 0.03:
            cells = [rng.choice(("", " "))]
        case chance if chance < 0.035:
            cells = [" "] * len(cells)
        case _:
            pass
    return ",".join(cells)


def _cell(rng: random.Random, name: str, is_nasty: float) -> str:
    if name == "customer_id" and rng.random() < 0.95:
        return f"C-{rng.randrange(40 if is_nasty < 0.1 else 10**9)}"
    is_usual = rng.random() < (0.98 if is_nasty < 0.8 else 0.3)
    return _CELLS[name][0] if is_usual else rng.choice(_CELLS[name])


def written(rng: random.Random, cell: str) -> str:
    """A cell as it stands in the file, in quotes where it has to be, and at times elsewhere."""
    chance = rng.random()
    if chance < 0.03 or any(mark in cell for mark in ',"\n\r'):
        return '"' + cell.replace('"', '""') + '"'
    if chance < 0.033:
        return f'"{cell}\n{cell}"'
    return f'"{cell},"' if chance < 0.036 else cell
