"""The Flask application: one function an operation of the document, and what stands around all of them."""

import time
import uuid
from collections.abc import Callable
from typing import Any, Final

import structlog
from flask import Flask, Response, g, request
from openapi_core.contrib.flask import FlaskOpenAPIRequest
from structlog.contextvars import bind_contextvars, clear_contextvars

from foreman_core.identity import is_job_id
from handlers import _logging, _settings
from service import contract, operations
from service.access import OPEN, Access, permit
from service.problems import handle_all
from service.settings import Settings

MOST_BODY_BYTES: Final = 1024 * 1024
"""Of a request; files go to the bucket, not through here."""

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer: https://owasp.org/www-project-secure-headers/"""

ROUTES: Final = (
    ("GET", "/health", "health"),
    ("GET", "/ready", "ready"),
    ("POST", "/uploads", "createUpload"),
    ("GET", "/jobs", "listJobs"),
    ("GET", "/jobs/<id>", "getJob"),
    ("POST", "/jobs/<id>/retry", "retryJob"),
    ("POST", "/jobs/<id>/cancel", "cancelJob"),
    ("POST", "/jobs/<id>/approve", "approveJob"),
    ("GET", "/jobs/<id>/rejects", "getRejects"),
    ("GET", "/mappings", "getMapping"),
    ("PUT", "/mappings", "putMapping"),
    ("GET", "/records", "listRecords"),
    ("GET", "/records/<id>", "getRecord"),
)
"""Method, path and operation, as the document has them; a test compares."""


def create_app() -> Flask:
    """The application for the environment of this process. RuntimeError names what is missing in it."""
    _logging.configure("web")
    settings = _settings.load(Settings)
    app = Flask("service", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    contract.contract()
    access = Access(settings)
    for method, path, operation in ROUTES:
        work = operations.OPERATIONS[operation]
        app.add_url_rule(path, operation, _view(settings, access, operation, work), methods=[method])
    handle_all(app)
    _surround(app)
    contract.check_answers(app)  # Flask calls the last one first: what this refuses is surrounded, too
    return app


def _view(
    settings: Settings, access: Access, operation: str, work: operations.Operation
) -> Callable[..., Response]:
    def view(**_path: Any) -> Response:  # noqa: ANN401 - the document types them
        caller = None
        if operation not in OPEN:
            caller = access.caller(request.headers.get("Authorization"))
            permit(caller, operation)
        asked = contract.given(request)
        g.asked = FlaskOpenAPIRequest(request)
        job = str(asked.parameters.path.get("id", ""))
        if is_job_id(job):
            bind_contextvars(job_id=job)
        return work(operations.Asked(settings, caller, asked))

    return view


def _surround(app: Flask) -> None:
    @app.before_request
    def _begin() -> None:
        g.began, g.request_id = time.monotonic(), uuid.uuid4().hex
        clear_contextvars()
        bind_contextvars(function="web", request_id=g.request_id)

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers.update(HEADERS)
        response.headers["X-Request-Id"] = g.request_id
        # not the path: it may hold the key of a record
        structlog.get_logger().info(
            "request_answered",
            field=request.endpoint,
            status=response.status_code,
            seconds=round(time.monotonic() - g.began, 3),
        )
        return response
