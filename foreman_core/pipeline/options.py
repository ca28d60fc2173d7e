"""How a sender says how a file is read: with the request to import it, or on the object in S3 itself."""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

import attrs

from foreman_core.errors import Refused
from foreman_core.mapping import sent_json
from foreman_core.models import Options

METADATA: Final = "foreman"
"""The name in the object's user-defined metadata, which S3 sends as `x-amz-meta-foreman`."""

METADATA_LIMIT: Final = 2048
"""Bytes of all names and values of an object's user-defined metadata:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""

DEFAULTS: Final = Options()


def read_options(given: Mapping[str, Any]) -> Options:
    """The options in a document; `mapping` is what a mapping file says, as JSON or as an object.

    Refused(`bad-options`) for a name or a kind of value that there is not, (`bad-mapping`).
    """
    known = [field.name for field in attrs.fields(Options)]
    said: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise Refused("bad-options", f"there is no option {name!r}; there are {', '.join(known)}")
        if value is not None:
            said[name] = _checked(name, value)
    return Options(**said)


def to_metadata(options: Options) -> dict[str, str]:
    """The metadata of an object that is to be read so; nothing when there is nothing to say.

    It is one JSON document in ASCII, which no client and no proxy changes on the way. Refused(`bad-mapping`)
    when that is more than S3 takes.
    """
    if options == DEFAULTS:
        return {}
    said = {name: value for name, value in attrs.asdict(options).items() if value != getattr(DEFAULTS, name)}
    if options.mapping is not None:
        # the header is only for people
        said["mapping"] = {k: v for k, v in json.loads(options.mapping).items() if k != "header"}
    text = json.dumps(said, separators=(",", ":"))
    if len(METADATA) + len(text) > METADATA_LIMIT:
        raise Refused(
            "bad-mapping",
            f"the mapping is too long to travel on an object in S3, which takes {METADATA_LIMIT:,} bytes. "
            "Let the stack remember it (foreman map FILE --mapping MAPPING --remember), or use submit",
        )
    return {METADATA: text}


def from_metadata(metadata: Mapping[str, str]) -> Options:
    """What `to_metadata` was given. Refused(`bad-options`) or (`bad-mapping`) for what it did not make."""
    text = metadata.get(METADATA)
    if text is None:
        return DEFAULTS
    try:
        given: object = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise Refused("bad-options", f"the object's metadata {METADATA!r} is not a JSON object of options")
    return read_options(cast("dict[str, Any]", given))


def _checked(name: str, value: object) -> str | bool:
    if name == "mapping":
        value = json.dumps(value) if isinstance(value, dict) else value
    if not isinstance(value, bool if name == "header" else str):
        raise Refused("bad-options", f"the option {name} cannot be {type(value).__name__}")
    if name == "mapping":
        sent_json(str(value))
    return value
