"""How a command is declared: examples in its help, the options that many share."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import rich_click as click

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document, and nothing else."
)
stack_option = click.option(
    "--stack", metavar="NAME", default="local", show_default=True, help="The stack to talk to."
)
debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, help="Show the traceback of an error."
)


def command(name: str, *, examples: Sequence[str]) -> Callable[[Callable[..., object]], click.RichCommand]:
    """Declare a command whose help ends with `examples`, each true as typed."""
    epilog = "\n\n".join(["Examples:", *examples])

    def declare(function: Callable[..., object]) -> click.RichCommand:
        return click.command(name, cls=click.RichCommand, epilog=epilog)(debug_option(function))

    return declare


class LazyGroup(click.RichGroup):
    """A group that imports a command's module only when that command is asked for."""

    def __init__(self, *args: Any, lazy: Mapping[str, str], **kwargs: Any) -> None:  # noqa: ANN401
        """`lazy` is command name → `module:attribute`, in the order of the help."""
        super().__init__(*args, **kwargs)
        self._lazy = dict(lazy)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = self._lazy.get(cmd_name)
        if target is None:
            return None
        module, _, attribute = target.partition(":")
        return getattr(importlib.import_module(module), attribute)
