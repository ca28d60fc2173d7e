"""Webhooks after the Standard Webhooks specification: signed, bounded in time, to a vetted address only.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import secrets
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from typing import TYPE_CHECKING, Any, Final

import orjson
from attrs import field, frozen
from standardwebhooks import Webhook

from foreman_core.errors import Refused, Unavailable
from foreman_core.notices.address import Network, Resolve, Target, resolve, target

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

TOTAL_S: Final = 10.0
"""Seconds for a whole request, from the first packet to the status line."""

SECRET_BYTES: Final = 32
"""The specification asks for 24 to 64."""

PURPOSE: Final = "foreman-webhook-secret"


class Undelivered(Unavailable):
    """A delivery did not get through; the message says what happened, and nothing of what was sent."""

    def __init__(self, message: str) -> None:
        super().__init__("undelivered", message)


@frozen
class Secrets:
    """The secrets of webhooks under the stack's key, each bound to its subscription."""

    _client: "KMSClient"
    _key_arn: str

    def make(self, subscription_id: str) -> tuple[str, str]:
        """A new secret as the receiver needs it (`whsec_…`), and its ciphertext in base64."""
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        sealed = self._client.encrypt(
            KeyId=self._key_arn, Plaintext=secret.encode(), EncryptionContext=_context(subscription_id)
        )
        return secret, base64.b64encode(sealed["CiphertextBlob"]).decode()

    def open(self, subscription_id: str, ciphertext: str) -> str:
        """The secret of a ciphertext."""
        opened = self._client.decrypt(
            KeyId=self._key_arn,
            CiphertextBlob=base64.b64decode(ciphertext),
            EncryptionContext=_context(subscription_id),
        )
        return opened["Plaintext"].decode()


def _context(subscription_id: str) -> dict[str, str]:
    return {"purpose": PURPOSE, "subscription": subscription_id}


@frozen(kw_only=True)
class Webhooks:
    """What posts to webhooks; `allowed` are networks that may be reached although they are not public."""

    allowed: Sequence[Network]
    resolve: Resolve = resolve
    tls: ssl.SSLContext = field(factory=ssl.create_default_context)
    total_s: float = TOTAL_S

    def send(self, url: str, secret: str, told: Mapping[str, Any]) -> None:
        """Post a document, signed. Undelivered unless the answer is one of success (2xx).

        No redirect is followed, and of an answer nothing is read but its status and headers.
        """
        try:
            where = target(url, self.allowed, self.resolve)
        except Refused as error:
            raise Undelivered(error.message) from error
        body = orjson.dumps(told).decode()
        status = self._post(where, body.encode(), headers(told["id"], secret, body))
        if not 200 <= status < 300:  # noqa: PLR2004 - https://www.rfc-editor.org/rfc/rfc9110#section-15.3
            raise Undelivered(f"it answered HTTP {status}")

    def _post(self, where: Target, body: bytes, said: Mapping[str, str]) -> int:
        kind = HTTPSConnection if where.tls else HTTPConnection
        connection = kind(where.host, where.port, timeout=self.total_s)
        # a time-out of a socket is for each read; one who sends byte by byte would never meet it
        watch = Timer(self.total_s, _hang_up, [connection])
        watch.daemon = True
        began = time.monotonic()
        watch.start()
        try:
            # to the address that was vetted: a second look at the name might find another one
            plain = socket.create_connection((str(where.address), where.port), timeout=self.total_s)
            connection.sock = plain
            if where.tls:
                sealed = self.tls.wrap_socket(
                    plain, server_hostname=where.host, do_handshake_on_connect=False
                )
                connection.sock = sealed
                sealed.do_handshake()
            connection.request("POST", where.path, body=body, headers=dict(said))
            return connection.getresponse().status
        except TimeoutError as error:
            raise Undelivered(f"it did not answer within {self.total_s:g} s") from error
        except (OSError, HTTPException) as error:
            late = time.monotonic() - began >= self.total_s
            what = f"it did not answer within {self.total_s:g} s" if late else type(error).__name__
            raise Undelivered(what) from error
        finally:
            watch.cancel()
            connection.close()


def _hang_up(connection: HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):  # it is closed already
            connection.sock.shutdown(socket.SHUT_RDWR)


def headers(notice_id: str, secret: str, body: str) -> dict[str, str]:
    """The headers of a request, with the signature of this moment over id, time and body."""
    now = datetime.now(UTC)
    return {
        "content-type": "application/json",
        "user-agent": "Foreman",
        "webhook-id": notice_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(notice_id, now, body),
    }
