"""How files are read: the options that all commands with a file share."""

from collections.abc import Callable
from functools import partial, reduce
from pathlib import Path
from typing import Any, BinaryIO, Final

import click
from attrs import frozen

from foreman_core.mapping import Decided, as_json, read_decided, read_remembered
from foreman_core.models import Options
from foreman_core.pipeline.check import Recall
from foreman_core.reading import Table, open_table

_TAB: Final = {"tab": "\t", "\\t": "\t"}

path_option = click.Path(path_type=Path)

DEFAULT_SCHEMA: Final = "customer"
"""The record type that a stack has tables for, unless its configuration says otherwise."""

schema_option = click.option(
    "--schema",
    default=DEFAULT_SCHEMA,
    show_default=True,
    metavar="NAME|PATH",
    help="The record type, or a schema file.",
)
mapping_option = click.option(
    "--mapping",
    metavar="FILE|FOLDER",
    type=path_option,
    help="What `foreman map` wrote, or a folder of it: columns and values that the names alone don't say.",
)
mapping_file_option = click.option(
    "--mapping",
    metavar="FILE",
    type=path_option,
    help="What `foreman map` wrote. Without it: what the stack remembers for such columns.",
)

_OPTIONS: Final = (
    click.option("--encoding", metavar="NAME", help="The file's encoding. Default: found out."),
    click.option(
        "--delimiter", metavar="CHAR", help="Between the cells: a character, or tab. Default: found out."
    ),
    click.option("--sheet", metavar="NAME|NUMBER", help="The sheet of a workbook. Default: the only one."),
    click.option(
        "--no-header",
        is_flag=True,
        help="The first line is a row. Columns are column_1, column_2, ...: say which is which.",
    ),
)


@frozen(kw_only=True)
class Reading:
    """How a file is read; what is None is found out."""

    encoding: str | None
    delimiter: str | None
    header: bool
    sheet: str | None

    def options(self, mapping: Path | None) -> Options:
        """The same for a job, with what a mapping file says. Refused(`bad-mapping`)."""
        return Options(
            encoding=self.encoding,
            delimiter=self.delimiter,
            sheet=self.sheet,
            header=self.header,
            mapping=None if mapping is None else as_json(read_decided(mapping)),
        )

    def open(self, stream: BinaryIO) -> Table:
        """The table in a stream. Refused as `open_table` says."""
        return open_table(
            stream, encoding=self.encoding, delimiter=self.delimiter, header=self.header, sheet=self.sheet
        )


def reading_options(function: Callable[..., object]) -> Callable[..., object]:
    """Give a command the options; it gets them as `reading`."""

    def command(
        *,
        encoding: str | None,
        delimiter: str | None,
        sheet: str | None,
        no_header: bool,
        **others: Any,  # noqa: ANN401
    ) -> object:
        reading = Reading(
            encoding=encoding,
            delimiter=None if delimiter is None else _TAB.get(delimiter.lower(), delimiter),
            header=not no_header,
            sheet=sheet,
        )
        return function(reading=reading, **others)

    command.__doc__ = function.__doc__
    return reduce(lambda declared, option: option(declared), reversed(_OPTIONS), command)


def decided_by(path: Path | None) -> tuple[Decided | None, Recall | None]:
    """What a mapping file says, or how to ask a folder of them. Refused(`bad-mapping`)."""
    if path is None:
        return None, None
    if path.is_dir():
        return None, partial(read_remembered, path)
    return read_decided(path), None
