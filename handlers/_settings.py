"""A handler's environment, read once into its `Settings` class."""

import os
from typing import TypeVar

import attrs
import cattrs

T = TypeVar("T", bound=attrs.AttrsInstance)


def load(settings: type[T]) -> T:
    """The settings from the environment: the attribute `foo_bar` is FOO_BAR.

    RuntimeError names every variable that is missing.
    """
    names = [field.name for field in attrs.fields(settings)]
    missing = [name.upper() for name in names if not os.environ.get(name.upper())]
    if missing:
        raise RuntimeError(f"the environment lacks {', '.join(missing)}")
    return cattrs.structure({name: os.environ[name.upper()] for name in names}, settings)
