"""The report of `check`, for a person: counts, issues, how the columns were read, what to do next."""

import shlex
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from rich import progress as bars

from cli._reading import DEFAULT_SCHEMA
from cli._screen import err, say, show, table
from cli._text import plural, shorten, size
from foreman_core.pipeline.check import CheckReport, FileFacts
from foreman_core.reading import Readable

MESSAGE_LIMIT: Final = 160
FORMAT_NAMES: Final = {
    "xlsx": "Excel (.xlsx)",
    "xls": "Excel (.xls)",
    "ods": "OpenDocument (.ods)",
    "jsonl": "JSON Lines",
}
DELIMITER_NAMES: Final = {"\t": "tab", " ": "space"}


def show_report(report: CheckReport, path: Path, *, written: Sequence[Path]) -> None:
    """Print the report of the file at `path`."""
    counts, file = report.counts, report.file
    say(f"{file.name}: {_verdict(report)}", style="bold yellow" if counts.rejected else "bold green")
    say(", ".join([size(file.bytes), *_writing(file), f"schema {report.schema_name}"]))
    fates = ("accepted", "rejected", "duplicate", "blank")
    say()
    show(
        table(
            ("read", *fates),
            [[f"{number:,}" for number in (counts.read, *(getattr(counts, fate) for fate in fates))]],
            numbers=("read", *fates),
        )
    )
    _show_issues(report)
    _show_columns(report)
    _show_next(report, path, written)


def _writing(file: FileFacts) -> Iterator[str]:
    """How the file is written, as far as it has such things."""
    if file.format in FORMAT_NAMES:
        yield FORMAT_NAMES[file.format]
    if file.encoding is not None:
        yield f"{file.encoding}{' with BOM' if file.bom else ''}"
    if file.delimiter is not None:
        yield f"cells between {DELIMITER_NAMES.get(file.delimiter, file.delimiter)!r}"
    yield plural(len(file.columns), "column")
    if file.header_line != 1 and file.format != "jsonl":
        yield f"header in line {file.header_line}" if file.header_line else "no header"


def _verdict(report: CheckReport) -> str:
    counts = report.counts
    if not counts.read:
        return "a header, and no rows below it"
    if not counts.rejected:
        return "every row can be loaded" if counts.accepted else "no row can be loaded"
    if not counts.accepted:
        return "no row can be loaded"
    return f"{plural(counts.rejected, 'row')} of {counts.read:,} cannot be loaded"


def _show_issues(report: CheckReport) -> None:
    if not report.issues:
        return
    rows = [
        (
            str(issue.row),
            str(issue.line),
            issue.field or issue.column or "",
            issue.code if issue.severity == "error" else f"{issue.code} ({issue.severity})",
            shorten(issue.message, MESSAGE_LIMIT),
        )
        for issue in report.sample
    ]
    say()
    show(table(("row", "line", "field", "code", "message"), rows, numbers=("row", "line")))
    more = report.issues - len(report.sample)
    if more:
        counted = ", ".join(f"{number:,} {code}" for code, number in report.issues_by_code.items())
        say(f"and {plural(more, 'issue')} more ({counted}); --issues OUT.csv writes them all")


def _show_columns(report: CheckReport) -> None:
    say()
    rows = [(match.column, match.field, match.how) for match in report.mapping.matches]
    rows += [(column, "left out", "") for column in report.mapping.unmapped]
    show(table(("column", "field", "how"), rows))
    if report.mapping.missing_fields:
        say(f"no column for {', '.join(report.mapping.missing_fields)}: these stay empty")
    for note in report.mapping.notes:
        say(note)


def _show_next(report: CheckReport, path: Path, written: Sequence[Path]) -> None:
    say()
    for output in written:
        say(f"wrote {output}")
    counts, typed = report.counts, shlex.quote(str(path))
    is_default = report.schema_name == DEFAULT_SCHEMA
    schema = "" if is_default else f" --schema {shlex.quote(report.schema_name)}"
    steps: list[str] = []
    if counts.rejected and written:
        steps.append("correct the rejected rows, and check them again")
    elif counts.rejected:
        steps.append(
            f"./foreman check {typed}{schema} --rejects OUT.csv    the rejected rows with their reasons"
        )
    if counts.accepted and is_default:
        steps.append(f"./foreman plan {typed}    what a load would change in the live table")
        steps.append(f"./foreman submit {typed}    load {'the rows that pass' if counts.rejected else 'it'}")
    if steps:
        say("Next", style="bold")
    for step in steps:
        say(f"  {step}")


@contextmanager
def progress(stream: BinaryIO, length: int, name: str) -> Generator[Readable]:
    """The stream, while a bar on stderr shows how far it has been read."""
    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=err(), transient=True) as shown:
        task = shown.add_task(name, total=length)
        yield shown.wrap_file(stream, task_id=task)
