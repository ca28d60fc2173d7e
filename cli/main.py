"""`foreman`: the command line. Commands live in `cli/commands/`, each loaded only when it is asked for."""

import sys
import tomllib
from collections.abc import Sequence

import rich_click as click

from cli._command import LazyGroup
from cli._errors import guarded
from cli._paths import PROJECT

COMMANDS = {
    "demo": "cli.commands.demo:demo",
    "test": "cli.commands.test:test",
    "up": "cli.commands.stack:up",
    "down": "cli.commands.stack:down",
    "status": "cli.commands.stack:status",
    "logs": "cli.commands.logs:logs",
    "check": "cli.commands.check:check",
    "plan": "cli.commands.load:plan",
    "submit": "cli.commands.load:submit",
    "drop": "cli.commands.load:drop",
    "jobs": "cli.commands.jobs:jobs",
    "job": "cli.commands.jobs:job",
    "outputs": "cli.commands.stack:outputs",
    "doctor": "cli.commands.doctor:doctor",
    "package": "cli.commands.package:package",
    "completion": "cli.commands.completion:completion",
}


def _version(ctx: click.Context, _option: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's order
    if not asked:
        return
    with (PROJECT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    click.echo(f"foreman {project['version']}")
    ctx.exit()


@click.group("foreman", cls=LazyGroup, lazy=COMMANDS)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
def cli() -> None:
    """Customer files into DynamoDB through GraphQL: exactly once, every row accounted for.

    Start with `./foreman demo`: the whole program on this machine, without an AWS account.
    """


def run(argv: Sequence[str]) -> int:
    """Run one command line and give back its exit code; every failure is told in one line."""
    return guarded(lambda: cli.main(list(argv), prog_name="foreman", standalone_mode=False), argv)


def main() -> None:
    """Entry point of the `foreman` script."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
