"""What stands in for other things in these tests."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def always(value: T) -> Callable[..., T]:
    """A function that gives the same value, whatever it is asked."""

    def give(*_args: object, **_keywords: object) -> T:
        return value

    return give
