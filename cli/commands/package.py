"""`package`: the archives that Lambda runs."""

import sys
from pathlib import Path
from typing import Final

import rich_click as click

from bundling import Target, build
from cli._command import command, json_option
from cli._paths import PROJECT
from cli._screen import say, show, steps, table
from cli._text import emit, size

UNZIPPED_LIMIT: Final = 250 * 1024**2
"""Code and layers together, unzipped (AWS Lambda quotas)."""

ZIPPED_LIMIT: Final = 50 * 1024**2
"""One archive, uploaded directly (AWS Lambda quotas)."""


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
    help="Folder for code.zip and layer.zip.",
)
@json_option
def package(*, platform: str, python_version: str, out: Path, as_json: bool) -> int:
    """Build code.zip and layer.zip from the locked dependencies; the same input gives the same bytes.

    `pulumi up` deploys what lies in dist/lambda. Sizes are checked against Lambda's limits.
    """
    target = Target.host(Path(sys.executable)) if platform == "host" else Target.aws(platform, python_version)
    with steps() as progress:
        progress(f"building for {platform}")
        made = build(target, out)
    rows = [
        ("code.zip", size(made.code_bytes), size(ZIPPED_LIMIT), _share(made.code_bytes, ZIPPED_LIMIT)),
        ("layer.zip", size(made.layer_bytes), size(ZIPPED_LIMIT), _share(made.layer_bytes, ZIPPED_LIMIT)),
        (
            "unzipped together",
            size(made.unzipped_bytes),
            size(UNZIPPED_LIMIT),
            _share(made.unzipped_bytes, UNZIPPED_LIMIT),
        ),
    ]
    if as_json:
        emit({"platform": platform, "python": python_version, **_document(made)})
    else:
        _show(rows)
    return 0


def _share(number: int, limit: int) -> str:
    return f"{number / limit:.0%}"


def _tell(rows: list[tuple[str, str, str, str]]) -> int:
    show(table(("", "size", "Lambda's limit", "used"), rows, numbers=("size", "Lambda's limit", "used")))
    say()
    return 0
