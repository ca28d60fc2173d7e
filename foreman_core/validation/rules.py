"""Rules over several fields of one row: a small closed list, no expression language."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from attrs import frozen

from foreman_core.models import Severity, Value
from foreman_core.schema import Before, OneOf, RecordSchema, RequiredIf, Rule
from foreman_core.validation.dates import ordinal
from foreman_core.validation.fault import Fault

_DATE_LENGTH: Final = 10

IsBroken = Callable[[Sequence[Value], Collection[int]], bool]


@frozen
class CompiledRule:
    """`is_broken(values, faulty)`: whether a row breaks it. `faulty` are the slots whose cells were no value:
    nothing is said about those twice. `slot` is the field that the issue names, if it names one; `slots` are
    all that it looks at.
    """

    slot: int | None
    slots: frozenset[int]
    fault: Fault
    severity: Severity
    is_broken: IsBroken


def compile_rules(schema: RecordSchema) -> tuple[CompiledRule, ...]:
    """The rules of a schema, in its order."""
    slots = {field.name: slot for slot, field in enumerate(schema.fields)}
    return tuple(_compile(rule, slots) for rule in schema.rules)


def _compile(rule: Rule, slots: Mapping[str, int]) -> CompiledRule:
    match rule:
        case RequiredIf():
            return _required_if(rule, slots)
        case OneOf():
            return _one_of(rule, slots)
        case Before():
            return _before(rule, slots)


def _required_if(rule: RequiredIf, slots: Mapping[str, int]) -> CompiledRule:
    slot, when, values = slots[rule.field], slots[rule.when], rule.is_one_of

    def is_broken(row: Sequence[Value], faulty: Collection[int]) -> bool:
        return row[slot] is None and row[when] in values and slot not in faulty

    shown = " or ".join(map(str, values))
    return CompiledRule(
        slot,
        frozenset({slot, when}),
        Fault("rule", f"is blank, and a record whose {rule.when} is {shown} needs it"),
        rule.severity,
        is_broken,
    )


def _one_of(rule: OneOf, slots: Mapping[str, int]) -> CompiledRule:
    chosen = [slots[name] for name in rule.fields]

    def is_broken(row: Sequence[Value], faulty: Collection[int]) -> bool:
        return all(row[slot] is None and slot not in faulty for slot in chosen)

    return CompiledRule(
        None,
        frozenset(chosen),
        Fault("rule", f"one of these must have a value: {', '.join(rule.fields)}"),
        rule.severity,
        is_broken,
    )


def _before(rule: Before, slots: Mapping[str, int]) -> CompiledRule:
    first, second = slots[rule.earlier], slots[rule.later]

    def is_broken(row: Sequence[Value], _faulty: Collection[int]) -> bool:
        earlier, later = row[first], row[second]
        if not isinstance(earlier, str) or not isinstance(later, str):
            return False
        if len(earlier) == len(later) == _DATE_LENGTH:  # ISO dates sort as text
            return earlier >= later
        return ordinal(earlier) >= ordinal(later)

    fault = Fault("rule", f"must lie before {rule.later}")
    return CompiledRule(first, frozenset({first, second}), fault, rule.severity, is_broken)
