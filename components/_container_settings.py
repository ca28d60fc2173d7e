"""What a stack can be told of its containers: `foreman:containers`, described in docs/containers.md."""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Final

from attrs import frozen

DIGEST: Final = re.compile(r"[a-z0-9][^\s@]*@sha256:[0-9a-f]{64}")
PREFIX_LIST: Final = re.compile(r"pl-[0-9a-f]+")
CERTIFICATE: Final = re.compile(r"arn:aws[a-z-]*:(acm|iam):.+")
HOST: Final = re.compile(r"(?!.{254})([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
"""A name that a certificate is for, and no pattern of names: https://www.rfc-editor.org/rfc/rfc1123"""
TASK_SIZES: Final[Mapping[int, Sequence[int]]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16_385, 1024),
    4096: range(8192, 30_721, 1024),
    8192: range(16_384, 61_441, 4096),
    16_384: range(32_768, 122_881, 8192),
}
"""CPU units, and the MB of memory that go with them:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"""
LEAST_STORAGE_GB: Final = 21
MOST_STORAGE_GB: Final = 200
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html"""
MOST_TASKS: Final = 100
MOST_THREADS: Final = 64
LARGEST_OBJECT: Final = 50 * 1024**4
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html"""
LEAST_RATE: Final = 10
"""Requests in five minutes, the least that a rate-based rule counts to:
https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html"""
MOST_RATE: Final = 2_000_000_000
ZONES: Final = 2
"""The network has two: a balancer wants two at least, and a third would cost endpoints and addresses."""

Fault = tuple[str, str]
"""The key below `foreman:containers`, and what is wrong with it."""


@frozen(kw_only=True)
class NetworkSettings:
    """The network that is made, or, with `vpc_id`, the one that is there already."""

    cidr: str = "10.20.0.0/20"
    zones: tuple[str, ...] = ("a", "b")
    nat_gateways: int = 1
    private_endpoints: bool = True
    vpc_id: str | None = None
    public_subnet_ids: tuple[str, ...] = ()
    private_subnet_ids: tuple[str, ...] = ()


@frozen(kw_only=True)
class WebSettings:
    """The web service: `allow` says who may reach it, as address ranges or ids of prefix lists; `host` is by
    what name, which only an emulator does without.
    """

    certificate_arn: str
    user_pool_client_id: str
    allow: tuple[str, ...]
    host: str | None = None
    cpu: int = 512
    memory_mb: int = 1024
    least: int = 2
    most: int = 10
    spot: bool = False
    requests_in_five_minutes: int = 2000


@frozen(kw_only=True)
class WorkerSettings:
    """The worker for the largest files: those of `from_bytes` on. With `least` 0 there is none while nothing
    waits.
    """

    cpu: int = 2048
    memory_mb: int = 8192
    storage_gb: int = 50
    least: int = 0
    most: int = 4
    spot: bool = True
    threads: int = 8
    from_bytes: int = 1024**3


@frozen(kw_only=True)
class ContainerSettings:
    """Which containers there are. Without `image`, one is built from the checkout at every deployment."""

    image: str | None = None
    web: WebSettings | None = None
    worker: WorkerSettings | None = None
    network: NetworkSettings = NetworkSettings()


SETTINGS: Final = (NetworkSettings, WebSettings, WorkerSettings, ContainerSettings)
"""Each stands behind those that it holds."""


def container_faults(
    settings: ContainerSettings, user_pool_id: str | None, *, emulated: bool
) -> Iterator[Fault]:
    """What is of the right type, and cannot be all the same."""
    if settings.image is not None and not DIGEST.fullmatch(settings.image):
        yield "image", f"{settings.image!r} names no content; write it as repository@sha256:digest"
    if settings.web is None and settings.worker is None:
        yield "web", "neither this nor worker is set; set one of them, or leave foreman:containers out"
    if settings.web is not None:
        yield from _below("web", _web_faults(settings.web, emulated=emulated))
        if user_pool_id is None:
            yield "web", "nobody could sign in; set foreman:userPoolId, too"
    if settings.worker is not None:
        yield from _below("worker", _worker_faults(settings.worker))
    yield from _below("network", _network_faults(settings))


def _below(place: str, faults: Iterator[Fault]) -> Iterator[Fault]:
    return ((f"{place}.{name}", what) for name, what in faults)


def _web_faults(web: WebSettings, *, emulated: bool) -> Iterator[Fault]:
    if not CERTIFICATE.fullmatch(web.certificate_arn):
        yield "certificateArn", f"{web.certificate_arn!r} is no ARN of a certificate of ACM or IAM"
    if web.host is None and not emulated:
        yield "host", "no certificate fits the balancer's own name; set the one that certificateArn is for"
    if web.host is not None and not HOST.fullmatch(web.host):
        yield "host", f"{web.host!r} is no name of a host, such as foreman.example.org"
    if not web.allow:
        yield "allow", "nobody could reach the service; name an address range or a prefix list"
    for source in web.allow:
        if not PREFIX_LIST.fullmatch(source) and not _is_range(source):
            yield "allow", f"{source!r} is neither an address range (IPv4) nor a prefix list (pl-…)"
    yield from _size_faults(web.cpu, web.memory_mb)
    yield from _between("least", web.least, 1, MOST_TASKS)
    yield from _between("most", web.most, web.least, MOST_TASKS)
    yield from _between("requestsInFiveMinutes", web.requests_in_five_minutes, LEAST_RATE, MOST_RATE)


def _worker_faults(worker: WorkerSettings) -> Iterator[Fault]:
    yield from _size_faults(worker.cpu, worker.memory_mb)
    yield from _between("storageGb", worker.storage_gb, LEAST_STORAGE_GB, MOST_STORAGE_GB)
    yield from _between("least", worker.least, 0, MOST_TASKS)
    yield from _between("threads", worker.threads, 1, MOST_THREADS)
    yield from _between("fromBytes", worker.from_bytes, 1, LARGEST_OBJECT)
    yield from _between("most", worker.most, max(1, worker.least), MOST_TASKS)


def _network_faults(settings: ContainerSettings) -> Iterator[Fault]:
    network = settings.network
    subnets = {"publicSubnetIds": network.public_subnet_ids, "privateSubnetIds": network.private_subnet_ids}
    if network.vpc_id is not None:
        for name, ids in subnets.items():
            if len(ids) < ZONES and not (name == "publicSubnetIds" and settings.web is None):
                yield name, f"{len(ids)} are too few: the VPC's subnets in {ZONES} zones are wanted"
        return
    for name, ids in subnets.items():
        if ids:
            yield name, "is of a VPC that is there already; set vpcId, too"
    if not _is_range(network.cidr) or not 16 <= ip_network(network.cidr).prefixlen <= 24:  # noqa: PLR2004 - of AWS and of four subnets
        yield "cidr", f"{network.cidr!r} is no range of IPv4 addresses from /16 to /24"
    if len(set(network.zones)) != ZONES or len(network.zones) != ZONES:
        yield "zones", f"{', '.join(network.zones)} are not {ZONES} different letters of zones"
    if network.nat_gateways == 0:
        # https://docs.aws.amazon.com/cognito/latest/developerguide/vpc-interface-endpoints.html
        what = "0 leaves no way to the GraphQL API nor to the keys of the user pool; no endpoint leads there"
        yield "natGateways", what
    else:
        yield from _between("natGateways", network.nat_gateways, 1, ZONES)


def _size_faults(cpu: int, memory_mb: int) -> Iterator[Fault]:
    if cpu not in TASK_SIZES:
        yield "cpu", f"{cpu} is none of {', '.join(map(str, TASK_SIZES))}"
    elif memory_mb not in TASK_SIZES[cpu]:
        offered = ", ".join(map(str, TASK_SIZES[cpu]))
        yield "memoryMb", f"{memory_mb} does not go with cpu {cpu}; these do: {offered}"


def _between(name: str, value: int, least: int, most: int) -> Iterator[Fault]:
    if not least <= value <= most:
        yield name, f"{value} is not between {least} and {most}"


def _is_range(text: str) -> bool:
    try:
        return ip_network(text).version == 4  # noqa: PLR2004 - of IP
    except ValueError:
        return False
