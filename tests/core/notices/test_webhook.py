"""Webhooks, with real servers at the other end."""

import ssl
import time
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook, WebhookVerificationError

from foreman_core.notices.message import document
from foreman_core.notices.webhook import Undelivered, Webhooks, headers
from tests.core.notices._given import JOB, Receiver, receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = [ip_network("127.0.0.0/8")]


@pytest.fixture
def server() -> Generator[Receiver]:
    with receiver() as running:
        yield running


def hooks(total_s: float = 5.0) -> Webhooks:
    return Webhooks(allowed=LOOPBACK, total_s=total_s)


def test_what_is_posted_verifies_with_the_specifications_own_library(server: Receiver) -> None:
    hooks().send(server.url, SECRET, document(JOB))
    ((path, said, body),) = server.requests
    assert path == "/hook?a=b"
    assert said["webhook-id"] == "job-1-1"
    assert Webhook(SECRET).verify(body, said) == document(JOB)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"acme", b"evil"), said)


def test_a_signature_is_that_of_the_specifications_example() -> None:
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    made = Webhook(SECRET).sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), '{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_attempt_has_its_own_time_and_the_same_id() -> None:
    said = headers("job-1-1", SECRET, "{}")
    assert said["webhook-id"] == "job-1-1"
    assert abs(int(said["webhook-timestamp"]) - time.time()) < 5


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 410, 429, 500, 503])
def test_only_success_counts_and_no_redirect_is_followed(server: Receiver, status: int) -> None:
    server.statuses = [status]
    with pytest.raises(Undelivered, match=f"HTTP {status}"):
        hooks().send(server.url, SECRET, document(JOB))
    assert [path for path, _, _ in server.requests] == ["/hook?a=b"]


def test_an_endless_answer_is_not_read(server: Receiver) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            return

    server.answer = endless
    began = time.monotonic()
    hooks().send(server.url, SECRET, document(JOB))
    assert time.monotonic() - began < 4


def test_one_who_answers_byte_by_byte_is_cut_off(server: Receiver) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        try:
            while True:
                handler.wfile.write(b"H")
                time.sleep(0.05)
        except OSError:
            return

    server.answer = drip
    began = time.monotonic()
    with pytest.raises(Undelivered, match=r"did not answer within 0\.5 s"):
        hooks(0.5).send(server.url, SECRET, document(JOB))
    assert time.monotonic() - began < 3


def test_one_who_says_nothing_is_cut_off(server: Receiver) -> None:
    server.answer = lambda _: time.sleep(2)
    with pytest.raises(Undelivered, match=r"did not answer within 0\.5 s"):
        hooks(0.5).send(server.url, SECRET, document(JOB))


def test_a_host_that_has_moved_to_a_private_address_since_is_not_reached(server: Receiver) -> None:
    moved = Webhooks(allowed=(), resolve=lambda _host, _port: [ip_address("127.0.0.1")])
    with pytest.raises(Undelivered, match="not on the public internet"):
        moved.send(f"https://hooks.example:{server.server_port}/", SECRET, document(JOB))
    assert server.requests == []


def certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(("name", "gets_through"), [("hooks.example", True), ("other.example", False)])
def test_over_tls_the_name_is_checked_and_the_vetted_address_is_used(
    server: Receiver, tmp_path: Path, name: str, *, gets_through: bool
) -> None:
    file = certificate(tmp_path, "hooks.example")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    server.socket = serving.wrap_socket(server.socket, server_side=True)
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[object]:
        asked.append(host)
        return [ip_address("127.0.0.1")]

    trusting = ssl.create_default_context(cafile=str(file))
    sender = Webhooks(allowed=LOOPBACK, resolve=resolve, tls=trusting, total_s=5)  # pyright: ignore[reportArgumentType]
    url = f"https://{name}:{server.server_port}/hook"
    if gets_through:
        sender.send(url, SECRET, document(JOB))
        assert server.requests[0][1]["host"] == f"hooks.example:{server.server_port}"
    else:
        with pytest.raises(Undelivered, match="SSLCertVerificationError"):
            sender.send(url, SECRET, document(JOB))
        assert server.requests == []
    assert asked == [name]
