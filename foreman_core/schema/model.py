"""What a schema file says, as values. Nothing here knows how a file is written or how a row is judged."""

import re
from functools import cached_property
from typing import Literal

from attrs import define, frozen

from foreman_core.models import Severity

FieldType = Literal["string", "number", "integer", "boolean", "date", "datetime", "list"]
StringFormat = Literal["default", "email", "uri", "uuid", "phone", "country"]
Normaliser = Literal["trim", "lower", "upper", "title", "nfc", "collapse-space"]
Collision = Literal["overwrite", "fill-blank", "never"]
Blank = Literal["keep", "clear"]
UnknownColumn = Literal["keep", "ignore", "fail"]
Scalar = str | int | float | bool

DATE_TYPES = frozenset({"date", "datetime"})


@frozen(kw_only=True)
class Constraints:
    """Table Schema's constraints. Bounds of dates are ISO text; lengths of lists count their items."""

    required: bool = False
    unique: bool = False
    enum: tuple[Scalar, ...] | None = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: int | float | str | None = None
    maximum: int | float | str | None = None


@frozen(kw_only=True)
class Field:
    """One field of a record: how its cell is read, judged and stored."""

    name: str
    type: FieldType = "string"
    format: StringFormat = "default"
    title: str | None = None
    description: str | None = None
    constraints: Constraints = Constraints()
    aliases: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    normalise: tuple[Normaliser, ...] = ()
    default_country: str | None = None
    country_field: str | None = None
    pii: bool = False
    severity: Severity = "error"
    collision: Collision = "overwrite"
    blank: Blank = "keep"
    delimiter: str = ","
    true_values: tuple[str, ...] | None = None
    false_values: tuple[str, ...] | None = None

    @property
    def required(self) -> bool:
        """True when a record cannot be without it."""
        return self.constraints.required


@frozen(kw_only=True)
class RequiredIf:
    """`field` must have a value in records where `when` has one of the values in `is_one_of`."""

    field: str
    when: str
    is_one_of: tuple[Scalar, ...]
    severity: Severity = "error"


@frozen(kw_only=True)
class OneOf:
    """At least one of `fields` must have a value."""

    fields: tuple[str, ...]
    severity: Severity = "error"


@frozen(kw_only=True)
class Before:
    """Where both have a value, `earlier` must lie strictly before `later`."""

    earlier: str
    later: str
    severity: Severity = "error"


Rule = RequiredIf | OneOf | Before


@define(kw_only=True, frozen=True, slots=False)
class RecordSchema:
    """A record type. `unique_keys` holds all keys but the primary one; `version` hashes the file."""

    name: str
    plural: str
    fields: tuple[Field, ...]
    primary_key: str
    version: str
    title: str | None = None
    description: str | None = None
    unique_keys: tuple[tuple[str, ...], ...] = ()
    missing_values: tuple[str, ...] = ("",)
    rules: tuple[Rule, ...] = ()
    on_unknown_column: UnknownColumn = "ignore"
    max_rejected_percent: float | None = None

    @property
    def type_name(self) -> str:
        """The name of the GraphQL type: `purchase_order` is `PurchaseOrder`."""
        return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_-]+", self.name))

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by their names, in the order of the schema."""
        return {field.name: field for field in self.fields}

    def field(self, name: str) -> Field:
        """The field of that name; KeyError when there is none."""
        return self.by_name[name]
