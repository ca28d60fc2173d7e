"""`python main.py --file F --dry-run | --submit`: another door to `plan` and `submit`."""

import sys
from collections.abc import Sequence

import click
from rich_click import RichCommand

from cli._command import stack_option
from cli._errors import guarded
from cli._text import note
from cli.main import run as foreman
from foreman_core.errors import Refused

EXAMPLES = (
    "Examples:",
    "python main.py --file sample.csv --dry-run",
    "python main.py --file sample.csv --submit",
)


@click.command(
    "main.py",
    cls=RichCommand,
    epilog="\n\n".join(EXAMPLES),
)
@click.option("--file", required=True, metavar="FILE", help="The file to plan or load.")
@click.option("--dry-run", is_flag=True, help="Say what a load would change; without a stack, only check.")
@click.option("--submit", is_flag=True, help="Load the file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, and nothing else.")
@stack_option
def script(*, file: str, dry_run: bool, submit: bool, as_json: bool, stack: str) -> int:
    """Plan or load one file: the same as `foreman plan FILE` and `foreman submit FILE`."""
    if dry_run == submit:
        raise click.UsageError("Say either --dry-run or --submit.", click.get_current_context())
    tail = [*(["--json"] if as_json else []), "--", file]
    if submit:
        return foreman(["submit", "--stack", stack, *tail])
    if _is_down(stack):
        note("No stack is up: the file is only checked. To compare it with what is stored: ./foreman up")
        return foreman(["check", *tail])
    return foreman(["plan", "--stack", stack, *tail])


def _is_down(stack: str) -> bool:
    from cli._target import find  # noqa: PLC0415 - what a refusal of the arguments does without

    try:
        find(stack)
    except Refused as refusal:
        if refusal.code != "stack-down":
            raise
        return True
    return False


def run(argv: Sequence[str]) -> int:
    """Run one command line and give back its exit code."""
    return guarded(lambda: script.main(list(argv), prog_name="main.py", standalone_mode=False), argv)


def main() -> None:
    """Entry point of main.py."""
    sys.exit(run(sys.argv[1:]))
