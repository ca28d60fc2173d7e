"""`receipt`: what became of every line of a file, signed; fetched, and verified offline."""

import json
import shutil
from pathlib import Path
from typing import Final

import click

from cli._command import Lazy, LazyGroup, command, json_option, stack_option
from cli._errors import DONE
from cli._outputs import check_outputs, replacing
from cli._receipt import verify
from cli._screen import facts, say, show
from cli._target import Target, find
from cli._text import emit, plural
from foreman_core.errors import Refused

_EXAMPLES: Final = [
    "./foreman receipt JOB_ID -o receipt.jsonl",
    "./foreman receipt verify receipt.jsonl sample.csv",
]
_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)

receipt = LazyGroup(
    "receipt",
    default="fetch",
    lazy={
        "Receipts": {
            "fetch": Lazy("cli.commands.receipt:fetch", "Fetch the receipt of a job; also without its name."),
            "verify": Lazy(
                "cli.commands.receipt:verify_receipt", "Check a receipt against its file, offline."
            ),
        }
    },
    help="Fetch the signed receipt of a job, and verify it against the file.",
    epilog="\n\n".join(["Examples:", *_EXAMPLES]),
)


@command("fetch", examples=["./foreman receipt JOB_ID -o receipt.jsonl"])
@click.argument("job_id", metavar="JOB_ID")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it.",
)
@stack_option
@json_option
def fetch(*, job_id: str, output: Path, stack: str, as_json: bool) -> int:
    """Fetch the receipt of a job: what became of every line of its file, under a signed hash.

    It is one file, which `receipt verify` checks with nothing else but the file that was sent.
    """
    check_outputs([output], inputs=[])
    _fetch(find(stack), job_id, output)
    if as_json:
        emit({"job_id": job_id, "file": str(output)})
    else:
        say(f"{output} is the receipt of {job_id}. Check it: ./foreman receipt verify {output} FILE")
    return DONE


@command(
    "verify",
    examples=[
        "./foreman receipt verify receipt.jsonl sample.csv",
        "./foreman receipt verify receipt.jsonl sample.csv --fingerprint SHA256",
    ],
)
@click.argument("path", metavar="RECEIPT", type=_FILE)
@click.argument("file", metavar="FILE", type=_FILE)
@click.option(
    "--fingerprint", metavar="SHA256", help="The key's, as the stack's output receipt_key_fingerprint says."
)
@json_option
def verify_receipt(*, path: Path, file: Path, fingerprint: str | None, as_json: bool) -> int:
    """Check a receipt against FILE, offline: the signature, the file, and what became of every line.

    Whose key it is, only its fingerprint says: compare it with the output `receipt_key_fingerprint` of the
    stack, or name that one with `--fingerprint`. Exit code 2 when anything is not as it was signed.
    """
    verified = verify(path, file, fingerprint=fingerprint)
    if as_json:
        emit({"verified": True, "fingerprint": verified.fingerprint, "statement": verified.said})
        return DONE
    said = verified.said
    rows = ", ".join(f"{number:,} {fate}" for fate, number in said["rows"].items())
    say(f"{file.name}: the receipt holds", style="bold green")
    show(
        facts(
            {
                "job": said["job_id"],
                "at": said["at"],
                "file": f"sha256 {said['file']['sha256']}",
                "of": plural(said["units"], said["unit"]),
                "rows": rows,
                "key": verified.fingerprint,
            }
        )
    )
    if fingerprint is None:
        say("Compare the key with the output receipt_key_fingerprint of the stack: ./foreman outputs")
    return DONE


def _fetch(target: Target, job_id: str, output: Path) -> None:
    try:
        signed = json.loads(_open(target, job_id, "receipt.json").read())
    except target.s3.exceptions.NoSuchKey as error:
        raise Refused(
            "no-receipt", f"Job {job_id} has no receipt: those jobs have one that loaded a file."
        ) from error
    with replacing(output) as (out,):
        if out is not None:
            out.write(json.dumps(signed).encode() + b"\n")
            shutil.copyfileobj(_open(target, job_id, "receipt-dispositions.jsonl"), out)


def _open(target: Target, job_id: str, name: str):  # noqa: ANN202 - a stream of botocore's
    return target.s3.get_object(Bucket=target.bucket, Key=f"jobs/{job_id}/{name}")["Body"]
