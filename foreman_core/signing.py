"""The key that signs receipts: it never leaves AWS KMS."""

import hashlib
from typing import TYPE_CHECKING, Protocol

from foreman_core.receipt import ALGORITHM

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


class Signer(Protocol):
    """Something that signs texts, and says by which key."""

    def sign(self, text: str) -> bytes:
        """The signature of a text, in DER."""
        ...

    def public_key(self) -> bytes:
        """The key that signatures are checked with, as SubjectPublicKeyInfo in DER."""
        ...


class KmsSigner:
    """An asymmetric key of KMS: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html"""

    def __init__(self, client: "KMSClient", key_arn: str) -> None:
        self._client = client
        self._key_arn = key_arn

    def sign(self, text: str) -> bytes:
        """The signature of a text of any length: KMS is sent its hash."""
        answer = self._client.sign(
            KeyId=self._key_arn,
            Message=hashlib.sha256(text.encode()).digest(),
            MessageType="DIGEST",
            SigningAlgorithm=ALGORITHM,
        )
        return answer["Signature"]

    def public_key(self) -> bytes:
        """The public half of the key."""
        return self._client.get_public_key(KeyId=self._key_arn)["PublicKey"]
