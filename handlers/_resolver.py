"""What every Lambda function behind AppSync has around it: a table of fields, and refusals as answers."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import structlog
from aws_lambda_powertools.utilities.typing import LambdaContext
from structlog.contextvars import bind_contextvars

from foreman_core.errors import Conflict, Invalid, Refused
from foreman_core.identity import is_job_id
from handlers import _logging

Arguments = Mapping[str, Any]
Field = Callable[[Arguments], object]
Identity = Mapping[str, Any] | None
"""Who asks, as AppSync has verified it; None for who has the API key."""

_TYPES: Final = {"not-found": "NotFound", "limit-exceeded": "LimitExceeded"}


def resolver(
    function: str,
    fields: Callable[[Identity], Mapping[str, Field]],
    *,
    job_of: Callable[[Arguments], object],
    answered: Literal["info", "debug"] = "info",
) -> Callable[..., dict[str, Any]]:
    """Make a Lambda handler: `{field, arguments, identity}` → `{data}` or `{error: {type, message, info}}`.

    `job_of` gives the id of the job that the arguments are about, for the logs: what is no id is left out.
    `answered` is the level at which an answer is told.

    An exception that is not a refusal is logged and goes on: AppSync answers InternalError, without details.
    """

    def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        _logging.configure(function)
        name = event["field"]
        job_id = str(job_of(event["arguments"]))
        bind_contextvars(
            field=name,
            request_id=context.aws_request_id,
            **({"job_id": job_id} if is_job_id(job_id) else {}),
        )
        log = structlog.get_logger()
        began = time.monotonic()
        try:
            answer = {"data": fields(event.get("identity"))[name](event["arguments"])}
        except (Refused, Conflict) as error:
            answer = {"error": _error(error)}
            log.info("field_refused", code=error.code, seconds=_since(began))
        except Exception:
            log.exception("field_failed", seconds=_since(began))
            raise
        else:
            getattr(log, answered)("field_answered", seconds=_since(began))
        return answer

    return handler


def _error(error: Refused | Conflict) -> dict[str, Any]:
    match error:
        case Invalid():
            kind = "ValidationFailed"
            info: object = [
                {"field": issue.field, "code": issue.code, "message": issue.message} for issue in error.issues
            ]
        case Conflict():
            kind, info = "Conflict", {"code": error.code}
        case _:
            kind, info = _TYPES.get(error.code, "Refused"), {"code": error.code}
    return {"type": kind, "message": error.message, "info": info}


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
