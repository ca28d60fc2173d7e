"""The emulator as the realisations see it: clients, names, and where things lie on this machine."""

import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from local.tasks import TaskProcess

ACCOUNT: Final = "000000000000"
"""The emulator's account."""

ACCESS_KEY: Final = "test"
SECRET_KEY: Final = "test"  # noqa: S105 - the emulator's root, on loopback
AUTONAME_DIGITS: Final = 7


class Aws:
    """One emulator in one region. Clients are shared between threads, as boto3 allows."""

    def __init__(self, endpoint: str, region: str, layers: Path) -> None:
        self.endpoint = endpoint
        self.region = region
        self.account = ACCOUNT
        self.layers = layers
        self.archives: dict[tuple[str, str], Path] = {}
        self.layer_folders: dict[str, Path] = {}
        self.built_images: set[str] = set()
        self.task_definitions: dict[str, TaskProcess] = {}
        self.tasks: list[TaskProcess] = []
        self.service_port: int | None = None
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:  # noqa: ANN401 - one door for every service
        """A client with time-outs, without any proxy: the emulator is on loopback."""
        import boto3  # noqa: PLC0415 - a third of a second, for commands that only look
        from botocore.config import Config  # noqa: PLC0415 - as above

        with self._lock:
            if service not in self._clients:
                config = Config(
                    connect_timeout=3,
                    read_timeout=20,
                    retries={"mode": "standard", "max_attempts": 3},
                    proxies={},
                    max_pool_connections=32,
                )
                name: Any = service  # the stubs know services by literal names only
                where: Any = session_kwargs(self.endpoint, self.region)
                self._clients[service] = boto3.client(name, config=config, **where)  # pyright: ignore[reportUnknownMemberType]
            return self._clients[service]

    def start_later(self, task_definition: str, service: str, port: int | None) -> "TaskProcess":
        """Take note of the process for a service; it is started when everything that it uses is there."""
        task = attrs.evolve(self.task_definitions[task_definition], service=service, port=port)
        with self._lock:
            self.tasks.append(task)
        return task

    def graphql_url(self, api_id: str) -> str:
        """Where an API answers; the name that the emulator gives is one of amazonaws.com."""
        return f"{self.endpoint}/v1/apis/{api_id}/graphql"


def session_kwargs(endpoint: str, region: str) -> dict[str, str]:
    """What `boto3.client` needs beside the service's name to reach the emulator as its root."""
    return {
        "region_name": region,
        "endpoint_url": endpoint,
        "aws_access_key_id": ACCESS_KEY,
        "aws_secret_access_key": SECRET_KEY,
    }


def autoname(name: str) -> str:
    """A physical name: the resource's own, and digits; the same each time, for a stack is created once."""
    return f"{name}-{hashlib.sha256(name.encode()).hexdigest()[:AUTONAME_DIGITS]}"
