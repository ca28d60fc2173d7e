"""`completion`: the shell's own completion of commands and options."""

import click
from click.shell_completion import get_completion_class

from cli._command import command

HELP = {
    "bash": 'eval "$(./foreman completion bash)"',
    "zsh": 'eval "$(./foreman completion zsh)"',
    "fish": "./foreman completion fish | source",
}


@command("completion", examples=list(HELP.values()))
@click.argument("shell", type=click.Choice(list(HELP)))
def completion(shell: str) -> None:
    """Print the script that completes foreman's commands and options in SHELL."""
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    root = click.get_current_context().find_root().command
    click.echo(found(root, {}, "foreman", "_FOREMAN_COMPLETE").source())
