"""`check`: files judged offline. With `--json` it runs on what it imports here: no Rich, no AWS, no stack."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import click
from attrs import frozen

from cli._command import command, json_option
from cli._errors import DONE, PARTLY, REFUSED, classify
from cli._outputs import check_outputs, replacing
from cli._reading import Reading, decided_by, mapping_option, path_option, reading_options, schema_option
from cli._text import emit, on_terminal, safe, shorten
from foreman_core.errors import Refused
from foreman_core.mapping import Decided
from foreman_core.pipeline.check import CheckReport, Recall
from foreman_core.pipeline.check import check as judge
from foreman_core.pipeline.outputs import AcceptedWriter, IssuesWriter, RejectsWriter
from foreman_core.reading import Readable
from foreman_core.schema import RecordSchema, find_schema

NAME_LIMIT: Final = 200
LARGE: Final = 10_000_000
"""Bytes from which on a file takes seconds: then people see how far it is."""


@frozen(kw_only=True)
class Settings:
    """How the files are read, and where what was found goes."""

    schema: RecordSchema
    decided: Decided | None
    recall: Recall | None
    reading: Reading
    issues: Path | None
    accepted: Path | None
    rejects: Path | None

    @property
    def outputs(self) -> list[Path]:
        """The files that are written."""
        return [path for path in (self.issues, self.accepted, self.rejects) if path is not None]


@command(
    "check",
    examples=[
        "./foreman check sample.csv",
        "./foreman check samples/messy.csv --rejects rejects.csv --accepted accepted.jsonl",
        "./foreman check samples/*.csv --json",
        "./foreman check export.csv --encoding windows-1252 --delimiter ';'",
        "./foreman check customers.xlsx --sheet 'June 2026'",
        "./foreman check export.csv --mapping columns.yaml",
    ],
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=path_option)
@schema_option
@mapping_option
@click.option("--issues", metavar="OUT.csv", type=path_option, help="Write every issue.")
@click.option(
    "--accepted", metavar="OUT.jsonl", type=path_option, help="Write the accepted rows, normalised."
)
@click.option(
    "--rejects",
    metavar="OUT.csv",
    type=path_option,
    help="Write the rejected rows with the reasons, to be corrected.",
)
@json_option
@reading_options
def check(
    *,
    files: tuple[Path, ...],
    schema: str,
    mapping: Path | None,
    reading: Reading,
    issues: Path | None,
    accepted: Path | None,
    rejects: Path | None,
    as_json: bool,
) -> int:
    """Judge files offline: read, map, validate, normalise. No stack, no network; nothing is stored.

    Exit code 0 when every row is accepted, 1 when rows are rejected, 2 when a file cannot be used: that one
    does not stop the others.
    """
    decided, recall = decided_by(mapping)
    settings = Settings(
        schema=find_schema(schema),
        decided=decided,
        recall=recall,
        reading=reading,
        issues=issues,
        accepted=accepted,
        rejects=rejects,
    )
    if settings.outputs and len(files) > 1:
        raise click.UsageError(
            "--issues, --accepted and --rejects take one FILE at a time.", click.get_current_context()
        )
    check_outputs(settings.outputs, inputs=[*files, *([mapping] if mapping and mapping.is_file() else [])])
    if len(files) == 1:
        report = judged(files[0], settings, watched=not as_json)
        if as_json:
            emit(report.as_json())
        else:
            _show(report, files[0], settings)
        return exit_code(report)
    return _several(files, settings, as_json=as_json)


def judged(file: Path, settings: Settings, *, watched: bool) -> CheckReport:
    """The report on one file; the outputs are written when it can be used. Refused when it cannot."""
    with (
        file.open("rb") as stream,
        replacing(settings.issues, settings.accepted, settings.rejects) as (issues, accepted, rejects),
        _watched(stream, file, wanted=watched) as readable,
    ):
        rejected = None if rejects is None else RejectsWriter(rejects, job_id="")
        return judge(
            readable,
            name=file.name,
            schema=settings.schema,
            decided=settings.decided,
            recall=settings.recall,
            encoding=settings.reading.encoding,
            delimiter=settings.reading.delimiter,
            header=settings.reading.header,
            sheet=settings.reading.sheet,
            on_table=None if rejected is None else rejected.begin,
            on_accepted=None if accepted is None else AcceptedWriter(accepted).write,
            on_issue=None if issues is None else IssuesWriter(issues).write,
            on_rejected=None if rejected is None else rejected.write,
        )


def exit_code(report: CheckReport) -> int:
    """0 when no row was rejected, else 1."""
    return PARTLY if report.counts.rejected else DONE


def _several(files: tuple[Path, ...], settings: Settings, *, as_json: bool) -> int:
    """Every file by itself; the exit code is that of the worst one."""
    worst, documents = DONE, list[dict[str, Any]]()
    for file in files:
        try:
            report = judged(file, settings, watched=not as_json)
        except (Refused, OSError) as error:
            _, code, message = classify(error)
            worst = REFUSED
            documents.append({"file": {"name": file.name}, "error": {"code": code, "message": message}})
            click.echo(
                f"error ({code}): {shorten(str(file), NAME_LIMIT)}: {' '.join(safe(message).split())}",
                err=True,
            )
            continue
        worst = max(worst, exit_code(report))
        documents.append(report.as_json())
        if not as_json:
            _show(report, file, settings)
    if as_json:
        emit({"files": documents})
    return worst


def _show(report: CheckReport, file: Path, settings: Settings) -> None:
    from cli._judged import show_report  # noqa: PLC0415 - Rich is for people; --json does without

    show_report(report, file, written=settings.outputs)


@contextmanager
def _watched(stream: BinaryIO, file: Path, *, wanted: bool) -> Generator[Readable]:
    """The stream; on a terminal a large one shows how far it has been read."""
    size = os.fstat(stream.fileno()).st_size
    if not wanted or size < LARGE or not on_terminal():
        yield stream
        return
    from cli._judged import progress  # noqa: PLC0415 - as above

    with progress(stream, size, shorten(file.name, NAME_LIMIT)) as watched:
        yield watched
