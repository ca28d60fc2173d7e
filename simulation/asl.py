"""Amazon States Language, read as data: paths, parameters, conditions of a Choice. Pure functions.

https://states-language.net/spec.html and
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html. What is not known
here is an AssertionError, so that no part of a definition is passed over in silence.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

State = Mapping[str, Any]

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "StringEquals": lambda found, wanted: found == wanted,
    "BooleanEquals": lambda found, wanted: found is wanted,
    "NumericEquals": lambda found, wanted: found == wanted,
    "NumericGreaterThan": lambda found, wanted: found > wanted,
    "NumericGreaterThanEquals": lambda found, wanted: found >= wanted,
    "NumericLessThan": lambda found, wanted: found < wanted,
    "NumericLessThanEquals": lambda found, wanted: found <= wanted,
}
_OUT_OF_TIME: Final = ("States.Timeout", "States.HeartbeatTimeout")
_FORMAT: Final = re.compile(r"States\.Format\('((?:[^'\\]|\\.)*)'((?:,\s*[^,)]+)*)\)")


def at(document: Any, path: str | None, context: Mapping[str, Any]) -> Any:
    """What is at a path (`$`, `$.a.b`, `$$.Execution.Name`); KeyError when it is not there."""
    if path is None:
        return {}
    found, steps = (context, path[2:]) if path.startswith("$$") else (document, path[1:])
    for step in filter(None, steps.split(".")):
        found = found[step]
    return found


def parameters(template: Any, document: Any, context: Mapping[str, Any]) -> Any:
    """A payload template filled in: keys that end in `.$` take what a path or an intrinsic function gives."""
    if isinstance(template, Mapping):
        filled: dict[str, Any] = {}
        for key, value in cast("Mapping[str, Any]", template).items():
            if key.endswith(".$"):
                filled[key.removesuffix(".$")] = _value(value, document, context)
            else:
                filled[key] = parameters(value, document, context)
        return filled
    if isinstance(template, list):
        return [parameters(value, document, context) for value in cast("list[Any]", template)]
    return template


def _value(text: str, document: Any, context: Mapping[str, Any]) -> Any:
    if text.startswith("$"):
        return at(document, text, context)
    found = _FORMAT.fullmatch(text)
    if found is None:
        raise AssertionError(f"intrinsic function not understood: {text}")
    arguments = [at(document, path.strip(), context) for path in found[2].split(",")[1:]]
    return found[1].replace("{}", "%s") % tuple(arguments)


def put(document: Any, path: str | None, result: Any) -> Any:
    """The input with a result at ResultPath (None: the result is dropped)."""
    if path is None:
        return document
    steps = [step for step in path[1:].split(".") if step]
    if not steps:
        return result
    whole = dict(document)
    inner = whole
    for step in steps[:-1]:
        inner[step] = dict(inner.get(step, {}))
        inner = inner[step]
    inner[steps[-1]] = result
    return whole


def chosen(state: State, document: Any, context: Mapping[str, Any]) -> str:
    """The state that a Choice goes to."""
    for choice in state["Choices"]:
        if _meets(choice, document, context):
            return choice["Next"]
    return state["Default"]


def _meets(rule: Mapping[str, Any], document: Any, context: Mapping[str, Any]) -> bool:
    if "And" in rule:
        return all(_meets(inner, document, context) for inner in rule["And"])
    if "Or" in rule:
        return any(_meets(inner, document, context) for inner in rule["Or"])
    if "Not" in rule:
        return not _meets(rule["Not"], document, context)
    ((operator, wanted),) = ((key, value) for key, value in rule.items() if key not in ("Variable", "Next"))
    try:
        found = at(document, rule["Variable"], context)
    except KeyError:
        return operator == "IsPresent" and not wanted
    if operator in ("IsPresent", "IsNull"):
        return (operator == "IsPresent" or found is None) is wanted
    return type(found) is type(wanted) and _COMPARE[operator](found, wanted)


def matching(rules: Sequence[Mapping[str, Any]], error: str) -> Mapping[str, Any] | None:
    """The first retrier or catcher for an error.

    `States.ALL` is for all but two, `States.TaskFailed` for all but a time-out, and `States.Timeout` for a
    missing heartbeat, too: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    for rule in rules:
        names: list[str] = rule["ErrorEquals"]
        every = "States.ALL" in names and error not in ("States.DataLimitExceeded", "States.Runtime")
        task = "States.TaskFailed" in names and error not in _OUT_OF_TIME
        late = "States.Timeout" in names and error in _OUT_OF_TIME
        if error in names or every or task or late:
            return rule
    return None


def longest_wait(retrier: Mapping[str, Any], tried: int) -> float:
    """Seconds that the retry after `tried` ones waits at most; with full jitter the wait is a random part.

    IntervalSeconds is 1 unless given, BackoffRate 2:
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    wait = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** tried
    return float(min(wait, retrier.get("MaxDelaySeconds", wait)))


def iso(moment: datetime) -> str:
    """A time as the context object has it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
