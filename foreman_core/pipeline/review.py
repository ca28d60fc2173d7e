"""A file that leaves a question open: the command that answers it."""

import shlex
from collections.abc import Iterator
from typing import Final

from foreman_core.errors import Undecided
from foreman_core.models import Job, Options

MAPPING: Final = "MAPPING"
"""Stands for the mapping file that a job came with: only its sender knows where that is."""


def go_on(job: Job, question: Undecided) -> str:
    """The command that takes the job's file up again with the question answered, ready to be typed.

    Columns are decided once, for the next files too; the rest is said of this one file. A name with
    characters that a terminal would obey is left to the person: FILE, COLUMN.
    """
    columns = [_option(*answer) for answer in question.answers if answer[0] == "--set"]
    others = [_option(*answer) for answer in question.answers if answer[0] != "--set"]
    given = list(_given(job.options))
    verb = "plan" if job.mode == "plan" else "submit"
    import_ = _typed(verb, _file(job.source.name), *given, *others, *(["--again"] if job.again else []))
    if not columns:
        return import_
    schema = _option("--schema", job.record_type)
    decide = _typed("map", _file(job.source.name), schema, *given, *columns, "--remember")
    return f"{decide} && {import_}"


def _given(options: Options) -> Iterator[str]:
    """The options that the job has already."""
    said = {
        "--encoding": options.encoding,
        "--delimiter": options.delimiter,
        "--sheet": options.sheet,
        "--mapping": None if options.mapping is None else MAPPING,
    }
    yield from (_option(name, value) for name, value in said.items() if value is not None)
    if not options.header:
        yield "--no-header"


def _typed(*parts: str) -> str:
    return " ".join(("./foreman", *parts))


def _option(name: str, value: str) -> str:
    if not value.isprintable():
        value = f"COLUMN={value.rpartition('=')[2]}" if name == "--set" else name.lstrip("-").upper()
    return f"{name} {shlex.quote(value)}"


def _file(name: str) -> str:
    if not name.isprintable():
        return "FILE"
    return shlex.quote(f"./{name}" if name.startswith("-") else name)
