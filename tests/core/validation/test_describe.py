"""The table of rules is whole, and says what the engine does."""

from pathlib import Path
from typing import get_args

import attrs

from foreman_core.models import IssueCode
from foreman_core.schema import Constraints
from foreman_core.schema.model import FieldType, Normaliser, StringFormat
from foreman_core.validation import describe

PAGE = Path(__file__).parents[3] / "docs" / "rules.md"


def test_the_page_is_the_one_that_the_code_makes() -> None:
    remedy = ".venv/bin/python -m foreman_core.validation.describe > docs/rules.md"
    assert PAGE.read_text("utf-8") == describe.document(), remedy


def test_every_type_and_format_is_described() -> None:
    written = {each.written for each in describe.TYPES}
    formats = set(get_args(StringFormat)) - {"default"}
    assert written == {f"type: {name}" for name in get_args(FieldType)} | {
        f"format: {name}" for name in formats
    }


def test_every_constraint_is_described() -> None:
    described = {each.written.partition(":")[0] for each in describe.CONSTRAINTS} | {"unique"}
    names = {"".join(part.title() if part != name.split("_")[0] else part for part in name.split("_"))
             for name in (each.name for each in attrs.fields(Constraints))}  # fmt: skip
    assert described == names


def test_every_normaliser_and_code_is_described() -> None:
    assert {name for name, _, _ in describe.NORMALISERS} == set(get_args(Normaliser))
    assert set(describe.CODES) == set(get_args(IssueCode))
