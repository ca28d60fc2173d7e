"""How a command is declared: examples in its help, the options that many share, loading on demand."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
from attrs import frozen
from rich_click import RichCommand, RichCommandPanel, RichGroup

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document, and nothing else."
)
stack_option = click.option(
    "--stack", metavar="NAME", default="local", show_default=True, help="The stack to talk to."
)
debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, help="Show the traceback of an error."
)
port_option = click.option(
    "--port", type=click.IntRange(1, 65535), help="Port on 127.0.0.1. Default: one that is free."
)


def command(
    name: str, *, examples: Sequence[str], **settings: object
) -> Callable[[Callable[..., object]], click.Command]:
    """Declare a command whose help ends with `examples`, each true as typed."""
    epilog = "\n\n".join(["Examples:", *examples])

    def declare(function: Callable[..., object]) -> click.Command:
        return click.command(name, cls=RichCommand, epilog=epilog, **settings)(debug_option(function))

    return declare


@frozen
class Lazy:
    """Where a command is (`module:attribute`), and what the list of commands says of it."""

    target: str
    about: str

    def load(self) -> click.Command:
        """Import the command."""
        module, _, attribute = self.target.partition(":")
        return getattr(importlib.import_module(module), attribute)


class Listed(click.Command):
    """A command's entry in the list: it becomes the command itself when it is called or completed."""

    def __init__(self, name: str, lazy: Lazy) -> None:
        super().__init__(name, short_help=lazy.about)
        self._lazy = lazy

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401
    ) -> click.Context:
        return self._lazy.load().make_context(info_name, args, parent=parent, **extra)


class LazyGroup(RichGroup):
    """A group that imports a command's module only when that command is asked for."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - click's own
        lazy: Mapping[str, Mapping[str, Lazy]],
        default: str | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        """`lazy` is heading → command's name → the command, in the order of the help. `default` names the one
        that is meant where none is named.
        """
        super().__init__(*args, **kwargs)
        self.default = default
        for heading, commands in lazy.items():
            self.add_panel(RichCommandPanel(heading, commands=list(commands)))
        self.lazy = {name: found for commands in lazy.values() for name, found in commands.items()}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`group ARGUMENT` is `group default ARGUMENT`, where the group has a default."""
        if self.default is not None and args and args[0] not in self.lazy and not args[0].startswith("-"):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        lazy = self.lazy.get(cmd_name)
        return None if lazy is None else Listed(cmd_name, lazy)
