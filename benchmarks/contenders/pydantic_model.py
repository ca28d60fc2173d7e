"""Pydantic: one model, one row at a time from `csv.reader`. Keys and the shape of rows are judged outside."""

import csv
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from benchmarks.contenders import _rules as rules
from benchmarks.contenders._report import Flag, Found, run
from benchmarks.faults import COLUMNS

_CODES: Final[dict[str, str]] = {
    "string_type": "required",
    "date_type": "required",
    "literal_error": "enum",
    "string_too_long": "max-length",
    "string_pattern_mismatch": "format",
    "greater_than_equal": "minimum",
    "less_than_equal": "maximum",
    "float_parsing": "type",
    "missing": "missing-cell",
}


def _country(text: str) -> str:
    code = rules.country_of(text)
    if code is None:
        raise PydanticCustomError("format", "no country")
    return code


def _phone(text: str | None, info: ValidationInfo) -> str | None:
    phones: rules.Phones = "shape" if info.context == "shape" else "library"
    if text is None or rules.is_phone(text, info.data.get("country"), phones):
        return text
    raise PydanticCustomError("format", "no phone number")


def _birth(text: object) -> object:
    value = rules.date_of(text) if isinstance(text, str) else text
    if isinstance(text, str) and value is None:
        raise PydanticCustomError("type", "no date")
    return value and str(value)


def _signup(text: object) -> object:
    if isinstance(text, str) and "/" in text:
        raise PydanticCustomError("type", "no date")
    return _birth(text)


def _before(text: str, info: ValidationInfo) -> str:
    birth = info.data.get("date_of_birth")
    if birth is not None and birth >= text:
        raise PydanticCustomError("rule", "must lie after date_of_birth")
    return text


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text


_Name = Annotated[str, Field(max_length=rules.NAME_LENGTH)]


class Customer(BaseModel):
    """A row; blank cells are None."""

    customer_id: Annotated[str, Field(max_length=rules.ID_LENGTH)]
    first_name: _Name
    last_name: _Name
    email: Annotated[str, Field(max_length=rules.EMAIL_LENGTH, pattern=rules.EMAIL)]
    country: Annotated[str, AfterValidator(_country)]
    phone: Annotated[str | None, AfterValidator(_phone)]
    postal_code: Annotated[str | None, Field(max_length=rules.POSTAL_CODE_LENGTH)]
    date_of_birth: Annotated[str | None, BeforeValidator(_birth)]
    signup_date: Annotated[str, BeforeValidator(_signup), AfterValidator(_before)]
    plan: Annotated[Literal["free", "pro", "enterprise"] | None, BeforeValidator(_lower)]
    annual_revenue: Annotated[float | None, Field(ge=0, le=rules.LARGEST_REVENUE)] = None
    tags: str | None = None


def judge(path: Path, phones: rules.Phones) -> Found:
    """Every flag of every row."""
    flags: list[Flag] = []
    seen: set[str] = set()
    rows = 0
    validate = Customer.__pydantic_validator__.validate_python
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        for rows, cells in enumerate(reader, 1):
            if len(cells) != len(COLUMNS):
                flags.append((rows, "", "missing-cell" if len(cells) < len(COLUMNS) else "extra-cell"))
            row = {name: cell.strip() or None for name, cell in zip(COLUMNS, cells, strict=False)}
            try:
                validate(row, context=phones)
            except ValidationError as error:
                flags += (
                    _flag(rows, each) for each in error.errors(include_url=False, include_context=False)
                )
            if row["plan"] is None:
                flags.append((rows, "plan", "required"))
            if row["customer_id"] in seen:
                flags.append((rows, "customer_id", "unique"))
            elif row["customer_id"]:
                seen.add(row["customer_id"])
    return Found(rows, flags)


def _flag(row: int, error: Any) -> Flag:  # noqa: ANN401 - a typed dict that Pydantic keeps to itself
    kind: str = error["type"]
    code = _CODES.get(kind, kind)
    field = "date_of_birth" if code == "rule" else str(error["loc"][0])
    return row, field, code


if __name__ == "__main__":
    run(judge)
