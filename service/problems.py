"""Refusals and failures as problem documents: https://www.rfc-editor.org/rfc/rfc9457."""

from http import HTTPStatus
from typing import Final

import orjson
import structlog
from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import HTTPClientError
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from foreman_core.errors import Conflict, ForemanError, Refused

MEDIA_TYPE: Final = "application/problem+json"
_STATUS: Final = {"not-found": 404, "object-gone": 404, "limit-exceeded": 413}


class Problem(Exception):  # noqa: N818 - an answer
    """An answer that is not what was asked for. `code` is stable; `detail` is for people."""

    def __init__(self, status: int, code: str, detail: str | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail


def answer(problem: Problem) -> Response:
    """The problem as an HTTP answer."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "request_id": g.get("request_id"),
    }
    kept = {name: value for name, value in document.items() if value is not None}
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == HTTPStatus.UNAUTHORIZED else {}
    return Response(orjson.dumps(kept), problem.status, headers, mimetype=MEDIA_TYPE)


def handle_all(app: Flask) -> None:
    """Answer every exception with a problem; what nobody has foreseen is logged and tells nothing."""
    app.register_error_handler(Problem, answer)
    app.register_error_handler(ForemanError, lambda error: answer(_of_ours(error)))
    app.register_error_handler(HTTPException, lambda error: answer(_of_http(error)))
    for unanswered in (NoConnection, HTTPClientError):
        app.register_error_handler(unanswered, lambda error: answer(_unavailable(error)))
    app.register_error_handler(Exception, lambda error: answer(_unforeseen(error)))


def _of_ours(error: ForemanError) -> Problem:
    match error:
        case Conflict():
            return Problem(409, error.code, error.message)
        case Refused():
            return Problem(_STATUS.get(error.code, 400), error.code, error.message)
        case _:
            return _unavailable(error)


def _unavailable(error: Exception) -> Problem:
    structlog.get_logger().warning("request_unavailable", exc_info=error)
    return Problem(503, "unavailable", "A part of Foreman did not answer; try again.")


def _of_http(error: HTTPException) -> Problem:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(status, HTTPStatus(status).phrase.lower().replace(" ", "-"))


def _unforeseen(error: Exception) -> Problem:
    structlog.get_logger().error("request_failed", exc_info=error)
    return Problem(500, "internal", "Foreman failed; the logs have the reason under this request's id.")
