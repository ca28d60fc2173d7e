"""What must be true of the evidence of a job: its audit trail, and its receipt.

Written once more, without a part of the code that made them. The numbers are those of docs/simulation.md.
"""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from simulation.record import File
from simulation.world import World

BY_STEP_FUNCTIONS = "unaudited"
"""The mark of a failure that Step Functions has recorded, until the sweeper puts it on the trail."""


def trail_faults(world: World, name: str, job: Mapping[str, Any]) -> Iterator[str]:
    """8. One event for each move, each with the hash of the one before it, and the job names the last."""
    events = world.audit_trail(name)
    previous: str | None = None
    for number, text in enumerate(events):
        event = json.loads(text)
        if (event["job"], event["number"], event["previous"]) != (name, number, previous):
            yield f"event {number} of its trail does not follow from the one before it"
        previous = hashlib.sha256(text.encode()).hexdigest()
    if (job["audits"], job["audit_head"]) != (len(events), previous):
        yield f"its trail has {len(events)} events, and it names {job['audits']}"
    moves = [event["to"] for event in map(json.loads, events) if "to" in event]
    states = [moment["state"] for moment in job["timeline"]]
    if moves != states or job.get(BY_STEP_FUNCTIONS):
        yield f"its trail says that it went through {moves}, its timeline has {states}"


def receipt_faults(world: World, name: str, file: File, fates: Mapping[str, int]) -> Iterator[str]:
    """9. The receipt of a job that was loaded is signed, and holds for its file and the job's account."""
    found = [world.s3.find(f"jobs/{name}/{part}") for part in ("receipt.json", "receipt-dispositions.jsonl")]
    if None in found:
        yield "it has no receipt"
        return
    signed, runs = (part.body for part in found if part is not None)
    receipt = json.loads(signed)
    said = json.loads(receipt["statement"])
    try:
        world.kms.public_key.verify(
            base64.b64decode(receipt["signature"]),
            receipt["statement"].encode(),
            ec.ECDSA(hashes.SHA256()),
        )
    except InvalidSignature:
        yield "its receipt is signed by nobody"
    if said["file"]["sha256"] != hashlib.sha256(file.body).hexdigest():
        yield "its receipt is for another file"
    ends = _unrolled(runs)
    if said["root"] != _root(_leaves(file, ends)).hex():
        yield "the fates of the lines are not those that its receipt has signed"
    lines, account = dict(Counter(ends[1:])), {fate: rows for fate, rows in fates.items() if rows}
    if not said["rows"] == lines == account:
        yield f"its receipt says {said['rows']}, the lines {lines}, its account {account}"
    for number, (row, fate) in enumerate(zip(file.rows, ends[1:], strict=True), 1):
        if row.fate not in (fate, "accepted"):
            yield f"its receipt says {fate} of row {number}, which was {row.fate}"


def _unrolled(runs: bytes) -> list[str]:
    return [fate for first, last, fate in map(json.loads, runs.splitlines()) for _ in range(first, last + 1)]


def _leaves(file: File, fates: Sequence[str]) -> list[bytes]:
    lines = file.body.splitlines(keepends=True)
    return [
        f"{number} {fate} {hashlib.sha256(line).hexdigest()}".encode()
        for number, (line, fate) in enumerate(zip(lines, fates, strict=True), 1)
    ]


def _root(leaves: Sequence[bytes]) -> bytes:
    """The tree hash, as RFC 6962 defines it: https://www.rfc-editor.org/rfc/rfc6962#section-2.1"""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _root(leaves[:half]) + _root(leaves[half:])).digest()
