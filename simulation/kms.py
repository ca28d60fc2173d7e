"""KMS: a key that signs, and never leaves. A call can fail like any other.

* Sign and GetPublicKey change nothing: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
"""

from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from simulation.wire import Wire


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Kms:
    """The client's methods, for the one key of the stack."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """What a signature can be checked with."""
        return _key().public_key()

    def sign(self, **given: Any) -> dict[str, Any]:
        """Sign, of a hash that the caller made."""

        def effect() -> dict[str, Any]:
            return {"Signature": _key().sign(given["Message"], ec.ECDSA(Prehashed(hashes.SHA256())))}

        return self._wire.call("kms", "Sign", given["KeyId"], effect, writes=False)

    def get_public_key(self, **given: Any) -> dict[str, Any]:
        """GetPublicKey."""

        def effect() -> dict[str, Any]:
            return {
                "PublicKey": self.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            }

        return self._wire.call("kms", "GetPublicKey", given["KeyId"], effect, writes=False)
