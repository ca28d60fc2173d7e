"""What is told of a stack's resources; light, for the commands that only look."""

from typing import Literal

from attrs import frozen

Realised = Literal["emulated", "process", "metadata", "folder"]


@frozen
class ResourceStatus:
    """One resource of the program, and how it is realised here."""

    type: str
    name: str
    id: str
    realised: Realised
    note: str = ""
