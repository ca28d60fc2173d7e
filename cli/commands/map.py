"""`map`: which column of a file is which field, shown and corrected before a file is judged."""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import click
from attrs import asdict, evolve

from cli._command import command, json_option, stack_option
from cli._errors import DONE, PARTLY
from cli._outputs import check_outputs, replacing
from cli._reading import (
    Reading,
    decided_by,
    mapping_option,
    path_option,
    reading_options,
    schema_option,
)
from cli._text import emit, note, shorten
from foreman_core.errors import Refused
from foreman_core.mapping import Decided, Mapping, propose, signature, written
from foreman_core.reading import Table
from foreman_core.schema import RecordSchema, find_schema
from foreman_core.validation.fitting import fitting

CELL_LIMIT: Final = 30
SHOWN_CELLS: Final = 3


@command(
    "map",
    examples=[
        "./foreman map export.csv",
        "./foreman map export.csv --set 'Ref=customer_id' --ignore Notes -o columns.yaml",
        "./foreman map export.csv --value 'plan:Gratis=free' -o mappings/",
        "./foreman map export.csv --mapping columns.yaml --remember",
        "./foreman check export.csv --mapping columns.yaml",
    ],
)
@click.argument("file", metavar="FILE", type=path_option)
@schema_option
@mapping_option
@click.option(
    "--set", "fixed", metavar="COLUMN=FIELD", multiple=True, help="This column is that field. Repeatable."
)
@click.option("--ignore", "left_out", metavar="COLUMN", multiple=True, help="Leave it out. Repeatable.")
@click.option(
    "--value",
    "meant",
    metavar="FIELD:TEXT=VALUE",
    multiple=True,
    help="This text in the file stands for that value of an enum. Repeatable.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE|FOLDER",
    type=path_option,
    help="Write the mapping: as YAML, or into a folder that remembers it for files with the same columns.",
)
@click.option(
    "--remember",
    is_flag=True,
    help="Let the stack remember the mapping: it reads files with the same columns so from now on.",
)
@click.option("--show-values", is_flag=True, help="Show the first cells of each column.")
@stack_option
@json_option
@reading_options
def map_file(
    *,
    file: Path,
    schema: str,
    mapping: Path | None,
    fixed: tuple[str, ...],
    left_out: tuple[str, ...],
    meant: tuple[str, ...],
    output: Path | None,
    remember: bool,
    show_values: bool,
    reading: Reading,
    stack: str,
    as_json: bool,
) -> int:
    """Show which column of FILE is which field and how sure that is; correct it, and write it down.

    Columns are matched by name, by alias, by memory, by likeness; what is not sure is suggested, never taken.
    Exit code 1 when a required field has no column yet.
    """
    if remember and not reading.header:
        raise click.UsageError(
            "--remember goes by the names of the columns, which a file with --no-header does not have. Name "
            "the mapping each time: foreman submit FILE --no-header --mapping MAPPING.",
            click.get_current_context(),
        )
    record = find_schema(schema)
    decided, recall = decided_by(mapping)
    with file.open("rb") as stream:
        table = reading.open(stream)
    decided = _decided(decided or Decided(), fixed, left_out, meant)
    found = propose(
        table.columns,
        record,
        decided,
        remembered=recall(table.columns) if recall else None,
        fits=fitting(table.sample, record),
    )
    wanting = [name for name in found.missing_fields if record.field(name).required]
    if output is not None:
        output = _write(output, found, inputs=[file])
    if remember and not wanting:
        _remember(stack, found)
    if as_json:
        emit({**_document(found, wanting), "remembered": remember and not wanting})
    else:
        _show(found, record, table, file=file, output=output, show_values=show_values)
        if remember:
            note(_remembered(stack, wanting))
    return PARTLY if wanting else DONE


def _decided(
    decided: Decided, fixed: Iterable[str], left_out: Iterable[str], meant: Iterable[str]
) -> Decided:
    columns = dict(decided.columns)
    for each in fixed:
        column, _, name = each.rpartition("=")
        columns[_named(column, each, "--set 'COLUMN=FIELD'")] = name.strip()
    columns |= dict.fromkeys(left_out)
    values = {name: dict(texts) for name, texts in decided.values.items()}
    for each in meant:
        place, _, value = each.rpartition("=")
        name, colon, text = place.partition(":")
        values.setdefault(_named(name if colon else "", each, "--value 'FIELD:TEXT=VALUE'"), {})[
            text.strip()
        ] = value.strip()
    return evolve(decided, columns=columns, values=values)


def _named(name: str, given: str, form: str) -> str:
    if not name.strip():
        raise click.UsageError(f"{given!r} must be written as {form}.", click.get_current_context())
    return name.strip()


def _write(output: Path, found: Mapping, inputs: Sequence[Path]) -> Path:
    """The file that was written."""
    path = output / f"{signature(found.columns)}.yaml" if output.is_dir() else output
    check_outputs([path], inputs=inputs)
    with replacing(path) as (stream,):
        if stream is None:
            raise Refused("output", f"{path} cannot be written.")
        stream.write(written(_whole(found)).encode())
    return path


def _whole(found: Mapping) -> Decided:
    """All that was found as a decision: columns without a field are left out."""
    columns: dict[str, str | None] = {column.strip(): None for column in found.columns if column.strip()}
    columns |= {match.column.strip(): match.field for match in found.matches}
    return Decided(columns=columns, values=found.values, header=found.columns)


def _remember(stack: str, found: Mapping) -> None:
    from cli._target import find  # noqa: PLC0415 - without --remember no stack is needed

    with find(stack).api() as api:
        api.remember_mapping(_whole(found))


def _remembered(stack: str, wanting: Sequence[str]) -> str:
    if wanting:
        return f"Nothing is remembered: there is no column for {', '.join(wanting)} yet."
    return f"Stack {stack} remembers this: it reads files with the same columns so from now on."


def _document(found: Mapping, wanting: Sequence[str]) -> dict[str, object]:
    return {
        "mapping": [asdict(match) for match in found.matches],
        "suggestions": [asdict(suggestion) for suggestion in found.suggestions],
        "unmapped": list(found.unmapped),
        "missing_fields": list(found.missing_fields),
        "missing_required": list(wanting),
        "values": {name: dict(texts) for name, texts in found.values.items()},
        "signature": signature(found.columns),
        "notes": list(found.notes),
    }


def _show(
    found: Mapping,
    record: RecordSchema,
    table: Table,
    *,
    file: Path,
    output: Path | None,
    show_values: bool,
) -> None:
    from cli._screen import say, show  # noqa: PLC0415 - Rich is for people; --json does without
    from cli._screen import table as rows_of  # noqa: PLC0415 - as above

    matches = {match.position: match for match in found.matches}
    guesses = {guess.column: guess for guess in found.suggestions}
    rows: list[tuple[str, ...]] = []
    for position, column in enumerate(found.columns):
        match, guess = matches.get(position), guesses.get(column)
        if match is not None:
            said = (match.field, match.how, f"{match.score:.2f}")
        elif guess is not None:
            said = (f"{guess.field}?", "a guess: not used", f"{guess.score:.2f}")
        else:
            said = ("", "left out", "")
        rows.append((column, *said, *([_cells(table, position)] if show_values else [])))
    heads = ("column", "field", "how", "score", *(["first cells"] if show_values else []))
    show(rows_of(heads, rows, numbers=("score",)))
    for line in (*found.notes, *_strange_values(found, record, table)):
        say(line)
    typed = shlex.quote(str(file))
    say()
    wanting = [name for name in found.missing_fields if record.field(name).required]
    guessed = [(guess.column.strip(), guess.field) for guess in found.suggestions]
    asked = [*guessed, *(("COLUMN", name) for name in wanting if name not in dict(guessed).values())]
    steps = [
        f"./foreman map {typed} --set {shlex.quote(f'{column}={name}')} -o columns.yaml"
        for column, name in asked[:SHOWN_CELLS]
    ]
    if output is not None:
        say(f"wrote {output}")
        steps.append(f"./foreman check {typed} --mapping {shlex.quote(str(output))}")
    for name in wanting:
        say(f"no column for {name}, which is required")
    if steps:
        say("Next", style="bold")
    for step in steps:
        say(f"  {step}")


def _cells(table: Table, position: int) -> str:
    cells = [row[position] for row in table.sample if position < len(row) and row[position].strip()]
    return ", ".join(shorten(cell, CELL_LIMIT) for cell in dict.fromkeys(cells[:SHOWN_CELLS]))


def _strange_values(found: Mapping, record: RecordSchema, table: Table) -> Iterable[str]:
    """Texts in the first rows that an enum does not have, each once."""
    for match in found.matches:
        enum = record.field(match.field).constraints.enum
        if not enum:
            continue
        known = {str(value).casefold() for value in enum} | {*found.values.get(match.field, {})}
        cells = (row[match.position].strip() for row in table.sample if match.position < len(row))
        for cell in dict.fromkeys(
            cell for cell in cells if cell and cell.casefold() not in known and cell not in known
        ):
            yield (
                f"{match.field} has no value {shorten(cell, CELL_LIMIT)!r}; say what it means with "
                f"--value '{match.field}:{shorten(cell, CELL_LIMIT)}={enum[0]}'"
            )
