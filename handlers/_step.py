"""What every step of the state machine has around it: logs with the job's id, its duration, its failure."""

import functools
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aws_lambda_powertools.utilities.typing import LambdaContext
from structlog.contextvars import bind_contextvars

from handlers import _logging

Event = Mapping[str, Any]
Answer = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Answer]


def step(function: str) -> Callable[[Callable[[Event], Answer]], Handler]:
    """Make a Lambda handler of a function from event to answer; an exception is logged and goes on."""

    def wrap(work: Callable[[Event], Answer]) -> Handler:
        @functools.wraps(work)
        def handler(event: Event, context: LambdaContext) -> Answer:
            _logging.configure(function)
            bind_contextvars(
                job_id=event.get("job_id"), request_id=context.aws_request_id, chunk=event.get("index")
            )
            log = structlog.get_logger()
            began = time.monotonic()
            try:
                answer = work(event)
            except Exception:
                log.exception("step_failed", seconds=_since(began))
                raise
            log.info("step_done", seconds=_since(began), next=answer.get("next"))
            return answer

        return handler

    return wrap


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
