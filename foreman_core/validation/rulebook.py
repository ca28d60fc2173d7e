"""A schema as functions, made once and used for every row."""

from collections.abc import Collection, Sequence

from foreman_core.models import Value
from foreman_core.schema import RecordSchema
from foreman_core.validation.fields import Compiled, compile_field
from foreman_core.validation.rules import CompiledRule, compile_rules


class Rulebook:
    """What a schema says about one row. A row's values are a list in the order of the schema's fields: its
    slots.
    """

    def __init__(self, schema: RecordSchema) -> None:
        self.schema = schema
        self.names = tuple(field.name for field in schema.fields)
        self.slots = {name: slot for slot, name in enumerate(self.names)}
        self.fields = tuple(
            compile_field(slot, field, schema.missing_values) for slot, field in enumerate(schema.fields)
        )
        self.rules = compile_rules(schema)

    def country(self, compiled: Compiled, values: Sequence[Value]) -> str | None:
        """The country in which a phone number of this row is read."""
        field = compiled.field
        value = None if field.country_field is None else values[self.slots[field.country_field]]
        return value if isinstance(value, str) else field.default_country

    def broken(self, values: Sequence[Value], faulty: Collection[int]) -> list[CompiledRule]:
        """The rules that a row breaks; `faulty` are the slots about which something is said already."""
        return [rule for rule in self.rules if rule.is_broken(values, faulty)]
