"""What makes two things the same: jobs, records, bytes and versions of one object. Pure functions."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping

import orjson

from foreman_core.models import Value

_JOB_ID = re.compile(r"job-[a-z2-7]{26}")

SEQUENCER_WIDTH = 64
"""Hex digits a comparable sequencer has at least; S3 sends 16 to 18."""


def job_id(*, bucket: str, key: str, version_id: str) -> str:
    """The id of the job that reads exactly this version of this object: `job-` and 26 characters of base32.

    Each part goes in with its length, so that no two triples give the same input. 26 characters are 130 bits.
    """
    return _job_id(_digest(part.encode() for part in (bucket, key, version_id)))


def is_job_id(text: str) -> bool:
    """Whether `text` has the form of a job's id; what a caller sends as one may be anything."""
    return _JOB_ID.fullmatch(text) is not None


def undo_id(job: str, number: int) -> str:
    """The id of the undo of a job that has had `number` undos before."""
    return _job_id(_digest(part.encode() for part in ("undo", job, str(number))))


def content_hash(values: Mapping[str, Value]) -> str:
    """sha256 (hex) of a record's canonical JSON: sorted keys, no blanks, whole numbers without a point.

    Leaving blanks out lets a schema gain an optional field without a change of the hash of records it has;
    numbers lose a trailing `.0` in JSON from JavaScript and in DynamoDB, so `1.0` and `1` hash alike.
    """
    present = {
        name: _canonical(value) if type(value) is float else value
        for name, value in values.items()
        if value is not None
    }
    return hashlib.sha256(orjson.dumps(present, option=orjson.OPT_SORT_KEYS)).hexdigest()


def plan_id(*, chunk_hashes: Iterable[str], record_type: str, schema_version: str) -> str:
    """The id of a plan: sha256 (hex) over its chunks' hashes in order, record type and schema version."""
    return _digest(part.encode() for part in (record_type, schema_version, *chunk_hashes)).hex()


def comparable_sequencer(sequencer: str) -> str:
    """An S3 event's `sequencer` as text that sorts in event order, for events of one key only.

    "right pad the shorter value with zeros and then do a lexicographic comparison": S3 user guide, *Event
    message structure*, https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    return sequencer.lower().ljust(SEQUENCER_WIDTH, "0")


def _job_id(digest: bytes) -> str:
    return "job-" + base64.b32encode(digest).decode().lower()[:26]


def _canonical(value: float) -> int | float:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _digest(parts: Iterable[bytes]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
