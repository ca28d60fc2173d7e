"""What is wrong with a value, before it is known where the value stands."""

from collections.abc import Callable
from typing import Any, NamedTuple

from foreman_core.models import IssueCode, Value


class Fault(NamedTuple):
    """One thing that is wrong. The message never repeats the value: messages are logged and mailed."""

    code: IssueCode
    message: str


Parse = Callable[[str, str | None], Value | Fault]
"""Text, and the country that it is read in (only phones care) -> the value, or why it is none."""

Constraint = Callable[[Any], Fault | None]
"""A value of the type that the constraint applies to -> what is wrong with it, if anything is."""
