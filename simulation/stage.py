"""What stands around the real handlers in a run: clients, clock, schema and environment are those of the run.

Handlers make their `Ledger` and `Records` themselves; here they get them with the virtual clock.
"""

import importlib
import logging
import os
import pkgutil
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

import structlog

import handlers
from foreman_core.ledger import Ledger
from foreman_core.records import Records
from foreman_core.schema import RecordSchema
from simulation.api import Api
from simulation.record import SCHEMA

if TYPE_CHECKING:
    from simulation.world import World

ENVIRONMENT: Final[Mapping[str, str]] = {
    "CHUNK_ROWS": "3",
    "GRAPHQL_URL": "https://simulated",
    "INTAKE_BUCKET": "intake",
    "LEDGER_TABLE": "ledger",
    "RECORD_TYPE": SCHEMA.name,
    "RECEIPT_KEY": "key",
    "RECORDS_TABLE": "records",
    "STATE_MACHINE_ARN": "machine",
    "TOPIC_ARN": "topic",
    "WORKER_BYTES": "0",
}
"""What is the same in every run; `World.environment` has what the seed draws."""


class Stage:
    """Which run is on."""

    def __init__(self) -> None:
        self.world: World | None = None

    def begin(self, world: "World") -> None:
        """Let a run be on."""
        self.world = world
        os.environ.update(world.environment)

    @property
    def on(self) -> "World":
        """The run that is on."""
        if self.world is None:
            raise RuntimeError("no run is on stage")
        return self.world

    def now(self) -> datetime:
        """The run's time."""
        return self.on.now()

    def sleep(self, seconds: float) -> None:
        """Let the run's time pass."""
        self.on.sleep(seconds)

    def records(self, client: Any, table: str, record_type: str, **_of_the_process: object) -> Records:
        """The records, with the run's own pace: what a process has learned of a table is not the run's."""
        return Records(
            client,
            table,
            record_type,
            clock=self.now,
            sleep=self.sleep,
            pace=self.on.pace,
            ticks=lambda: self.on.kernel.now,
        )

    def api(self, _url: str) -> Api:
        """The run's API, whatever its address."""
        return self.on.api

    def configure(self, _function: str) -> None:
        """Leave the logs off."""

    def schema_of(self, _record_type: str) -> RecordSchema:
        """The schema that every run has."""
        return SCHEMA


def handler_of(role: str) -> Callable[[Any, Any], Mapping[str, Any]]:
    """The handler of a function."""
    return importlib.import_module(f"handlers.{role}").handler


@contextmanager
def staged() -> Generator[Stage]:
    """Put a stage under all handlers, until the block ends."""
    stage = Stage()
    before = structlog.get_config()
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, ENVIRONMENT))
        for module in _modules():
            for name, stand_in in _stand_ins(stage).items():
                if hasattr(module, name):
                    stack.enter_context(mock.patch.object(module, name, stand_in))
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        stack.callback(lambda: structlog.configure(**before))
        yield stage


def _stand_ins(stage: Stage) -> Mapping[str, object]:
    return {
        # one thread at a time runs in a run, and this is the baton's business
        "THREADS": 1,
        "Ledger": partial(Ledger, clock=stage.now),
        "Records": stage.records,
        "_api": stage.api,
        "configure": stage.configure,
        "dynamodb": lambda: stage.on.dynamodb,
        "kms": lambda: stage.on.kms,
        "s3": lambda: stage.on.s3,
        "schema_of": stage.schema_of,
        "sns": lambda: stage.on.topic,
        "states": lambda: stage.on.states,
    }


def _modules() -> list[ModuleType]:
    return [
        importlib.import_module(f"handlers.{found.name}") for found in pkgutil.iter_modules(handlers.__path__)
    ]
