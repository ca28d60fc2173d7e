"""The operations of the document: each is one call of the runtime library."""

import re
import uuid
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

import orjson
from attrs import frozen
from flask import Response
from openapi_core.unmarshalling.request.datatypes import RequestUnmarshalResult

from foreman_core.audit import Actor
from foreman_core.errors import Refused
from foreman_core.ledger import Ledger
from foreman_core.mapping import as_json
from foreman_core.models import Job
from foreman_core.pipeline import edit
from foreman_core.pipeline.cancel import request_cancel
from foreman_core.pipeline.remember import remember
from foreman_core.pipeline.retry import request_retry
from foreman_core.pipeline.start import approve_plan
from foreman_core.pipeline.view import job_values
from foreman_core.records import Records
from foreman_core.remembered import Mappings
from foreman_core.storage import Files, job_key
from foreman_core.workflow import Workflow
from handlers import _clients
from handlers._schemas import schema_of
from service.access import Caller
from service.settings import Settings

EXPIRES_S: Final = 300
MOST_BYTES: Final = 5 * 1024**3
"""What S3 takes in one request: https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html"""

BLOCK: Final = 256 * 1024
NO_CUSTOMER: Final = "uploads"
_ODD: Final = re.compile(r"[^\w.\- ()]+")

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".gz": "application/gzip",
    ".zip": "application/zip",
}
"""What a form may bring, by the file's last ending."""


@frozen
class Asked:
    """A request that fits the document, and who sends it; nobody for what is open to all."""

    settings: Settings
    caller: Caller | None
    given: RequestUnmarshalResult

    @property
    def query(self) -> Mapping[str, Any]:
        """The query's parameters."""
        return self.given.parameters.query

    @property
    def id(self) -> str:
        """The id in the path."""
        return str(self.given.parameters.path["id"])

    @property
    def body(self) -> Mapping[str, Any]:
        """The body, an object."""
        return self.given.body or {}

    @property
    def ledger(self) -> Ledger:
        """The ledger, in the caller's name."""
        who = "nobody" if self.caller is None else self.caller.username
        return Ledger(_clients.dynamodb(_clients.BRIEF), self.settings.ledger_table, actor=Actor(who, "api"))

    @property
    def workflow(self) -> Workflow:
        """The state machine."""
        return Workflow(_clients.states(_clients.BRIEF), self.settings.state_machine_arn)

    @property
    def records(self) -> Records:
        """The records of the stack's type."""
        return Records(
            _clients.dynamodb(_clients.BRIEF), self.settings.records_table, self.settings.record_type
        )

    @property
    def mappings(self) -> Mappings:
        """What the stack remembers of columns."""
        return Mappings(
            _clients.dynamodb(_clients.BRIEF), self.settings.ledger_table, self.settings.record_type
        )


Operation = Callable[[Asked], Response]


def health(_: Asked) -> Response:
    """The process answers."""
    return _json({"status": "ok"})


def ready(asked: Asked) -> Response:
    """The ledger answers, too."""
    asked.ledger.find("job-that-is-not-there")
    return _json({"status": "ok"})


def create_upload(asked: Asked) -> Response:
    """A form for one file, signed: its key, its type, its size and its encryption are in what was signed.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
    """
    name = safe_name(asked.body["name"])
    media_type = MEDIA_TYPES.get(PurePosixPath(name).suffix.lower())
    if media_type is None:
        endings = ", ".join(MEDIA_TYPES)
        raise Refused("bad-request", f"name: the ending tells what a file is; known are {endings}.")
    key = f"incoming/{asked.body.get('customer', NO_CUSTOMER)}/{uuid.uuid4().hex}/{name}"
    fields = {
        "Content-Type": media_type,
        "x-amz-server-side-encryption": "aws:kms",
        # unless it is named, S3 takes a key of its own instead of the bucket's
        "x-amz-server-side-encryption-aws-kms-key-id": asked.settings.files_key,
    }
    form = _clients.s3(_clients.BRIEF).generate_presigned_post(
        asked.settings.intake_bucket,
        key,
        Fields=fields,
        Conditions=[
            *({field: value} for field, value in fields.items()),
            ["content-length-range", 1, MOST_BYTES],
        ],
        ExpiresIn=EXPIRES_S,
    )
    document = {**form, "key": key, "most_bytes": MOST_BYTES, "expires_in": EXPIRES_S}
    return _json(document, status=201)


def list_jobs(asked: Asked) -> Response:
    """A page of jobs, or the job of one upload."""
    if "key" in asked.query:
        job = asked.ledger.latest_of(asked.settings.intake_bucket, asked.query["key"])
        return _json({"items": [] if job is None else [job_values(job)], "next_token": None})
    page = asked.ledger.jobs(limit=asked.query["limit"], token=asked.query.get("token"))
    return _json({"items": [job_values(job) for job in page.jobs], "next_token": page.next_token})


def get_job(asked: Asked) -> Response:
    """One job."""
    return _job(asked.ledger.job(asked.id))


def retry_job(asked: Asked) -> Response:
    """Let a job go on."""
    return _job(request_retry(asked.ledger, asked.workflow, job_id=asked.id))


def cancel_job(asked: Asked) -> Response:
    """Stop a job."""
    return _job(request_cancel(asked.ledger, asked.workflow, job_id=asked.id))


def approve_job(asked: Asked) -> Response:
    """Load a plan."""
    return _job(approve_plan(asked.ledger, asked.workflow, job_id=asked.id))


def get_rejects(asked: Asked) -> Response:
    """The rejects file of a job, streamed."""
    job = asked.ledger.job(asked.id)
    body = Files(_clients.s3(_clients.BRIEF), asked.settings.intake_bucket).open(
        job_key(job.id, "rejects.csv")
    )
    name = safe_name(PurePosixPath(job.source.name).stem)
    headers = {"Content-Disposition": f'attachment; filename="{_ascii(name)}-rejects.csv"'}
    return Response(body.iter_chunks(BLOCK), headers=headers, content_type="text/csv; charset=utf-8")


def get_mapping(asked: Asked) -> Response:
    """What is remembered for files with these columns."""
    found = asked.mappings.recall(tuple(asked.query["column"]))
    if found is None:
        raise Refused("not-found", "No mapping is remembered for files with these columns.")
    return _text(as_json(found).encode())


def put_mapping(asked: Asked) -> Response:
    """Remember a mapping."""
    text = orjson.dumps(dict(asked.body)).decode()
    signature = remember(asked.mappings, schema_of(asked.settings.record_type), text)
    return _json({"signature": signature, "record_type": asked.settings.record_type})


def list_records(asked: Asked) -> Response:
    """A page of records."""
    schema = schema_of(asked.settings.record_type)
    where = {"_job": asked.query["job"]} if "job" in asked.query else {}
    page = asked.records.page(where, limit=asked.query["limit"], token=asked.query.get("token"))
    items = [edit.document(schema, stored) for stored in page.records]
    return _json({"items": items, "next_token": page.next_token})


def get_record(asked: Asked) -> Response:
    """One record."""
    stored = asked.records.get(asked.id)
    if stored is None:
        raise Refused("not-found", "There is no record with this key.")
    return _json(edit.document(schema_of(asked.settings.record_type), stored))


OPERATIONS: Final[Mapping[str, Operation]] = {
    "health": health,
    "ready": ready,
    "createUpload": create_upload,
    "listJobs": list_jobs,
    "getJob": get_job,
    "retryJob": retry_job,
    "cancelJob": cancel_job,
    "approveJob": approve_job,
    "getRejects": get_rejects,
    "getMapping": get_mapping,
    "putMapping": put_mapping,
    "listRecords": list_records,
    "getRecord": get_record,
}


def safe_name(name: str) -> str:
    """A file's name without folders, and without what shells, headers or keys could take for something
    else.
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    return _ODD.sub("_", last).strip(" .") or "file"


def _ascii(name: str) -> str:
    return name.encode("ascii", "replace").decode().replace("?", "_")


def _job(job: Job) -> Response:
    return _json(job_values(job))


def _json(document: Mapping[str, object], *, status: int = 200) -> Response:
    return _text(orjson.dumps(document), status=status)


def _text(body: bytes, *, status: int = 200) -> Response:
    return Response(body, status, mimetype="application/json")
