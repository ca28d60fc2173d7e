"""`test`: the whole test suite, with the tools of this environment."""

import importlib.util
import os
import sys

import click
from rich_click import RichCommand

from cli._paths import PROJECT
from foreman_core.errors import Refused


@click.command(
    "test",
    cls=RichCommand,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Examples:\n\n./foreman test\n\n./foreman test tests/core -x\n\n./foreman test -m 'not e2e'",
)
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def test(pytest_args: tuple[str, ...]) -> None:
    """Run the test suite; everything after `test` goes to pytest.

    The end-to-end tests start an emulator of their own on a free port and stop it again.
    """
    if importlib.util.find_spec("pytest") is None:
        raise Refused(
            "no-pytest", "pytest is not installed in this environment. Start the tests as ./foreman test."
        )
    os.chdir(PROJECT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *pytest_args])  # noqa: S606 - no shell is wanted
