"""`subscriptions`: who is told of the ends of jobs, by mail or webhook."""

from typing import Any, Final

import click

from cli._command import Lazy, LazyGroup, command, json_option, stack_option
from cli._errors import DONE
from cli._screen import facts, say, show, table
from cli._target import find
from cli._text import emit, note

OUTCOMES: Final = ("success", "partial", "failure")
DIGESTS: Final = ("off", "hourly", "daily")

_EXAMPLES: Final = [
    "./foreman subscriptions list",
    "./foreman subscriptions add --mail ops@example.org --on failure",
]

subscriptions = LazyGroup(
    "subscriptions",
    lazy={
        "Subscriptions": {
            "list": Lazy("cli.commands.subscriptions:list_all", "Show who is told of what."),
            "add": Lazy("cli.commands.subscriptions:add", "Have somebody told, by mail or webhook."),
            "remove": Lazy("cli.commands.subscriptions:remove", "Tell somebody no more."),
            "test": Lazy("cli.commands.subscriptions:try_out", "Send a test."),
        }
    },
    help="List, add, try and end who is told of the ends of jobs, by mail or webhook.",
    epilog="\n\n".join(["Examples:", *_EXAMPLES]),
)

id_argument = click.argument("subscription_id", metavar="ID")


@command("list", examples=["./foreman subscriptions list", "./foreman subscriptions list --json"])
@stack_option
@json_option
def list_all(*, stack: str, as_json: bool) -> int:
    """Show who is told of which jobs, and whether the last delivery got through. Secrets are never shown."""
    with find(stack).api() as api:
        found = api.subscriptions()
    if as_json:
        emit({"subscriptions": found})
    elif not found:
        say("No subscriptions yet. Add one: ./foreman subscriptions add --webhook https://example.org/hook")
    else:
        heads = ("id", "customer", "on", "to", "digest", "last delivery")
        show(table(heads, [_row(each) for each in found]))
    return DONE


@command(
    "add",
    examples=[
        "./foreman subscriptions add --mail ops@example.org --on failure --on partial",
        "./foreman subscriptions add --webhook https://example.org/foreman --customer acme",
        "./foreman subscriptions add --mail lead@example.org --digest daily",
    ],
)
@click.option("--mail", metavar="ADDRESS", help="Tell this mail address.")
@click.option("--webhook", metavar="URL", help="Post to this https URL, signed.")
@click.option(
    "--customer",
    metavar="NAME",
    help="Only files of this customer: the folder under incoming/, or `default`. Default: all.",
)
@click.option(
    "--on", type=click.Choice(OUTCOMES), multiple=True, help="Only such ends. Repeatable. Default: all."
)
@click.option(
    "--digest",
    type=click.Choice(DIGESTS),
    default="off",
    show_default=True,
    help="Tell of many jobs at once instead of each.",
)
@stack_option
@json_option
def add(
    *,
    mail: str | None,
    webhook: str | None,
    customer: str | None,
    on: tuple[str, ...],
    digest: str,
    stack: str,
    as_json: bool,
) -> int:
    """Have somebody told of the ends of jobs. Give --mail or --webhook.

    The secret of a webhook is shown this one time: its receiver checks signatures with it.
    """
    if (mail is None) == (webhook is None):
        raise click.UsageError("Give either --mail or --webhook.", click.get_current_context())
    given = {
        "channel": "mail" if webhook is None else "webhook",
        "address": webhook or mail,
        "customer": customer,
        "on": list(on) or None,
        "digest": digest,
    }
    with find(stack).api() as api:
        added = api.add_subscription(given)
    if as_json:
        emit(added)
        return DONE
    show(facts(_facts(added)))
    if added["secret"] is not None:
        note("The secret is not shown again. Give it to whoever checks the signatures.")
    say(f"Try it: ./foreman subscriptions test {added['id']}")
    return DONE


@command("remove", examples=["./foreman subscriptions remove ID"])
@id_argument
@stack_option
@json_option
def remove(*, subscription_id: str, stack: str, as_json: bool) -> int:
    """Tell somebody no more. What waited for its digest is dropped."""
    with find(stack).api() as api:
        removed = api.remove_subscription(subscription_id)
    if as_json:
        emit(removed)
    else:
        say(f"{removed['address']} is told no more.")
    return DONE


@command("test", examples=["./foreman subscriptions test ID"])
@id_argument
@stack_option
@json_option
def try_out(*, subscription_id: str, stack: str, as_json: bool) -> int:
    """Send a test to a subscription. Whether it got through, `list` says a moment later."""
    with find(stack).api() as api:
        tried = api.test_subscription(subscription_id)
    if as_json:
        emit(tried)
    else:
        say(f"A test is on its way to {tried['address']}. See how it went: ./foreman subscriptions list")
    return DONE


def _row(found: dict[str, Any]) -> tuple[str, ...]:
    return (
        found["id"],
        found["customer"] or "all",
        ", ".join(found["on"]),
        found["address"],
        found["digest"],
        _last(found),
    )


def _last(found: dict[str, Any]) -> str:
    failure, delivered = found["failure"], found["delivered_at"]
    if failure is not None:
        return f"failed {_time(failure['at'])} (attempt {failure['attempt']}): {failure['what']}"
    return _time(delivered) if delivered else "none yet"


def _time(at: str) -> str:
    return at[:19].replace("T", " ")


def _facts(added: dict[str, Any]) -> dict[str, str]:
    found = {
        "id": added["id"],
        "to": added["address"],
        "customer": added["customer"] or "all",
        "on": ", ".join(added["on"]),
        "digest": added["digest"],
    }
    return found if added["secret"] is None else {**found, "secret": added["secret"]}
