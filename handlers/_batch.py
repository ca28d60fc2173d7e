"""A batch of messages from a queue: each by itself, and those that failed come again."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aws_lambda_powertools.utilities.typing import LambdaContext
from structlog.contextvars import bind_contextvars

from handlers import _logging

Message = Mapping[str, Any]
Batch = dict[str, Any]


def batch(function: str) -> Callable[[Callable[[Message], None]], Callable[[Message, LambdaContext], Batch]]:
    """Make a Lambda handler of a function that takes one message: `{"batchItemFailures": […]}`."""

    def wrap(work: Callable[[Message], None]) -> Callable[[Message, LambdaContext], Batch]:
        def handler(event: Message, context: LambdaContext) -> Batch:
            _logging.configure(function)
            bind_contextvars(request_id=context.aws_request_id)
            log = structlog.get_logger()
            failed: list[dict[str, str]] = []
            for message in event["Records"]:
                try:
                    work(message)
                except Exception:  # one message must not keep the others back
                    attempt = int(message["attributes"]["ApproximateReceiveCount"])
                    log.exception("message_failed", attempt=attempt)
                    failed.append({"itemIdentifier": message["messageId"]})
            log.info("batch_done", count=len(event["Records"]) - len(failed))
            return {"batchItemFailures": failed}

        return handler

    return wrap
