"""`dlq`: messages that were not got on with, and their way back."""

from collections.abc import Sequence
from typing import Final

import click

from cli import _dead_letters as dead
from cli._command import Lazy, LazyGroup, command, json_option, stack_option
from cli._errors import DONE
from cli._screen import say, show, table
from cli._target import find
from cli._text import emit, note, plural
from foreman_core.errors import Refused

_EXAMPLES: Final = ["./foreman dlq list", "./foreman dlq redrive --all"]

dlq = LazyGroup(
    "dlq",
    lazy={
        "Dead letters": {
            "list": Lazy("cli.commands.dlq:list_all", "Show the messages that were not got on with."),
            "redrive": Lazy("cli.commands.dlq:redrive", "Put them back into the queue they came from."),
        }
    },
    help="See the messages that a function has failed with as often as it may, and put them back.",
    epilog="\n\n".join(["Examples:", *_EXAMPLES]),
)

HEADS: Final = ("queue", "id", "sent", "tries", "about")


@command("list", examples=["./foreman dlq list", "./foreman dlq list intake --json"])
@click.argument("queue", required=False, metavar="[QUEUE]")
@stack_option
@json_option
def list_all(*, queue: str | None, stack: str, as_json: bool) -> int:
    """Show the dead letters of all queues, or of one: when they were sent, how often they were tried, and
    which files, jobs or subscriptions they are about. What is in them is not shown.

    Letters are kept for 14 days. Mend what was broken first (`./foreman logs`), then `./foreman dlq redrive`.
    """
    target = find(stack)
    sqs = target.client("sqs")
    found: list[dead.Letter] = []
    for each in dead.chosen(dead.queues(target), queue):
        letters = list(dead.letters(sqs, each))
        for letter in letters:
            dead.show_again(sqs, each, letter)
        found += letters
    if as_json:
        emit({"letters": [letter.document() for letter in found]})
    elif not found:
        say("No dead letters.")
    else:
        show(table(HEADS, [_row(letter) for letter in found], numbers=("tries",)))
        note("Mend what was broken, then: ./foreman dlq redrive --all")
    return DONE


@command(
    "redrive",
    examples=[
        "./foreman dlq redrive --all",
        "./foreman dlq redrive intake --dry-run",
        "./foreman dlq redrive intake --id MESSAGE_ID",
    ],
)
@click.argument("queue", required=False, metavar="[QUEUE]")
@click.option("--all", "of_all", is_flag=True, help="The letters of all queues.")
@click.option("--id", "ids", metavar="ID", multiple=True, help="Only this letter. Repeatable.")
@click.option("--dry-run", is_flag=True, help="Show what would be put back, and put nothing back.")
@stack_option
@json_option
def redrive(
    *, queue: str | None, of_all: bool, ids: Sequence[str], dry_run: bool, stack: str, as_json: bool
) -> int:
    """Put dead letters back into the queue that they came from, for its function to try again.

    A letter is deleted only once it is in the queue: should that break in between, it is there twice, and
    what was done already is not done again.
    """
    if (queue is None) is not of_all:
        raise click.UsageError("Name a queue, or say --all. See which there are: ./foreman dlq list")
    target = find(stack)
    sqs = target.client("sqs")
    moved: list[dead.Letter] = []
    for each in dead.chosen(dead.queues(target), queue):
        for letter in list(dead.letters(sqs, each)):
            if dry_run or (ids and letter.id not in ids):
                dead.show_again(sqs, each, letter)
            else:
                dead.send_back(sqs, each, letter)
            if not ids or letter.id in ids:
                moved.append(letter)
    missing = sorted(set(ids) - {letter.id for letter in moved})
    if missing:
        raise Refused("not-found", f"There is no dead letter {', '.join(missing)}.")
    if as_json:
        emit({"dry_run": dry_run, "redriven": [letter.document() for letter in moved]})
    elif not moved:
        say("No dead letters.")
    else:
        show(table(HEADS, [_row(letter) for letter in moved], numbers=("tries",)))
        verb = "would be" if dry_run else "is" if len(moved) == 1 else "are"
        say(f"{plural(len(moved), 'letter')} {verb} back in the queue.")
    return DONE


def _row(letter: dead.Letter) -> Sequence[str]:
    return letter.queue, letter.id, letter.sent_at or "", str(letter.received), letter.about
