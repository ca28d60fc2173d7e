"""A file that is read again after its validation is read as its job says."""

import csv
import io
from pathlib import Path

import orjson
import pytest

from cli._receipt import verify
from foreman_core.mapping import Decided, as_json
from foreman_core.models import JobState, Options
from foreman_core.storage import job_key
from tests.core.pipeline._load import Loading, fates
from tests.core.reading._workbooks import xlsx

TEXT = "id,colour\na,red\nb,blü\n"
NAMES = as_json(Decided(columns={"column_1": "id", "column_2": "colour"}))
SHEETS = xlsx({"June": [["id"], ["z"]], "July": [["id", "colour"], ["a", "red"], ["b", "blü"]]})
WAYS = {
    "cp1252, bars, no header": (
        "a|red\nb|blü\n".encode("cp1252"),
        Options(encoding="cp1252", delimiter="|", header=False, mapping=NAMES),
        "line",
    ),
    "EBCDIC": (TEXT.encode("cp500"), Options(encoding="cp500"), "row"),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le"), Options(encoding="utf-16-le"), "row"),
    "one of two sheets": (SHEETS, Options(sheet="July"), "row"),
}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small file have many blocks, as large ones have."""
    for size in ("_BLOCK", "_LOOKED_AT"):
        monkeypatch.setattr(f"foreman_core.receipt.{size}", 16)


@pytest.mark.parametrize(("body", "options", "unit"), WAYS.values(), ids=WAYS)
def test_rejects_and_receipt_are_of_the_rows_that_were_validated(
    loading: Loading, tmp_path: Path, body: bytes, options: Options, unit: str
) -> None:
    loading.load(loading.file({"id": "b", "colour": "red"}))
    loading.api.before = lambda: loading.edit("b", colour="tan")
    job = loading.load(loading.judge(body, options=options))
    assert (job.state, fates(job)) == (JobState.PARTIALLY_SUCCEEDED, {"created": 1, "conflict": 1})
    text = loading.files.read(job_key(job.id, "rejects.csv")).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[-1][:2] == ["b", "blü"]

    signed = orjson.loads(loading.files.read(job_key(job.id, "receipt.json")))
    runs = loading.files.read(job_key(job.id, "receipt-dispositions.jsonl"))
    receipt, file = tmp_path / "receipt", tmp_path / "file"
    receipt.write_bytes(orjson.dumps(signed) + b"\n" + runs)
    file.write_bytes(body)
    said = verify(receipt, file, fingerprint=None).said
    assert said["file"]["bytes"] == len(body)
    assert (said["unit"], said["rows"]) == (unit, {"created": 1, "conflict": 1})
