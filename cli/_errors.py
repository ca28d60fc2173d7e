"""The one place where a failure becomes an exit code and a line.

0  done and clean
1  done, but some rows were rejected, parked or in conflict
2  nothing done: bad usage, an unusable file, refused
3  Foreman or AWS failed
130  stopped by Ctrl-C
"""

import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Final

import click

from cli._text import emit, safe
from foreman_core.errors import Conflict, ForemanError, Refused, Unavailable

DONE: Final = 0
PARTLY: Final = 1
REFUSED: Final = 2
FAILED: Final = 3
INTERRUPTED: Final = 130


def guarded(action: Callable[[], object], argv: Sequence[str]) -> int:
    """Run `action` and give its exit code; a failure is told in one line, and as JSON when asked for."""
    try:
        result = action()
    except BrokenPipeError:
        _close_stdout()
        return DONE
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped", err=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the outermost edge: everything ends in a code and a line
        return _tell(error, argv)
    return result if isinstance(result, int) else DONE


def _tell(error: Exception, argv: Sequence[str]) -> int:
    exit_code, code, message = classify(error)
    if "--json" in argv:
        emit({"error": {"code": code, "message": message}})
    if "--debug" in argv:
        traceback.print_exception(error)
    click.echo(f"error ({code}): {safe(_one_line(message))}", err=True)
    return exit_code


def classify(error: Exception) -> tuple[int, str, str]:
    """The exit code, the stable code and the message of `error`."""
    match error:
        case Refused() | Conflict():
            return REFUSED, error.code, error.message
        case Unavailable() | ForemanError():
            return FAILED, error.code, error.message
        case click.UsageError():
            return REFUSED, "usage", _usage(error)
        case click.ClickException():
            return REFUSED, "usage", error.format_message()
        case OSError() if error.filename is not None:
            return REFUSED, "file", f"{error.filename}: {error.strerror}. Check the path and its permissions."
        case _:
            return FAILED, *_outside(error)


def _outside(error: Exception) -> tuple[str, str]:
    """Code and message of an error from elsewhere; packages are known by name: most are not even loaded."""
    home = type(error).__module__.partition(".")[0]
    if home in {"local", "bundling"}:
        return str(getattr(error, "code", home)), str(error)
    if home in {"botocore", "boto3", "s3transfer"}:
        return "aws", f"AWS did not do it: {error}. Check the stack (./foreman status) and the credentials."
    if home in {"requests", "urllib3", "gql"}:
        return "network", f"The API did not answer: {error}. Check the stack with ./foreman status."
    return (
        "internal",
        f"{type(error).__name__}: {error}. This is a fault in Foreman: run it again with --debug.",
    )


def _usage(error: click.UsageError) -> str:
    message = error.format_message()
    path = error.ctx.command_path.removeprefix("foreman").strip() if error.ctx else ""
    return f"{message} See: ./foreman {path + ' ' if path else ''}--help"


def _one_line(message: str) -> str:
    return " ".join(message.split())


def _close_stdout() -> None:
    """The reader of a pipe has gone: let the interpreter's last flush go nowhere."""
    sys.stdout = open("/dev/null", "w", encoding="utf-8")  # noqa: SIM115, PTH123
