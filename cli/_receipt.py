"""A receipt as a file: the signed statement in its first line, then the fates of the lines; and its check."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from attrs import frozen
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from foreman_core.errors import Refused
from foreman_core.receipt import (
    ALGORITHM,
    VERSION,
    Content,
    Run,
    Unit,
    check_tally,
    runs_of,
    tallied,
    unrolled,
)


@frozen(kw_only=True)
class Verified:
    """A receipt that holds: what it says, and the fingerprint of the key that says so."""

    said: dict[str, Any]
    fingerprint: str


def verify(receipt: Path, file: Path, *, fingerprint: str | None) -> Verified:
    """Check a receipt against the file that it is for, offline.

    Refused(`bad-receipt`) when it is none, (`receipt-mismatch`) when the signature, the key, the file or the
    fates of its lines are not what was signed.
    """
    with receipt.open("rb") as lines:
        signed = _signed(lines.readline(), receipt)
        known = _check_signature(signed)
        if fingerprint is not None and fingerprint.strip().lower() != known:
            raise _mismatch(f"it is signed by the key {known}, not by {fingerprint}")
        said: dict[str, Any] = json.loads(signed["statement"])
        if said.get("version") != VERSION:
            raise Refused(
                "bad-receipt", f"{receipt} is of version {said.get('version')}; {VERSION} is known."
            )
        _check_file(said, file, _runs(lines, receipt))
    return Verified(said=said, fingerprint=known)


def _check_file(said: dict[str, Any], file: Path, runs: Iterator[Run]) -> None:
    with file.open("rb") as stream:
        content = Content(stream)
        unit: Unit = "row" if said["unit"] == "row" else "line"
        # one more than was signed is enough to see that it is not the same; a run can claim any length
        fates = islice(unrolled(runs, unit), said["units"] + 1)
        found = tallied(unit, runs_of(content, unit, fates))
        sha256 = content.sha256()  # which reads the rest, and knows the size then
        check_tally(said, found, size=content.size, sha256=sha256)


def _check_signature(signed: dict[str, str]) -> str:
    """The fingerprint of the key; Refused when the statement is not signed by it."""
    try:
        der, signature = b64decode(signed["public_key"]), b64decode(signed["signature"])
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused("bad-receipt", f"The receipt has no public key that can be read ({error}).") from error
    if signed["algorithm"] != ALGORITHM or not isinstance(key, ec.EllipticCurvePublicKey):
        raise Refused("bad-receipt", f"Receipts are signed with {ALGORITHM}, not {signed['algorithm']}.")
    try:
        key.verify(signature, signed["statement"].encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise _mismatch("its statement is not what the key has signed") from error
    return hashlib.sha256(der).hexdigest()


def _signed(line: bytes, path: Path) -> dict[str, str]:
    try:
        signed: dict[str, Any] = json.loads(line)
        return {name: str(signed[name]) for name in ("statement", "algorithm", "signature", "public_key")}
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            "bad-receipt", f"{path} is no receipt. Fetch it: ./foreman receipt JOB_ID -o FILE"
        ) from error


def _runs(lines: BinaryIO, path: Path) -> Iterator[Run]:
    for line in lines:
        try:
            first, last, fate = json.loads(line)
            yield int(first), int(last), str(fate)
        except (ValueError, TypeError) as error:
            raise Refused("bad-receipt", f"{path}: {line[:80]!r} is no fate of lines.") from error


def _mismatch(what: str) -> Refused:
    return Refused("receipt-mismatch", f"The receipt does not hold: {what}.")
