"""What a realisation gives back, and the conversions that all of them need."""

from collections.abc import Mapping
from typing import Any, Final, Literal, cast

import orjson
from attrs import field, frozen

Realised = Literal["emulated", "process", "metadata", "folder"]

NO_TLS: Final = "left out: requests to loopback are not encrypted, and would be denied"


@frozen
class Created:
    """A resource that exists now. `outputs` are named as pulumi_aws names them."""

    id: str
    outputs: dict[str, Any] = field(factory=dict[str, Any])
    realised: Realised = "emulated"
    note: str = ""


def pascal(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Pulumi's camelCase keys as AWS's PascalCase, all the way down."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value).items()
        return {name[:1].upper() + name[1:]: pascal(inner) for name, inner in pairs if inner is not None}
    if isinstance(value, list):
        return [pascal(inner) for inner in cast("list[Any]", value)]
    return value


def without_tls_statements(policy: str) -> tuple[str | None, str]:
    """A resource policy for a machine without TLS, or None when nothing is left; and the note that says so."""
    document = orjson.loads(policy)
    kept = [statement for statement in document["Statement"] if not _demands_tls(statement)]
    note = NO_TLS if len(kept) < len(document["Statement"]) else ""
    return (
        orjson.dumps({**document, "Statement": kept}).decode() if kept else None
    ), note and f"TLS only {note}"


def _demands_tls(statement: Mapping[str, Any]) -> bool:
    return statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
