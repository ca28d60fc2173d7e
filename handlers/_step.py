"""What every step of the state machine has around it: logs with the job's id, its duration, its failure."""

import functools
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog
from aws_lambda_powertools.utilities.typing import LambdaContext
from structlog.contextvars import bind_contextvars

from foreman_core.pipeline.pausing import GoOn
from handlers import _logging

Event = Mapping[str, Any]
Answer = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Answer]


SPARE_S: Final = 60
"""Seconds before its time limit in which a function begins nothing new: as long may a chunk take to load."""


def step(function: str) -> Callable[[Callable[[Event], Answer]], Handler]:
    """Make a Lambda handler of a function from event to answer; an exception is logged, and goes on by
    its name alone.
    """

    def wrap(work: Callable[[Event], Answer]) -> Handler:
        @functools.wraps(work)
        def handler(event: Event, context: LambdaContext) -> Answer:
            return _logged(function, event, context, lambda: work(event))

        return handler

    return wrap


def long_step(function: str) -> Callable[[Callable[[Event, GoOn], Answer]], Handler]:
    """Make a Lambda handler as `step` does, of a function that also asks whether there is time to go on."""

    def wrap(work: Callable[[Event, GoOn], Answer]) -> Handler:
        @functools.wraps(work)
        def handler(event: Event, context: LambdaContext) -> Answer:
            return _logged(function, event, context, lambda: work(event, lambda: _has_time(context)))

        return handler

    return wrap


def _has_time(context: LambdaContext) -> bool:
    return context.get_remaining_time_in_millis() > SPARE_S * 1000


def _logged(function: str, event: Event, context: LambdaContext, work: Callable[[], Answer]) -> Answer:
    _logging.configure(function)
    bind_contextvars(
        job_id=event.get("job_id"),
        attempt=event.get("attempt"),
        request_id=context.aws_request_id,
        chunk=event.get("index"),
    )
    log = structlog.get_logger()
    began = time.monotonic()
    try:
        answer = work()
    except Exception as error:
        log.exception("step_failed", seconds=_since(began))
        raise _by_name(error) from None
    log.info("step_done", seconds=_since(began), next=answer.get("next"))
    return answer


def _by_name(error: Exception) -> Exception:
    """An error of the same name, by which the state machine decides what follows, and without what it says:
    that would stand in the execution's history, and may quote a cell of the file.
    """
    return type(type(error).__name__, (Exception,), {})("The function's log has the reason.")


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
