"""The stack's configuration: read once, checked, and frozen. Nothing else reads `pulumi.Config`."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Any, Final, Literal, cast, get_args, get_origin

import attrs
import cattrs
import orjson
import pulumi
from attrs import field, frozen
from cattrs.gen import make_dict_structure_fn, override

from components._container_settings import SETTINGS, ContainerSettings, container_faults
from components._ledger import JOB_DAYS

NAMESPACE: Final = "foreman"
STACK_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""The stack's name is a part of the functions' names, which have at most 64 of these characters."""
LONGEST_KEY_DAYS: Final = 90
MOST_CHUNK_ROWS: Final = 500
MOST_CONCURRENCY: Final = 1000
MOST_FUNCTION_BYTES: Final = 16 * 1024 * 1024
"""Some 150,000 rows, which one function can still load in its quarter of an hour."""
MOST_APPROVAL_HOURS: Final = 24 * 300
"""An execution lives for a year at most: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
LEAST_FUNCTION_MB: Final = 512
MOST_FUNCTION_MB: Final = 10_240
"""Of memory as of storage: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
LEAST_ATTEMPTS: Final = 3
MOST_ATTEMPTS: Final = 10
LEAST_NOTICE_DAYS: Final = 15
"""A queue may hold a message for fourteen days, and it must be known then whether it was delivered."""
MOST_INCOMING_DAYS: Final = JOB_DAYS - 30
"""A dropped file whose job the ledger has forgotten looks like one whose event was lost, and would be loaded
again. The month is for S3, which may remove later than it says:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html"""
TWO_PROCESSORS_MB: Final = 3538
"""A function has a processor for every 1,769 MB, and Polars uses as many as there are:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
LOG_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827),
    *(2192, 2557, 2922, 3288, 3653),
)
"""What CloudWatch Logs takes:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""

Tags = Mapping[str, str]
Texts = tuple[str, ...]


@frozen(kw_only=True)
class Retention:
    """Days that each part of the intake bucket is kept."""

    incoming_days: int = 90
    submitted_days: int = 90
    jobs_days: int = 400
    noncurrent_days: int = 30
    access_log_days: int = 365


@frozen(kw_only=True)
class NoticeSettings:
    """How notices go out: see `Pulumi.yaml`."""

    retry_seconds: int = 60
    attempts: int = 10
    keep_days: int = 30
    digest_hour: int = 6
    networks: tuple[str, ...] = ()


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
    api_key_days: int = LONGEST_KEY_DAYS
    chunk_rows: int = MOST_CHUNK_ROWS
    map_concurrency: int = 10
    mutate_concurrency: int | None = None
    tolerated_chunk_percent: int = 50
    function_bytes: int = 8 * 1024 * 1024
    approval: Literal["never", "dropped", "always"] = "never"
    approval_hours: int = 72
    validate_memory_mb: int = TWO_PROCESSORS_MB
    validate_storage_mb: int = 4096
    record_type: str = "customer"
    package_dir: str = "dist/lambda"
    architecture: Literal["arm64", "x86_64"] = "arm64"
    python_version: Literal["3.11", "3.12", "3.13", "3.14"] = "3.13"
    notify_email: str | None = None
    mail_from: str | None = None
    web_url: str | None = None
    notices: NoticeSettings = NoticeSettings()
    user_pool_id: str | None = None
    endpoint: str | None = None
    retention: Retention = Retention()
    containers: ContainerSettings | None = None

    @property
    def user_pool_keys_url(self) -> str:
        """Where the public keys of the user pool are; an emulator signs as AWS does, and is asked
        elsewhere.
        """
        host = self.endpoint or f"https://cognito-idp.{self.region}.amazonaws.com"
        return f"{host}/{self.user_pool_id}/.well-known/jwks.json"

    @property
    def worker_bytes(self) -> int:
        """From what size on a worker has a file; 0 where there are no workers."""
        worker = None if self.containers is None else self.containers.worker
        return 0 if worker is None else worker.from_bytes

    tags: Tags = field(factory=dict[str, str])


class ConfigError(pulumi.RunError):
    """The configuration says something that cannot be; the message has a line for every fault."""


def load_config() -> Config:
    """The stack's configuration. ConfigError names each key with a fault, and says what would be right."""
    given = {
        **_given(),
        _KEYS["stack"]: pulumi.get_stack(),
        _KEYS["region"]: pulumi.Config("aws").require("region"),
    }
    try:
        config = _CONVERTER.structure(given, Config)
    except cattrs.BaseValidationError as error:
        raise ConfigError("\n".join(_structure_faults(error, ""))) from error
    faults = list(_faults(config))
    if faults:
        raise ConfigError("\n".join(faults))
    return config


def _given() -> dict[str, str]:
    """What is set in our namespace. Pulumi hands every value over as text: objects and numbers as JSON."""
    prefix = f"{NAMESPACE}:"
    known = {**pulumi.runtime.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    names = [name.removeprefix(prefix) for name in known if name.startswith(prefix)]
    config = pulumi.Config(NAMESPACE)
    return {name: config.require(name) for name in names}


def _faults(config: Config) -> Iterator[str]:
    """What is of the right type, and cannot be all the same."""
    days = attrs.asdict(config.retention)
    least_and_most = {
        "apiKeyDays": (config.api_key_days, 1, LONGEST_KEY_DAYS),
        "chunkRows": (config.chunk_rows, 1, MOST_CHUNK_ROWS),
        "mapConcurrency": (config.map_concurrency, 1, MOST_CONCURRENCY),
        "mutateConcurrency": (config.mutate_concurrency, 1, MOST_CONCURRENCY),
        "toleratedChunkPercent": (config.tolerated_chunk_percent, 1, 100),
        "functionBytes": (config.function_bytes, 0, MOST_FUNCTION_BYTES),
        "approvalHours": (config.approval_hours, 1, MOST_APPROVAL_HOURS),
        "validateMemoryMb": (config.validate_memory_mb, LEAST_FUNCTION_MB, MOST_FUNCTION_MB),
        "validateStorageMb": (config.validate_storage_mb, LEAST_FUNCTION_MB, MOST_FUNCTION_MB),
        **{f"retention.{_camel(name)}": (value, 1, 3653) for name, value in days.items()},
        "notices.retrySeconds": (config.notices.retry_seconds, 1, 3600),
        "notices.attempts": (config.notices.attempts, LEAST_ATTEMPTS, MOST_ATTEMPTS),
        "notices.keepDays": (config.notices.keep_days, LEAST_NOTICE_DAYS, 3653),
        "notices.digestHour": (config.notices.digest_hour, 0, 23),
    }
    for name, (value, least, most) in least_and_most.items():
        if value is not None and not least <= value <= most:
            yield _fault(name, f"{value} is not between {least} and {most}")
    if config.retention.incoming_days > MOST_INCOMING_DAYS:
        yield _fault(
            "retention.incomingDays",
            f"{config.retention.incoming_days} is more than {MOST_INCOMING_DAYS}: the ledger forgets a job "
            f"after {JOB_DAYS} days, and a file that is there without a job is loaded",
        )
    if config.log_retention_days not in LOG_DAYS:
        yield _fault("logRetentionDays", f"{config.log_retention_days} is none of {_listed(LOG_DAYS)}")
    if config.endpoint is not None and not config.endpoint.startswith(("http://", "https://")):
        yield _fault("endpoint", f"{config.endpoint!r} is no address; it starts with http:// or https://")
    yield from _notice_faults(config)
    if config.containers is not None:
        emulated = config.endpoint is not None
        for name, what in container_faults(config.containers, config.user_pool_id, emulated=emulated):
            yield _fault(f"containers.{name}", what)
    if not STACK_NAME.fullmatch(config.stack):
        yield f"the stack's name {config.stack!r} is not 1 to 40 letters, digits, '-' or '_'"


def _notice_faults(config: Config) -> Iterator[str]:
    if config.web_url is not None and not config.web_url.startswith("https://"):
        yield _fault("webUrl", f"{config.web_url!r} is no address that starts with https://")
    for name, address in (("notifyEmail", config.notify_email), ("mailFrom", config.mail_from)):
        if address is not None and not all(address.partition("@")):
            yield _fault(name, f"{address!r} is no mail address")
    for network in config.notices.networks:
        if not _is_network(network):
            yield _fault("notices.networks", f"{network!r} is no network, such as 10.0.0.0/8")


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _structure_faults(error: BaseException, place: str) -> Iterator[str]:
    """Each fault with its key, as in `foreman:retention.jobsDays`."""
    match error:
        case cattrs.ClassValidationError():
            located, others = error.group_exceptions()
            for inner, note in located:
                yield from _structure_faults(inner, _join(place, _KEYS.get(note.name, note.name)))
            for inner in others:
                yield from _structure_faults(inner, place)
        case cattrs.ForbiddenExtraKeysError():
            known = [_KEYS[attribute.name] for attribute in attrs.fields(cast("Any", error.cl))]
            for name in sorted(error.extra_fields):
                close = get_close_matches(name, known, n=1)
                yield _fault(_join(place, name), "there is no such key" + (f"; {close[0]}?" if close else ""))
        case cattrs.IterableValidationError():
            located, _ = error.group_exceptions()
            for inner, note in located:
                yield from _structure_faults(inner, _join(place, str(note.index)))
        case KeyError():
            yield _fault(place, "is missing")
        case _:
            yield _fault(place, str(error))


def _fault(place: str, what: str) -> str:
    return f"{NAMESPACE}:{place}: {what}"


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _listed(values: tuple[object, ...]) -> str:
    return ", ".join(map(str, values))


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


_KEYS: Final[Mapping[str, str]] = {
    **{
        attribute.name: _camel(attribute.name)
        for cls in (Config, NoticeSettings, Retention, *SETTINGS)
        for attribute in attrs.fields(cls)
    },
    # these two are not ours to set
    "stack": "pulumi:stack",
    "region": "aws:region",
}


def _parsed(value: object) -> Any:  # noqa: ANN401 - JSON
    """A value of a nested setting is itself; one at the top is text, and JSON unless text is wanted."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except ValueError:
        return value


def _whole_number(value: object, _: object) -> int:
    number = _parsed(value)
    if type(number) is not int:  # True is an int, too
        raise ValueError(f"{value!r} is no whole number")
    return number


def _truth(value: object, _: object) -> bool:
    truth = _parsed(value)
    if not isinstance(truth, bool):
        raise ValueError(f"{value!r} is neither true nor false")  # noqa: TRY004 - cattrs collects ValueErrors
    return truth


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text; put it in quotes")  # noqa: TRY004 - as above
    return value


def _one_of(value: object, kind: object) -> object:
    if value not in get_args(kind):
        raise ValueError(f"{value!r} is none of {_listed(get_args(kind))}")
    return value


def _mapping(value: object) -> Mapping[str, object]:
    mapping = _parsed(value)
    if not isinstance(mapping, Mapping):
        raise ValueError(f"{value!r} is no object of keys and values")  # noqa: TRY004 - as above
    return cast("Mapping[str, object]", mapping)


def _list(value: object) -> list[object]:
    items = _parsed(value)
    if not isinstance(items, list):
        raise ValueError(f"{value!r} is no list")  # noqa: TRY004 - as above
    return cast("list[object]", items)


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    for kind, hook in ((int, _whole_number), (bool, _truth), (str, _text)):
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_func(lambda kind: get_origin(kind) is Literal, _one_of)
    structure_tags = converter.get_structure_hook(Tags)
    converter.register_structure_hook_func(
        lambda kind: kind == Tags, lambda value, kind: structure_tags(_mapping(value), kind)
    )
    converter.register_structure_hook_func(
        lambda kind: kind == Texts, lambda value, _: tuple(_text(item, str) for item in _list(value))
    )
    for cls in (Retention, NoticeSettings, *SETTINGS, Config):
        names = {attribute.name: override(rename=_KEYS[attribute.name]) for attribute in attrs.fields(cls)}
        structure = cast("Any", make_dict_structure_fn)(cls, converter, **names)
        converter.register_structure_hook(
            cls, lambda value, kind, structure=structure: structure(_mapping(value), kind)
        )
    return converter


_CONVERTER: Final = _converter()
