"""Who gets in, who may do what, and what everybody is told who does not."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import yaml
from flask.testing import FlaskClient
from openapi_core.exceptions import OpenAPIError

from service import contract
from service.access import OPEN, ROLES
from service.app import HEADERS, MOST_BODY_BYTES, ROUTES
from service.operations import OPERATIONS, safe_name
from tests.service.conftest import OTHER_KEY, Token

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "service" / "openapi.yaml").read_text())
JOB = f"job-{'a' * 26}"
BEHIND = sorted({operation for _, _, operation in ROUTES} - OPEN)
GROUPS = ("viewer", "operator", "stranger")


def ask(web: FlaskClient, operation: str, token: str | None) -> Any:  # noqa: ANN401 - a test's answer
    ((method, path),) = [(method, path) for method, path, name in ROUTES if name == operation]
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return web.open(path.replace("<id>", JOB), method=method, headers=headers)


def test_the_routes_are_those_of_the_document() -> None:
    described = {
        (method.upper(), re.sub(r"\{(\w+)\}", r"<\1>", path), operation["operationId"])
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }
    assert described == set(ROUTES)
    assert {operation for _, _, operation in ROUTES} == set(OPERATIONS) == OPEN | set(ROLES)


def test_what_is_open_to_all_is_so_in_the_document_too() -> None:
    operations = [each for methods in DOCUMENT["paths"].values() for each in methods.values()]
    assert {each["operationId"] for each in operations if each.get("security") == []} == OPEN


@pytest.mark.parametrize("operation", BEHIND)
@pytest.mark.parametrize("group", [*GROUPS, None])
def test_each_operation_is_for_its_groups_and_for_nobody_else(
    web: FlaskClient, token: Token, operation: str, group: str | None
) -> None:
    status = ask(web, operation, token(*([group] if group else []))).status_code
    assert (status == 403) is (group not in ROLES[operation])
    assert status != 401


@pytest.mark.parametrize("operation", BEHIND)
def test_nobody_gets_in_without_a_token(web: FlaskClient, operation: str) -> None:
    answer = ask(web, operation, None)
    assert (answer.status_code, answer.json["code"]) == (401, "no-token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://cognito-idp.eu-central-1.amazonaws.com/another"},
        {"iss": None},
        {"client_id": "another"},
        {"token_use": "id"},
        {"token_use": None},
        {"sub": None},
        {"exp": datetime.now(UTC) - timedelta(minutes=1)},
        {"exp": None},
        {"key": OTHER_KEY},
        {"kid": "unknown"},
    ],
    ids=str,
)
def test_a_token_that_is_not_ours_is_none(web: FlaskClient, token: Token, changed: dict[str, Any]) -> None:
    answer = ask(web, "listJobs", token("operator", **changed))
    assert (answer.status_code, answer.json["code"]) == (401, "bad-token")


def test_a_token_without_a_signature_or_with_a_shared_secret_is_none(web: FlaskClient, token: Token) -> None:
    claims = jwt.decode(token("operator"), options={"verify_signature": False})
    for forged in (
        jwt.encode(claims, "", algorithm="none", headers={"kid": "k1"}),
        jwt.encode(claims, "a shared secret of enough bytes ....", algorithm="HS256", headers={"kid": "k1"}),
        "not.a.token",
        token("operator") + "x",
    ):
        assert ask(web, "listJobs", forged).status_code == 401


@pytest.mark.parametrize("groups", ["operator", {"operator": 1}, None, 7])
def test_groups_that_are_no_list_are_none(web: FlaskClient, token: Token, groups: object) -> None:
    assert ask(web, "listJobs", token(**{"cognito:groups": groups})).status_code == 403


def test_every_answer_has_the_headers_and_the_id_of_its_request(web: FlaskClient) -> None:
    for path in ("/health", "/jobs", "/nowhere"):
        answer = web.get(path)
        assert HEADERS.items() <= dict(answer.headers).items()
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_an_answer_that_the_document_does_not_describe_is_a_problem_with_all_that_answers_have(
    web: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract.contract(), "validate_response", _refuse)
    answer: Any = web.get("/health")
    assert (answer.status_code, answer.json["code"]) == (500, "internal")
    assert HEADERS.items() <= dict(answer.headers).items()
    assert "X-Request-Id" in answer.headers


def _refuse(*_: object) -> None:
    raise OpenAPIError


def test_what_is_not_there_and_what_is_not_allowed_are_problems(web: FlaskClient) -> None:
    for answer, status in ((web.get("/nowhere"), 404), (web.delete("/jobs"), 405)):
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_a_body_that_is_too_large_is_refused(web: FlaskClient, token: Token) -> None:
    headers = {"Authorization": f"Bearer {token('operator')}", "Content-Type": "application/json"}
    body = b'{"name": "' + b"a" * MOST_BODY_BYTES + b'"}'
    assert web.post("/uploads", data=body, headers=headers).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/jobs?limit=0", None),
        ("GET", "/jobs?limit=101", None),
        ("GET", "/jobs?limit=many", None),
        ("GET", "/jobs/job-1", None),
        ("GET", "/mappings", None),
        ("POST", "/uploads", b"{"),
        ("POST", "/uploads", b"[]"),
        ("POST", "/uploads", b"{}"),
        ("POST", "/uploads", b'{"name": ""}'),
        ("POST", "/uploads", b'{"name": "a.csv", "further": 1}'),
        ("POST", "/uploads", b'{"name": "a.csv", "customer": "../other"}'),
        ("POST", "/uploads", b'{"name": "a.exe"}'),
        ("PUT", "/mappings", b'{"columns": {}}'),
    ],
)
def test_a_request_that_is_not_as_described_is_refused_and_not_quoted(
    web: FlaskClient, token: Token, method: str, path: str, body: bytes | None
) -> None:
    headers = {"Authorization": f"Bearer {token('operator')}", "Content-Type": "application/json"}
    answer: Any = web.open(path, method=method, data=body, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (400, "bad-request"), answer.json
    assert "other" not in answer.json.get("detail", "").replace("another", "")


def test_when_aws_does_not_answer_that_is_said_without_details(web: FlaskClient, token: Token) -> None:
    answer = ask(web, "getJob", token("viewer"))
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert "127.0.0.1" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-southeast-1", "eu-central-1", "eu-south-2"])
def test_a_form_is_signed_as_encrypted_files_need_it_and_goes_to_its_region(
    region: str, monkeypatch: pytest.MonkeyPatch, web: FlaskClient, token: Token
) -> None:
    """The client alone would take the old signature in the regions that still know it."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    headers = {"Authorization": f"Bearer {token('operator')}"}
    form: Any = web.post("/uploads", json={"name": "a.csv"}, headers=headers).json
    assert form["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert form["fields"]["x-amz-credential"].split("/")[2:] == [region, "s3", "aws4_request"]
    assert form["url"] == f"https://files.s3.{region}.amazonaws.com/"


def test_a_form_for_one_file_says_exactly_what_may_come(web: FlaskClient, token: Token) -> None:
    headers = {"Authorization": f"Bearer {token('operator')}"}
    answer: Any = web.post("/uploads", json={"name": "My Kunden.csv", "customer": "acme"}, headers=headers)
    form = answer.json
    assert answer.status_code == 201
    assert re.fullmatch(r"incoming/acme/[0-9a-f]{32}/My Kunden\.csv", form["key"])
    assert form["fields"]["key"] == form["key"]
    assert form["fields"]["Content-Type"] == "text/csv"
    assert form["fields"]["x-amz-server-side-encryption"] == "aws:kms"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.csv", "a.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\files\\a.csv", "a.csv"),
        ('a";\r\nX-Header: b.csv', "a_X-Header_ b.csv"),
        ("Ärzte (1).csv", "Ärzte (1).csv"),
        ("..", "file"),
        ("<script>.csv", "_script_.csv"),
    ],
)
def test_a_files_name_cannot_be_anything_else(name: str, safe: str) -> None:
    assert safe_name(name) == safe
