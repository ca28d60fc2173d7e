"""What a realisation gives back, and the conversions that all of them need."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

import orjson
from attrs import field, frozen

from local.status import Realised

_COMMON: Final = {"region", "tags", "tagsAll"}
"""Inputs of every resource: the region is that of the stack, and nothing here is found by its tags."""

_UNSET: Final[tuple[object, ...]] = (None, False, [], {})

NO_TLS: Final = "TLS is not demanded: requests to loopback go without, and would be denied"


@frozen
class Created:
    """A resource that exists now. `outputs` are named as pulumi_aws names them."""

    id: str
    outputs: dict[str, Any] = field(factory=dict[str, Any])
    realised: Realised = "emulated"
    note: str = ""


class Inputs(Mapping[str, Any]):
    """The inputs of a resource. They remember which of them were read: the others have no effect here."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._read: set[str] = set()

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - any JSON, and assets
        self._read.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def block(self, name: str) -> Mapping[str, Any]:
        """A nested block of inputs; empty when the program set none."""
        found: Mapping[str, Any] | None = self.get(name)
        return found or {}

    def blocks(self, name: str) -> Sequence[Mapping[str, Any]]:
        """A list of nested blocks; empty when the program set none."""
        found: Sequence[Mapping[str, Any]] | None = self.get(name)
        return found or ()

    def without_effect(self) -> list[str]:
        """The names of the inputs that the program set and nothing has read."""
        return sorted(
            name
            for name, value in self._values.items()
            if value not in _UNSET and name not in self._read and name not in _COMMON
        )


def pascal(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Pulumi's camelCase keys as AWS's PascalCase, all the way down."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value).items()
        return {name[:1].upper() + name[1:]: pascal(inner) for name, inner in pairs if inner is not None}
    if isinstance(value, list):
        return [pascal(inner) for inner in cast("list[Any]", value)]
    return value


def without_tls_statements(policy: str) -> tuple[str | None, str]:
    """A resource policy for a machine without TLS, or None when nothing is left; and a note on it."""
    document = orjson.loads(policy)
    kept = [statement for statement in document["Statement"] if not _demands_tls(statement)]
    text = orjson.dumps({**document, "Statement": kept}).decode() if kept else None
    return text, NO_TLS if len(kept) < len(document["Statement"]) else ""


def _demands_tls(statement: Mapping[str, Any]) -> bool:
    return statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
