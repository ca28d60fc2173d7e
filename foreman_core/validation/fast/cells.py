"""The cells of one column as Polars expressions: which are right for certain, and what they mean.

"For certain" is a subset of what the exact engine accepts without an issue. Whatever is not in it is judged
by that engine, so an expression here may be narrow, but never wide.
"""

from typing import Final

import polars as pl

from foreman_core.schema import Field
from foreman_core.validation.fast import patterns
from foreman_core.validation.fast.columns import Column, Computed
from foreman_core.validation.fields import Compiled
from foreman_core.validation.text import normaliser

_NUMBERS: Final = {"number", "integer"}
_CASES: Final = frozenset({"lower", "upper", "title"})
_NFC_SHRINKS: Final = 3
"""Bytes that NFC makes one of at most: a letter beyond ASCII that becomes one within it."""


def column(
    compiled: Compiled, name: str, missing_values: tuple[str, ...], remembered: Column, *, padded: bool
) -> Column:
    """The column of a field: `remembered`, or one of expressions. `padded`: cells may have spaces around
    them, which trimming takes away.
    """
    field = compiled.field
    normalise = normaliser(field.normalise)
    missing = tuple({"", *map(normalise, missing_values)})
    if _is_repetitive(field) or not "".join(missing).isascii():
        return remembered
    cell = cell_of(field, name, padded=padded)
    made = _right_and_value(field, cell)
    if made is None:
        return remembered
    right, value = made
    blank = cell == ""
    if len(missing) > 1:
        if field.type != "string" and _CASES.intersection(field.normalise):
            return remembered
        longest = max(map(len, missing))
        blank = (value if field.type == "string" else cell).is_in(missing)
        right &= ~blank & (is_ascii(cell) | (cell.str.len_bytes() > _NFC_SHRINKS * longest))
    return Computed(
        required=field.required,
        blank=blank,
        right=right,
        value=value,
        quoted=field.type not in _NUMBERS,
    )


def cell_of(field: Field, name: str, *, padded: bool) -> pl.Expr:
    """The cell, without the spaces around it that trimming takes away."""
    trims = "trim" in field.normalise or "collapse-space" in field.normalise
    return pl.col(name).str.strip_chars(" ") if padded and trims else pl.col(name)


def _is_repetitive(field: Field) -> bool:
    return field.type == "boolean" or field.format == "country" or field.constraints.enum is not None


def is_ascii(cell: pl.Expr) -> pl.Expr:
    """Whether a text has no character beyond ASCII."""
    return cell.str.len_bytes() == cell.str.len_chars()


def _right_and_value(field: Field, cell: pl.Expr) -> tuple[pl.Expr, pl.Expr] | None:
    if field.type in _NUMBERS:
        return _number(field, cell)
    if field.type == "string":
        return _string(field, cell)
    if field.type == "date":
        return _date(field, cell)
    if field.type == "datetime":
        return _datetime(field, cell)
    return None


def _number(field: Field, cell: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    whole = field.type == "integer"
    right = cell.str.contains(patterns.INTEGER if whole else patterns.NUMBER)
    says = field.constraints
    if says.minimum is not None or says.maximum is not None:
        number = cell.cast(pl.Float64, strict=False)
        if says.minimum is not None:
            right &= number >= says.minimum
        if says.maximum is not None:
            right &= number <= says.maximum
    plain = cell.str.strip_chars_end("0").str.strip_chars_end(".")
    return right, cell if whole else pl.when(cell.str.contains(".", literal=True)).then(plain).otherwise(cell)


def _string(field: Field, cell: pl.Expr) -> tuple[pl.Expr, pl.Expr] | None:
    if "title" in field.normalise:
        return None
    value, in_ascii = cell, field.format != "default"
    if "lower" in field.normalise or "upper" in field.normalise:
        value = cell.str.to_lowercase() if "lower" in field.normalise else cell.str.to_uppercase()
        in_ascii = True
    elif "nfc" in field.normalise and not in_ascii:
        value = cell.str.normalize("NFC")
    right = _shape(field, cell, value, in_ascii=in_ascii)
    if right is None:
        return None
    says = field.constraints
    if says.max_length is not None:  # no normaliser makes more characters of a text than it has bytes
        right &= cell.str.len_bytes() <= says.max_length
    if says.min_length is not None and says.min_length > 1:
        right &= is_ascii(cell) & (cell.str.len_bytes() >= says.min_length)
    if says.pattern is not None:
        pattern = patterns.translated(says.pattern)
        if pattern is None:
            return None
        right &= is_ascii(cell) & value.str.contains(pattern)
    return right, value


def _shape(field: Field, cell: pl.Expr, value: pl.Expr, *, in_ascii: bool) -> pl.Expr | None:
    match field.format:
        case "default":
            collapsed = "collapse-space" in field.normalise
            return cell.str.contains(patterns.text_pattern(in_ascii=in_ascii, collapsed=collapsed))
        case "email":
            return value.str.contains(patterns.EMAIL) & (cell.str.len_bytes() <= patterns.EMAIL_BYTES)
        case "uuid":
            return value.str.contains(patterns.UUID)
        case "uri":
            return value.str.contains(patterns.URI)
        case "phone" | "country":
            return None


def _date(field: Field, cell: pl.Expr) -> tuple[pl.Expr, pl.Expr] | None:
    says = field.constraints
    if len(field.formats) > 1 or says.pattern is not None:
        return None
    right, value = cell.str.contains(f"^{patterns.DATE}$"), cell
    for text in field.formats:
        form = patterns.date_form(text)
        if form is None:
            return None
        pattern, (year, month, day) = form
        matches = cell.str.contains(f"^{pattern}$")
        rewritten = pl.concat_str(
            [cell.str.slice(year, 4), cell.str.slice(month, 2), cell.str.slice(day, 2)], separator="-"
        )
        value = pl.when(matches).then(rewritten).otherwise(cell)
        right |= matches
    if says.minimum is not None:
        right &= value >= str(says.minimum)
    if says.maximum is not None:
        right &= value <= str(says.maximum)
    return right, value


def _datetime(field: Field, cell: pl.Expr) -> tuple[pl.Expr, pl.Expr] | None:
    says = field.constraints
    if says.minimum is not None or says.maximum is not None:
        return None
    return cell.str.contains(patterns.DATETIME), cell
