"""`schema`: schema files checked, proposed from a file, and turned into templates and GraphQL."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from cli._command import Lazy, LazyGroup, command, json_option
from cli._errors import DONE, REFUSED, classify
from cli._outputs import check_outputs, replacing
from cli._reading import Reading, path_option, reading_options
from cli._text import emit, note, safe
from foreman_core.errors import Refused
from foreman_core.schema import RecordSchema, find_schema

_EXAMPLES: Final = [
    "./foreman schema check schemas/order.yaml",
    "./foreman schema infer samples/orders.csv -o order-draft.yaml",
    "./foreman schema template order --example",
    "./foreman schema graphql customer",
]

schema = LazyGroup(
    "schema",
    lazy={
        "Schema files": {
            "check": Lazy("cli.commands.schema:check", "Say whether schema files are sound."),
            "infer": Lazy("cli.commands.schema:infer_schema", "Propose a schema for files like FILE."),
            "template": Lazy("cli.commands.schema:template", "Write an empty CSV for a record type."),
            "graphql": Lazy("cli.commands.schema:graphql", "Print the API of a record type."),
        }
    },
    help="Check schema files, propose one from a file, make templates and GraphQL of them.",
    epilog="\n\n".join(["Examples:", *_EXAMPLES]),
)

output_option = click.option(
    "-o", "--output", metavar="OUT", type=path_option, help="Write here. Default: print it."
)


@command(
    "check", examples=["./foreman schema check customer order", "./foreman schema check schemas/order.yaml"]
)
@click.argument("schemas", nargs=-1, required=True, metavar="NAME|PATH...")
@json_option
def check(*, schemas: tuple[str, ...], as_json: bool) -> int:
    """Say whether schema files are sound: every key known, nothing contradicting itself.

    Exit code 2 when one is not; the place and the reason are named.
    """
    documents: list[dict[str, Any]] = []
    worst = DONE
    for each in schemas:
        try:
            found = find_schema(each)
        except Refused as refused:
            worst = REFUSED
            _, code, message = classify(refused)
            documents.append({"file": each, "error": {"code": code, "message": message}})
            click.echo(f"error ({code}): {safe(message)}", err=True)
            continue
        documents.append({"file": each, "schema": _facts(found)})
        if not as_json:
            click.echo(
                f"{safe(each)}: sound. {found.name}, {len(found.fields)} fields, key {found.primary_key}"
            )
    if as_json:
        emit({"schemas": documents})
    return worst


def _facts(found: RecordSchema) -> Mapping[str, object]:
    return {
        "name": found.name,
        "plural": found.plural,
        "version": found.version,
        "primary_key": found.primary_key,
        "fields": [field.name for field in found.fields],
    }


@command(
    "infer",
    examples=[
        "./foreman schema infer samples/orders.csv -o order-draft.yaml",
        "./foreman schema infer export.xlsx --name supplier --key 'Supplier no'",
    ],
)
@click.argument("file", metavar="FILE", type=path_option)
@click.option("--name", default="record", show_default=True, metavar="NAME", help="Name of the record type.")
@click.option(
    "--key", metavar="COLUMN", help="The column by which a record is known. Default: the first that can be."
)
@output_option
@reading_options
def infer_schema(*, file: Path, name: str, key: str | None, output: Path | None, reading: Reading) -> int:
    """Propose a schema for files like FILE: types and formats that every value has, never a guess.

    Reads up to 100,000 rows. What a person has to decide stands in comments at the top.
    """
    import yaml  # noqa: PLC0415 - only this command writes YAML

    from foreman_core.pipeline.infer import infer  # noqa: PLC0415 - as above

    with file.open("rb") as stream:
        proposal = infer(reading.open(stream), name=name, key=key)
    comments = "".join(f"# {' '.join(safe(line).split())}\n" for line in proposal.notes)
    body = yaml.safe_dump(proposal.document, allow_unicode=True, sort_keys=False, width=110)
    _put(f"# Proposed from {safe(file.name)}.\n{comments}{body}", output, inputs=[file])
    return DONE


@command(
    "template",
    examples=[
        "./foreman schema template order --example",
        "./foreman schema template customer -o customers.csv",
    ],
)
@click.argument("name", metavar="NAME|PATH")
@click.option("--example", is_flag=True, help="With one example row.")
@output_option
def template(*, name: str, example: bool, output: Path | None) -> int:
    """Write an empty CSV with the columns of a record type: for who has to send one."""
    from foreman_core.pipeline.template import template as made  # noqa: PLC0415 - only this command needs it

    _put(made(find_schema(name), example=example), output, inputs=[], encoding="utf-8-sig")
    return DONE


@command(
    "graphql",
    examples=["./foreman schema graphql customer", "./foreman schema graphql order -o order.graphql"],
)
@click.argument("name", metavar="NAME|PATH")
@output_option
def graphql(*, name: str, output: Path | None) -> int:
    """Print the GraphQL schema of the API that a record type gets."""
    from foreman_core.schema.graphql import graphql_schema  # noqa: PLC0415 - only this command needs it

    _put(graphql_schema(find_schema(name), user_pool=False), output, inputs=[])
    return DONE


def _put(text: str, output: Path | None, *, inputs: list[Path], encoding: str = "utf-8") -> None:
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    check_outputs([output], inputs=inputs)
    with replacing(output) as (stream,):
        if stream is not None:
            stream.write(text.encode(encoding))
    note(f"wrote {output}")
