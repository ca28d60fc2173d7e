"""The document is the contract: no request that it does not describe comes in, and no answer goes out."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from flask import Flask, Request, Response, g
from openapi_core import Config, OpenAPI
from openapi_core.contrib.flask import FlaskOpenAPIRequest, FlaskOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.paths.exceptions import PathNotFound
from openapi_core.unmarshalling.request.datatypes import RequestUnmarshalResult

from service.problems import MEDIA_TYPE, Problem, answer

DOCUMENT: Final = Path(__file__).with_name("openapi.yaml")


@cache
def contract() -> OpenAPI:
    """The document, read and checked once."""
    config = Config(extra_media_type_deserializers={MEDIA_TYPE: orjson.loads})
    return OpenAPI.from_file_path(str(DOCUMENT), config=config)


def given(request: Request) -> RequestUnmarshalResult:
    """The request's parameters and body as the document types them. Problem 400 says what does not fit."""
    try:
        result = contract().unmarshal_request(FlaskOpenAPIRequest(request))
        result.raise_for_errors()
    except PathNotFound as error:
        raise Problem(404, "not-found") from error
    except OpenAPIError as error:
        raise Problem(400, "bad-request", _told(error)) from error
    return result


def _told(error: OpenAPIError) -> str:
    """What does not fit: the places and the rules, not what was sent."""
    causes: list[Any] = list(getattr(error.__cause__, "schema_errors", []))
    if causes:
        faults = [
            f"{'.'.join(map(str, cause.absolute_path)) or 'body'}: {cause.validator}" for cause in causes
        ]
        return "Not as the document describes it: " + ", ".join(faults)
    return f"Not as the document describes it: {type(error).__name__}"


def check_answers(app: Flask) -> None:
    """Let no answer out that the document does not describe; files are streamed, and not looked into."""

    @app.after_request
    def _check(response: Response) -> Response:
        request = g.get("asked")
        if request is None or response.is_streamed:
            return response
        try:
            contract().validate_response(request, FlaskOpenAPIResponse(response))
        except OpenAPIError as error:
            structlog.get_logger().error("answer_not_as_described", exc_info=error)
            return answer(Problem(500, "internal"))
        return response
