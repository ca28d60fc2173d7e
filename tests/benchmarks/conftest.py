"""What the program is set to is read from its components, and importing these makes Pulumi warn."""

from tests import _pulumi

__all__ = ["_pulumi"]
