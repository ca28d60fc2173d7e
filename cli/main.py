"""`foreman`: the command line. Commands live in `cli/commands/`, each loaded only when it is asked for."""

import sys
from collections.abc import Sequence

import click

from cli._command import Lazy, LazyGroup
from cli._errors import DONE, REFUSED, guarded

COMMANDS = {
    "Start here": {
        "demo": Lazy(
            "cli.commands.demo:demo", "Run the main job on this machine, from a file to its records."
        ),
        "check": Lazy(
            "cli.commands.check:check", "Judge files offline: no stack, no network, nothing stored."
        ),
        "doctor": Lazy("cli.commands.doctor:doctor", "Say what is missing on this machine, and the remedy."),
    },
    "Files": {
        "drop": Lazy("cli.commands.load:drop", "Put FILE into the intake bucket and follow its job."),
        "plan": Lazy("cli.commands.load:plan", "Say what a load of FILE would do; store nothing."),
        "submit": Lazy("cli.commands.load:submit", "Load FILE, or exactly the plan that `plan` made."),
    },
    "Columns and schemas": {
        "map": Lazy("cli.commands.map:map_file", "Show which column of FILE is which field, and correct it."),
        "schema": Lazy(
            "cli.commands.schema:schema", "Check schema files, propose one, make templates of one."
        ),
    },
    "Jobs": {
        "jobs": Lazy("cli.commands.jobs:jobs", "List the newest jobs and what became of their rows."),
        "job": Lazy("cli.commands.jobs:job", "Show one job: state, account of its rows, reason, times."),
        "rejects": Lazy(
            "cli.commands.rejects:rejects", "Fetch the rows of a job that did not pass, to correct them."
        ),
        "receipt": Lazy("cli.commands.receipt:receipt", "Fetch the signed receipt of a job, or verify one."),
        "retry": Lazy("cli.commands.load:retry", "Let a job go on where it stopped."),
        "cancel": Lazy("cli.commands.load:cancel", "Stop a job before anything more is stored."),
        "undo": Lazy("cli.commands.load:undo", "Put back what a job did; keep what was edited since."),
    },
    "Notices": {
        "subscriptions": Lazy(
            "cli.commands.subscriptions:subscriptions", "List, add, try and end who is told of jobs."
        ),
    },
    "The stack": {
        "up": Lazy("cli.commands.stack:up", "Start the local stack in the background."),
        "down": Lazy("cli.commands.stack:down", "Stop the local stack; what it has stored stays."),
        "status": Lazy("cli.commands.stack:status", "List every resource and how it is realised."),
        "outputs": Lazy("cli.commands.stack:outputs", "Print the stack's outputs, the API key included."),
        "dlq": Lazy("cli.commands.dlq:dlq", "See messages that were not got on with, and put them back."),
        "logs": Lazy("cli.commands.logs:logs", "Print what the functions and containers of a stack log."),
    },
    "The project": {
        "test": Lazy("cli.commands.test:test", "Run the test suite."),
        "simulate": Lazy(
            "cli.commands.simulate:simulate", "Run the steps of a load under seeded faults; no stack."
        ),
        "package": Lazy("cli.commands.package:package", "Build the archives that Lambda runs."),
        "completion": Lazy("cli.commands.completion:completion", "Print the script that completes in SHELL."),
    },
}
"""Heading → name → command, in the order of the help."""


@click.group("foreman", cls=LazyGroup, lazy=COMMANDS, invoke_without_command=True)
@click.version_option(package_name="foreman", message="foreman %(version)s")
@click.pass_context
def cli(context: click.Context) -> int:
    """Customer files into DynamoDB through GraphQL: exactly once, every row accounted for.

    Start with `./foreman demo`: the whole program on this machine, without an AWS account.
    """
    if context.invoked_subcommand is not None:
        return DONE
    click.echo(context.get_help())
    return REFUSED


def run(argv: Sequence[str]) -> int:
    """Run one command line and give back its exit code; every failure is told in one line."""
    return guarded(lambda: cli.main(list(argv), prog_name="foreman", standalone_mode=False), argv)


def main() -> None:
    """Entry point of the `foreman` script."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
