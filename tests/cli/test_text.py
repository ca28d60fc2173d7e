"""Text for terminals and programs."""

import io
import json
import sys

import pytest

from cli._text import emit, plural, safe, shorten, size


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Jörg Süßkind", "Jörg Süßkind"),
        ("東京 🙂", "東京 🙂"),
        ("a\x1b[2J", "a\\x1b[2J"),
        ("a\tb\nc\r", "a\\tb\\nc\\r"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eevil", "\\u202eevil"),
        ("\ud800", "\\ud800"),
        ("non breaking\xa0space", "non breaking\xa0space"),
    ],
)
def test_what_steers_a_terminal_is_made_visible(given: str, shown: str) -> None:
    assert safe(given) == shown


def test_long_text_is_cut_with_a_mark() -> None:
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abcd", 4) == "abcd"


def test_numbers_are_written_for_people() -> None:
    assert [plural(number, "row") for number in (0, 1, 1200)] == ["0 rows", "1 row", "1,200 rows"]
    assert [size(number) for number in (999, 1400, 2_000_000, 5_000_000_000_000)] == [
        "999 B",
        "1.4 KB",
        "2.0 MB",
        "5000.0 GB",
    ]


def test_a_document_survives_text_that_utf_8_cannot_carry(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"name": "bad\udcff"})
    assert json.loads(capsys.readouterr().out) == {"name": "bad\udcff"}


def test_a_document_survives_a_terminal_without_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    emit({"name": "Jörg"})
    sys.stdout.flush()
    assert json.loads(written.getvalue().decode("ascii")) == {"name": "Jörg"}
