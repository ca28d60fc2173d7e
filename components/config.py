"""The stack's configuration: read once, checked, and frozen. Nothing else reads `pulumi.Config`."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import attrs
import cattrs
import orjson
import pulumi
from attrs import field, frozen
from cattrs.gen import make_dict_structure_fn, override

NAMESPACE: Final = "foreman"
LONGEST_KEY_DAYS: Final = 90
MOST_CHUNK_ROWS: Final = 500
LOG_DAYS: Final = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""What CloudWatch Logs takes:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""


@frozen(kw_only=True)
class Retention:
    """Days that each part of the intake bucket is kept."""

    incoming_days: int = 90
    submitted_days: int = 90
    jobs_days: int = 400
    noncurrent_days: int = 30
    access_log_days: int = 365


@frozen(kw_only=True)
class Config:
    """Everything that a stack can be told; `Pulumi.yaml` describes each key."""

    stack: str
    region: str
    protect: bool = True
    introspection: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_retention_days: int = 90
    tracing: bool = True
    api_key_days: int = 90
    chunk_rows: int = 500
    map_concurrency: int = 10
    mutate_concurrency: int | None = None
    record_type: str = "customer"
    package_dir: str = "dist/lambda"
    architecture: Literal["arm64", "x86_64"] = "arm64"
    python_version: str = "3.13"
    notify_email: str | None = None
    user_pool_id: str | None = None
    endpoint: str | None = None
    retention: Retention = Retention()
    tags: Mapping[str, str] = field(factory=dict[str, str])


class ConfigError(Exception):
    """The configuration says something that cannot be."""


def load_config() -> Config:
    """The stack's configuration. ConfigError names the key, says what is wrong with it, and what would be right."""
    given = _given(f"{NAMESPACE}:")
    region = pulumi.Config("aws").require("region")
    try:
        made = _CONVERTER.structure({**given, "stack": pulumi.get_stack(), "region": region}, Config)
    except cattrs.BaseValidationError as error:
        raise ConfigError("; ".join(_places(error))) from error
    _check(made)
    return made


def _given(prefix: str) -> dict[str, Any]:
    """Everything that is set in our namespace: nested values parsed, texts as they are."""
    known = {**pulumi.runtime.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    config = pulumi.Config(NAMESPACE)
    names = [name.removeprefix(prefix) for name in known if name.startswith(prefix)]
    return {name: _parsed(config.require(name)) for name in names}


def _parsed(text: str) -> Any:  # noqa: ANN401 - JSON
    """Pulumi hands values over as text: objects, numbers and truths are JSON, everything else is itself."""
    try:
        return orjson.loads(text)
    except ValueError:
        return text


def _check(config: Config) -> None:
    limits = {
        "apiKeyDays": (config.api_key_days, 1, LONGEST_KEY_DAYS),
        "chunkRows": (config.chunk_rows, 1, MOST_CHUNK_ROWS),
        "mapConcurrency": (config.map_concurrency, 1, 1000),
    }
    for name, (value, least, most) in limits.items():
        if not least <= value <= most:
            raise ConfigError(f"{NAMESPACE}:{name}: {value} is not between {least} and {most}")
    if config.log_retention_days not in LOG_DAYS:
        allowed = ", ".join(map(str, LOG_DAYS))
        raise ConfigError(f"{NAMESPACE}:logRetentionDays: {config.log_retention_days} is none of {allowed}")


def _places(error: cattrs.BaseValidationError) -> list[str]:
    """Each fault with its key, as in `foreman:retention.jobsDays`."""
    return [_place(line) for line in cattrs.transform_error(error, path=NAMESPACE)]


def _place(line: str) -> str:
    return re.sub(r"^(.*) @ foreman\.?", lambda found: f"{found[1]} at {NAMESPACE}:", line)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _strict(value: Any, kind: type) -> Any:  # noqa: ANN401 - a structure hook
    """Take a value only if it is of its type: cattrs would make 1 of "1" and True of "no"."""
    if type(value) is not kind:
        raise ValueError(f"{value!r} is no {_WORDS[kind]}")
    return value


_WORDS: Final = {int: "whole number", bool: "true or false", str: "text"}


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    for kind in (int, bool):
        converter.register_structure_hook(kind, _strict)
    converter.register_structure_hook(str, lambda value, _: str(value))
    for cls in (Retention, Config):
        names = {attribute.name: override(rename=_camel(attribute.name)) for attribute in attrs.fields(cls)}
        converter.register_structure_hook(
            cls, make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True, **names)
        )
    return converter


_CONVERTER: Final = _converter()
