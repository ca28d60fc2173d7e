"""`package`: the archives that Lambda runs."""

import sys
from pathlib import Path

import click

from bundling import Bundle, Target, build
from bundling.build import UNZIPPED_LIMIT, ZIPPED_LIMIT
from cli._command import command, json_option
from cli._paths import PROJECT
from cli._screen import say, show, steps, table
from cli._text import emit, size


@command(
    "package",
    examples=[
        "./foreman package",
        "./foreman package --platform x86_64",
        "./foreman package --platform host",
    ],
)
@click.option(
    "--platform",
    type=click.Choice(["arm64", "x86_64", "host"]),
    default="arm64",
    show_default=True,
    help="What the archives are for: a Lambda architecture, or this machine.",
)
@click.option("--python", "python_version", default="3.13", show_default=True, help="Lambda's Python.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=PROJECT / "dist" / "lambda",
    show_default="dist/lambda",
    help="Folder for code.zip, layer.zip and polars.zip.",
)
@json_option
def package(*, platform: str, python_version: str, out: Path, as_json: bool) -> int:
    """Build the archives that Lambda runs: code.zip, and two layers of the locked dependencies.

    polars.zip is only for the function that reads whole files, layer.zip for all. The same input gives
    the same bytes. `pulumi up` deploys what lies in dist/lambda, the layers through a bucket. Sizes are
    checked against Lambda's limits. `--platform host` takes the Python that runs Foreman, whatever
    `--python` says.
    """
    target = Target.host(Path(sys.executable)) if platform == "host" else Target.aws(platform, python_version)
    with steps() as progress:
        progress(f"building for {platform}")
        made = build(target, out)
    if as_json:
        emit({"platform": platform, **_document(made)})
    else:
        _show(made)
    return 0


def _document(made: Bundle) -> dict[str, object]:
    return {
        "code": {"path": str(made.code), "sha256": made.code_sha256, "bytes": made.code_bytes},
        "layer": {"path": str(made.layer), "sha256": made.layer_sha256, "bytes": made.layer_bytes},
        "polars": {"path": str(made.polars), "sha256": made.polars_sha256, "bytes": made.polars_bytes},
        "unzipped_bytes": made.unzipped_bytes,
    }


def _show(made: Bundle) -> None:
    sizes: tuple[tuple[str, int, int | None], ...] = (
        (made.code.name, made.code_bytes, ZIPPED_LIMIT),
        (made.layer.name, made.layer_bytes, None),
        (made.polars.name, made.polars_bytes, None),
        ("all, unzipped", made.unzipped_bytes, UNZIPPED_LIMIT),
    )
    rows = [
        (name, size(number), size(limit) if limit else "through S3", f"{number / limit:.0%}" if limit else "")
        for name, number, limit in sizes
    ]
    show(table(("", "size", "Lambda's limit", "used"), rows, numbers=("size", "Lambda's limit", "used")))
    say()
    say(f"In {made.code.parent}")
    say("Next")
    say("  pulumi up    deploy them (needs the Pulumi CLI and AWS credentials)")
