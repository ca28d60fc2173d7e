"""A handler's environment."""

import pytest
from attrs import frozen

from handlers._settings import load


@frozen
class Settings:
    table_name: str
    chunk_rows: int


def test_settings_are_read_and_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "t")
    monkeypatch.setenv("CHUNK_ROWS", "500")
    assert load(Settings) == Settings("t", 500)


def test_everything_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TABLE_NAME", raising=False)
    monkeypatch.setenv("CHUNK_ROWS", "")
    with pytest.raises(RuntimeError, match="TABLE_NAME, CHUNK_ROWS"):
        load(Settings)
