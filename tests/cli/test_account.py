"""`retry`, `cancel`, `rejects`, `receipt`, and the audit trail."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.cli.conftest import JOB_ID, Foreman, Stack, job

BODY = b"id,name\n1,Ada\n2,\n"
RUNS = [[1, 1, "header"], [2, 2, "created"], [3, 3, "rejected"]]


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sample.csv"
    path.write_bytes(BODY)
    return path


def fingerprint(key: ec.EllipticCurvePrivateKey) -> str:
    return hashlib.sha256(der(key)).hexdigest()


def der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def root() -> str:
    """The root over BODY and RUNS, put together by hand."""
    leaves = [
        hashlib.sha256(b"\x00" + f"{number} {fate} {hashlib.sha256(line).hexdigest()}".encode()).digest()
        for (number, _, fate), line in zip(RUNS, BODY.splitlines(keepends=True), strict=True)
    ]
    left = hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    return hashlib.sha256(b"\x01" + left + leaves[2]).hexdigest()


def signed(key: ec.EllipticCurvePrivateKey) -> bytes:
    """receipt.json, as the documentation says it is."""
    statement = json.dumps(
        {
            "version": 1,
            "job_id": JOB_ID,
            "at": "2026-01-02T03:04:05.000Z",
            "file": {"name": "sample.csv", "bytes": len(BODY), "sha256": hashlib.sha256(BODY).hexdigest()},
            "unit": "line",
            "units": 3,
            "rows": {"created": 1, "rejected": 1},
            "root": root(),
        }
    )
    signature = key.sign(statement.encode(), ec.ECDSA(hashes.SHA256()))
    document = {
        "statement": statement,
        "algorithm": "ECDSA_SHA_256",
        "signature": base64.b64encode(signature).decode(),
        "public_key": base64.b64encode(der(key)).decode(),
    }
    return json.dumps(document).encode()


@pytest.fixture
def receipt(foreman: Foreman, stack: Stack, key: ec.EllipticCurvePrivateKey, tmp_path: Path) -> Path:
    """A receipt that was fetched."""
    stack.objects[f"intake/jobs/{JOB_ID}/receipt.json"] = signed(key)
    runs = b"".join(json.dumps(run).encode() + b"\n" for run in RUNS)
    stack.objects[f"intake/jobs/{JOB_ID}/receipt-dispositions.jsonl"] = runs
    path = tmp_path / "receipt.jsonl"
    assert foreman("receipt", JOB_ID, "-o", str(path)).code == 0
    return path


def test_a_retry_follows_the_job_to_its_end(foreman: Foreman, stack: Stack) -> None:
    stack.jobs = [job(state="loading"), job(state="succeeded")]
    done = foreman("retry", JOB_ID, "--json")
    assert (done.code, done.document["state"]) == (0, "succeeded")
    assert stack.variables("retryJob") == {"id": JOB_ID}


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (job(state="cancelled"), 0),
        (job(state="cancelled", counts={"read": 3, "accepted": 3, "created": 1, "pending": 2}), 0),
        (job(state="partially_succeeded", counts={"read": 1, "rejected": 1}), 1),
    ],
)
def test_a_cancelled_job_is_what_was_asked_for(
    foreman: Foreman, stack: Stack, ended: dict[str, object], code: int
) -> None:
    stack.jobs = [ended]
    assert foreman("cancel", JOB_ID).code == code
    assert stack.variables("cancelJob") == {"id": JOB_ID}


def test_a_load_that_was_cancelled_says_what_is_left_and_how_to_go_on(foreman: Foreman, stack: Stack) -> None:
    moments = [{"state": state, "at": "2026-01-02T03:04:05.000000Z"} for state in ("loading", "cancelled")]
    stack.jobs = [
        job(
            state="cancelled", counts={"read": 3, "accepted": 3, "created": 1, "pending": 2}, timeline=moments
        )
    ]
    out = foreman("job", JOB_ID).out
    assert "3 read = 1 created + 2 not loaded" in out
    assert f"./foreman retry {JOB_ID}" in out
    assert f"./foreman undo {JOB_ID}" in out
    assert foreman("job", JOB_ID, "--follow").code == 1


def test_rejects_are_fetched_whole(foreman: Foreman, stack: Stack, tmp_path: Path) -> None:
    stack.jobs = [job(state="partially_succeeded", counts={"read": 2, "created": 1, "rejected": 1})]
    stack.objects[f"intake/jobs/{JOB_ID}/rejects.csv"] = b"id,_row\n1,1\n"
    path = tmp_path / "rejects.csv"
    done = foreman("rejects", JOB_ID, "-o", str(path))
    assert (done.code, path.read_bytes()) == (0, b"id,_row\n1,1\n")
    assert "1 row to correct" in done.out


def test_there_is_nothing_to_fetch_where_nothing_was_rejected(
    foreman: Foreman, stack: Stack, tmp_path: Path
) -> None:
    stack.jobs = [job()]
    done = foreman("rejects", JOB_ID, "-o", str(tmp_path / "rejects.csv"))
    assert (done.code, list(tmp_path.iterdir())) == (2, [])
    assert "no-rejects" in done.err


def test_a_receipt_holds_for_its_file(
    foreman: Foreman, receipt: Path, file: Path, key: ec.EllipticCurvePrivateKey
) -> None:
    done = foreman("receipt", "verify", str(receipt), str(file), "--fingerprint", fingerprint(key), "--json")
    assert (done.code, done.document["fingerprint"]) == (0, fingerprint(key))
    assert done.document["statement"]["rows"] == {"created": 1, "rejected": 1}
    assert "receipt_key_fingerprint" in foreman("receipt", "verify", str(receipt), str(file)).out


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (
            (b'[2, 2, "created"]\n[3, 3, "rejected"]', b'[2, 2, "rejected"]\n[3, 3, "created"]'),
            "receipt-mismatch",
        ),
        ((b'[3, 3, "rejected"]\n', b""), "receipt-mismatch"),
        ((b'[3, 3, "rejected"]', b'[3, 3, "created"]'), "receipt-mismatch"),
        ((b'\\"created\\": 1', b'\\"created\\": 2'), "receipt-mismatch"),
        ((b"[3, 3", b"[3; 3"), "bad-receipt"),
        ((b'{"statement"', b'{"stated"'), "bad-receipt"),
        ((b"ECDSA_SHA_256", b"ECDSA_SHA_384"), "bad-receipt"),
        ((b'"public_key": "', b'"public_key": "AAAA'), "bad-receipt"),
        ((b'"signature": "', b'"signature": "AAAA'), "receipt-mismatch"),
    ],
)
def test_a_changed_receipt_is_found(
    foreman: Foreman, receipt: Path, file: Path, change: tuple[bytes, bytes], code: str
) -> None:
    was, becomes = change
    content = receipt.read_bytes()
    assert was in content
    receipt.write_bytes(content.replace(was, becomes))
    done = foreman("receipt", "verify", str(receipt), str(file))
    assert done.code == 2
    assert f"error ({code})" in done.err


@pytest.mark.parametrize("body", [BODY.replace(b"Ada", b"Eda"), BODY + b"\n", BODY[:-1], b""])
def test_a_changed_file_is_found(foreman: Foreman, receipt: Path, file: Path, body: bytes) -> None:
    file.write_bytes(body)
    done = foreman("receipt", "verify", str(receipt), str(file))
    assert done.code == 2
    assert "this file has the SHA-256" in done.err


def test_another_key_is_found(foreman: Foreman, receipt: Path, file: Path) -> None:
    done = foreman("receipt", "verify", str(receipt), str(file), "--fingerprint", "0" * 64)
    assert done.code == 2
    assert "signed by the key" in done.err


def test_a_job_without_a_receipt_says_so(foreman: Foreman, stack: Stack, tmp_path: Path) -> None:
    assert stack.objects == {}
    done = foreman("receipt", "fetch", JOB_ID, "-o", str(tmp_path / "r"))
    assert (done.code, list(tmp_path.iterdir())) == (2, [])
    assert "no-receipt" in done.err


def trail(*states: str) -> tuple[list[str], str]:
    """An audit trail as the documentation says it is, and its head."""
    texts: list[str] = []
    head, before = None, None
    for number, state in enumerate(states):
        event = {
            "job": JOB_ID,
            "number": number,
            "at": "2026-01-02T03:04:05.000Z",
            "who": "iam:ann",
            "door": "api",
            "what": "moved",
            "from": before,
            "to": state,
            "previous": head,
        }
        texts.append(json.dumps(event))
        head, before = hashlib.sha256(texts[-1].encode()).hexdigest(), state
    return texts, str(head)


def test_the_audit_trail_is_shown_and_checked(foreman: Foreman, stack: Stack) -> None:
    stack.trail, head = trail("received", "succeeded")
    stack.jobs = [job(audits=2, audit_head=head)]
    done = foreman("job", JOB_ID, "--audit")
    assert (done.code, "iam:ann" in done.out) == (0, True)
    document = foreman("job", JOB_ID, "--audit", "--json").document
    assert document["audit"]["holds"] is True
    assert [event["to"] for event in document["audit"]["events"]] == ["received", "succeeded"]


def test_an_audit_trail_that_was_changed_is_an_alarm(foreman: Foreman, stack: Stack) -> None:
    texts, head = trail("received", "succeeded")
    stack.trail = [texts[0].replace("ann", "bob"), texts[1]]
    stack.jobs = [job(audits=2, audit_head=head)]
    done = foreman("job", JOB_ID, "--audit")
    assert done.code == 3
    assert "event 1 does not follow from event 0" in done.err
