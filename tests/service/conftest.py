"""A user pool that this process is: a key of its own, and the address where its public half is."""

import json
import threading
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm

from handlers import _clients
from service.app import create_app

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool"
CLIENT = "client-1"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)

Token = Callable[..., str]


class Keys(BaseHTTPRequestHandler):
    """Answers with the public key."""

    def do_GET(self) -> None:
        public = json.loads(RSAAlgorithm.to_jwk(KEY.public_key()))
        body = json.dumps({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="session")
def keys_url() -> Generator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/jwks.json"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, keys_url: str) -> Generator[FlaskClient]:
    """The application; behind it there is no AWS."""
    environment = {
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_MAX_ATTEMPTS": "1",
        "FILES_KEY": "arn:aws:kms:eu-central-1:111122223333:key/k",
        "INTAKE_BUCKET": "files",
        "LEDGER_TABLE": "ledger",
        "RECORDS_TABLE": "records",
        "RECORD_TYPE": "customer",
        "STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:111122223333:stateMachine:m",
        "USER_POOL_ISSUER": ISSUER,
        "USER_POOL_KEYS_URL": keys_url,
        "USER_POOL_CLIENT_ID": CLIENT,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    clients = (_clients.dynamodb, _clients.s3, _clients.states)
    for client in clients:
        client.cache_clear()
    yield create_app().test_client()
    for client in clients:
        client.cache_clear()


@pytest.fixture
def token() -> Token:
    """Makes access tokens; what is given takes the place of the usual claim, and None leaves it out."""

    def make(*groups: str, key: rsa.RSAPrivateKey = KEY, kid: str = "k1", **changed: object) -> str:
        now = datetime.now(UTC)
        claims: dict[str, object] = {
            "sub": "user-1",
            "username": "ada",
            "iss": ISSUER,
            "client_id": CLIENT,
            "token_use": "access",
            "iat": now,
            "exp": now + timedelta(minutes=5),
            "cognito:groups": list(groups),
            **changed,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, key, algorithm="RS256", headers={"kid": kid})

    return make
