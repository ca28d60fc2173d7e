"""The web service as gunicorn runs it, over TLS, with the emulator behind it and its user pool before it."""

import csv
import io
import os
import socket
import subprocess
import sys
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
import urllib3
from attrs import define

from tests.e2e.client import Client, wait
from tests.e2e.test_files import customers, unique

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

ROOT = Path(__file__).parents[2]
PASSWORD = "Correct-Horse-1"
COMMAND = ("-m", "gunicorn", "-c", "service/gunicorn.conf.py", "service.app:create_app()")


@define
class Web:
    """The service, as an operator and as a viewer see it."""

    url: str
    tokens: dict[str, str]

    def ask(
        self,
        method: str,
        path: str,
        *,
        group: str | None = "operator",
        **given: Any,  # noqa: ANN401 - what `requests` takes
    ) -> requests.Response:
        """An answer of the service, whose certificate is its own."""
        headers = {} if group is None else {"Authorization": f"Bearer {self.tokens[group]}"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            return requests.request(
                method,
                self.url + path,
                headers=headers,
                timeout=30,
                verify=False,  # noqa: S501 - its certificate is its own
                **given,
            )

    def get(self, path: str, **query: object) -> Any:  # noqa: ANN401 - JSON
        """What is at a path."""
        answer = self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def form(self, name: str = "file.csv", **further: str) -> dict[str, Any]:
        """A form to send a file with."""
        answer = self.ask("POST", "/uploads", json={"name": name, **further})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def send(self, form: dict[str, Any], body: bytes, **changed: str) -> requests.Response:
        """Send a file with a form; what is given takes the place of a field."""
        fields = {**form["fields"], **changed}
        return requests.post(form["url"], data=fields, files={"file": body}, timeout=30)

    def job_of(self, key: str) -> dict[str, Any]:
        """The job of an upload, once it has ended."""

        def ended() -> dict[str, Any] | None:
            found = self.get("/jobs", key=key)["items"]
            return found[0] if found and found[0]["state"] in ENDED else None

        return wait(ended, "the upload's job to end")


ENDED = {"succeeded", "partially_succeeded", "failed", "cancelled"}


@pytest.fixture(scope="module")
def web(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Generator[Web]:
    kwargs: Any = client.stack.session_kwargs()
    pools: CognitoIdentityProviderClient = boto3.client("cognito-idp", **kwargs)  # pyright: ignore[reportUnknownMemberType]
    pool = pools.create_user_pool(PoolName=unique())["UserPool"].get("Id", "")
    flow: Any = ["ALLOW_USER_PASSWORD_AUTH"]
    made = pools.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=flow)
    client_id = made["UserPoolClient"].get("ClientId", "")
    tokens: dict[str, str] = {}
    for group in ("operator", "viewer"):
        pools.create_group(UserPoolId=pool, GroupName=group)
        pools.admin_create_user(UserPoolId=pool, Username=group, MessageAction="SUPPRESS")
        pools.admin_set_user_password(UserPoolId=pool, Username=group, Password=PASSWORD, Permanent=True)
        pools.admin_add_user_to_group(UserPoolId=pool, Username=group, GroupName=group)
        signed_in = pools.initiate_auth(
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": group, "PASSWORD": PASSWORD},
        )
        tokens[group] = signed_in["AuthenticationResult"].get("AccessToken", "")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    region = kwargs["region_name"]
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ACCESS_KEY_ID": kwargs["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": kwargs["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": kwargs["endpoint_url"],
        "BIND_HOST": "127.0.0.1",
        "PORT": str(port),
        "TMPDIR": str(tmp_path_factory.mktemp("scratch")),
        "FILES_KEY": _key_of(client),
        "INTAKE_BUCKET": client.outputs["intake_bucket"],
        "LEDGER_TABLE": client.outputs["ledger_table"],
        "RECORDS_TABLE": client.outputs["records_table"],
        "RECORD_TYPE": "customer",
        "STATE_MACHINE_ARN": client.outputs["state_machine_arn"],
        "USER_POOL_ISSUER": f"https://cognito-idp.{region}.amazonaws.com/{pool}",
        "USER_POOL_KEYS_URL": f"{kwargs['endpoint_url']}/{pool}/.well-known/jwks.json",
        "USER_POOL_CLIENT_ID": client_id,
    }
    log = tmp_path_factory.mktemp("web") / "web.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *COMMAND], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
    try:
        served = Web(f"https://127.0.0.1:{port}", tokens)
        wait(lambda: _answers(served), "the service to answer")
        yield served
        # nobody's record, file or token is in what it says
        said = log.read_text()
        assert "ada@example.com" not in said
        assert not any(token in said for token in tokens.values())
    finally:
        process.terminate()
        assert process.wait(30) == 0


def _key_of(client: Client) -> str:
    """The key of the intake bucket."""
    found = client.s3.get_bucket_encryption(Bucket=client.outputs["intake_bucket"])
    (rule,) = found["ServerSideEncryptionConfiguration"]["Rules"]
    return rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "")


def _answers(web: Web) -> bool | None:
    try:
        return web.ask("GET", "/health", group=None).status_code == 200 or None
    except requests.ConnectionError:
        return None


def test_it_is_well_and_ready(web: Web) -> None:
    for path in ("/health", "/ready"):
        assert web.ask("GET", path, group=None).json() == {"status": "ok"}


def test_a_file_comes_in_by_a_form_and_its_records_can_be_read(web: Web) -> None:
    mark = unique()
    form = web.form("My file.csv", customer="acme")
    assert web.send(form, customers({"customer_id": f"{mark}-1"}, {"customer_id": f"{mark}-2"})).ok
    job = web.job_of(form["key"])
    assert (job["state"], job["counts"]["created"], job["source"]["name"]) == ("succeeded", 2, "My file.csv")
    assert web.get(f"/jobs/{job['id']}")["counts"] == job["counts"]
    assert [moment["state"] for moment in job["timeline"]][-1] == "succeeded"
    assert "approval_token" not in job
    record = web.get(f"/records/{mark}-1")
    assert (record["email"], record["_meta"]["job_id"]) == ("ada@example.com", job["id"])
    page = web.get("/records", job=job["id"], limit=1)
    ids = [item["customer_id"] for item in page["items"]]
    while page["next_token"]:
        page = web.get("/records", job=job["id"], limit=1, token=page["next_token"])
        ids += [item["customer_id"] for item in page["items"]]
    assert sorted(ids) == [f"{mark}-1", f"{mark}-2"]


def test_rejected_rows_come_back_as_an_attachment(web: Web) -> None:
    mark = unique()
    form = web.form()
    assert web.send(form, customers({"customer_id": f"{mark}-1", "email": "no address"})).ok
    job = web.job_of(form["key"])
    answer = web.ask("GET", f"/jobs/{job['id']}/rejects")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="file-rejects.csv"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["customer_id"], row["_job"]) == (f"{mark}-1", job["id"])
    assert web.ask("GET", f"/jobs/{job['id']}/rejects", group="viewer").status_code == 403


def test_jobs_come_in_pages_newest_first(web: Web) -> None:
    for _ in range(2):
        form = web.form()
        assert web.send(form, customers({"customer_id": unique()})).ok
        web.job_of(form["key"])
    first = web.get("/jobs", limit=1)
    second = web.get("/jobs", limit=1, token=first["next_token"])
    assert first["items"][0]["created_at"] >= second["items"][0]["created_at"]
    assert first["items"][0]["id"] != second["items"][0]["id"]


def test_a_job_is_steered_as_by_the_other_doors(web: Web) -> None:
    form = web.form()
    sent = web.send(form, b"\0\1\2 no table")
    assert sent.ok, sent.text
    job = web.job_of(form["key"])
    for verb, status in (("cancel", 409), ("approve", 409), ("retry", 200)):
        answer = web.ask("POST", f"/jobs/{job['id']}/{verb}")
        assert answer.status_code == status, answer.text
    assert web.ask("POST", f"/jobs/{job['id']}/retry", group="viewer").status_code == 403


def test_a_mapping_is_remembered_and_recalled(web: Web) -> None:
    header = ["Number", "First", "Last", "Mail", "Land", "Since", "Tariff", unique()]
    fields = ["customer_id", "first_name", "last_name", "email", "country", "signup_date", "plan", None]
    mapping = {"header": header, "columns": dict(zip(header, fields, strict=True))}
    assert web.ask("GET", "/mappings", params={"column": header}).status_code == 404
    answer = web.ask("PUT", "/mappings", json=mapping)
    assert (answer.status_code, answer.json()["record_type"]) == (200, "customer")
    found = web.get("/mappings", column=header)
    assert found["columns"] == mapping["columns"]
    wrong = web.ask("PUT", "/mappings", json={"header": header, "columns": {"Number": "no_field"}})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "bad-mapping")


def test_what_is_not_there_is_not_found(web: Web) -> None:
    for path in (f"/jobs/job-{'a' * 26}", "/records/nobody", f"/jobs/job-{'a' * 26}/rejects"):
        answer = web.ask("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), path


def test_a_form_takes_nothing_but_what_it_was_made_for(web: Web, client: Client) -> None:
    form = web.form()
    body = customers({"customer_id": unique()})
    abuses: list[dict[str, str]] = [
        {"key": "incoming/uploads/other/file.csv"},
        {"key": "jobs/job-1/plan.json"},
        {"key": form["key"] + "/../../x.csv"},
        {"Content-Type": "text/html"},
        {"x-amz-server-side-encryption": "AES256"},
        {"x-amz-server-side-encryption-aws-kms-key-id": "another"},
        {"acl": "public-read"},
        {"policy": ""},
        {"policy": form["fields"]["policy"][:-8] + "AAAAAAA="},
        {"x-amz-signature": "0" * 64},
        {"x-amz-credential": "AKIAOTHER/20260101/eu-central-1/s3/aws4_request"},
    ]
    taken = [abuse for abuse in abuses if web.send(form, body, **abuse).ok]
    assert taken == []
    assert not web.send(form, b"").ok
    found = client.s3.list_objects_v2(
        Bucket=client.outputs["intake_bucket"], Prefix=form["key"].rpartition("/")[0]
    )
    assert found["KeyCount"] == 0


def test_without_a_token_nothing_but_its_health_is_told(web: Web) -> None:
    for method, path in (("GET", "/jobs"), ("POST", "/uploads"), ("GET", "/records")):
        assert web.ask(method, path, group=None).status_code == 401
