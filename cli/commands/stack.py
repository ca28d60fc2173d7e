"""`up`, `down`, `status` and `outputs`: the stack itself."""

import time
from collections import Counter
from typing import Final

import attrs
import click

from cli._command import command, json_option, port_option, stack_option
from cli._screen import facts, say, show, steps, table
from cli._target import LOCAL, Target, find, of_local, pulumi_json
from cli._text import emit, note
from foreman_core.errors import Refused
from local import stack as local_stack


@command("up", examples=["./foreman up", "./foreman up --fresh", "./foreman up --port 4566"])
@click.option("--fresh", is_flag=True, help="Forget what earlier runs stored, and start empty.")
@port_option
@json_option
def up(*, fresh: bool, port: int | None, as_json: bool) -> int:
    """Start the local stack in the background: the whole program on an AWS emulator on 127.0.0.1.

    What is stored stays between `down` and `up`. Needs no AWS account.
    """
    began = time.monotonic()
    with steps() as progress:
        running = local_stack.up(fresh=fresh, port=port, progress=progress)
    taken = time.monotonic() - began
    if as_json:
        emit({**of_local(running).public(), "resources": len(running.resources), "seconds": round(taken, 1)})
        return 0
    say(
        f"The local stack is up after {taken:.1f} s: {len(running.resources)} resources at {running.endpoint}"
    )
    say("Next")
    say("  ./foreman drop sample.csv    put a file into the bucket and follow its job")
    say("  ./foreman status             every resource, and how it is realised here")
    say("  ./foreman down               stop; what is stored stays")
    return 0


@command("down", examples=["./foreman down"])
@json_option
def down(*, as_json: bool) -> int:
    """Stop the local stack. What it has stored stays for the next `up`."""
    with steps() as progress:
        stopped = local_stack.down(progress=progress)
    if as_json:
        emit({"stopped": stopped})
    else:
        say(
            "The local stack is down; what it stored stays."
            if stopped
            else "The local stack was not running."
        )
    return 0


@command("status", examples=["./foreman status", "./foreman status --json"])
@stack_option
@json_option
def status(*, stack: str, as_json: bool) -> int:
    """List every resource of the program and how it is realised. Exit code 2 when the stack is down."""
    target = find(stack)
    resources = _local_resources() if stack == LOCAL else _deployed_resources(stack)
    if as_json:
        emit({**target.public(), "resources": resources})
        return 0
    show(
        table(
            ("type", "name", "id", "realised", "note"), [[row[key] for key in _COLUMNS] for row in resources]
        )
    )
    tally = Counter(row["realised"] for row in resources)
    summary = ", ".join(f"{number} {realised}" for realised, number in sorted(tally.items()))
    say()
    say(f"Stack {target.name} in {target.region}: {len(resources)} resources ({summary})")
    say(f"GraphQL {target.output('graphql_url')}")
    say(f"Bucket  {target.bucket}")
    return 0


_COLUMNS: Final = ("type", "name", "id", "realised", "note")


def _local_resources() -> list[dict[str, str]]:
    running = local_stack.current()
    if running is None:
        raise Refused("stack-down", "The local stack has just stopped. Start it: ./foreman up")
    rows = [
        {key: str(value or "") for key, value in attrs.asdict(item).items()} for item in running.resources
    ]
    return sorted(map(_without_secrets, rows), key=lambda row: (row["type"], row["name"]))


def _without_secrets(row: dict[str, str]) -> dict[str, str]:
    """The id of an API key is the key itself: only the API's part of it may be shown."""
    if row["type"] != "aws:appsync/apiKey:ApiKey":
        return row
    return {**row, "id": row["id"].partition(":")[0] + ":…"}


def _deployed_resources(stack: str) -> list[dict[str, str]]:
    exported = pulumi_json("stack", "export", "--stack", stack)
    found: list[dict[str, str]] = []
    for resource in exported.get("deployment", {}).get("resources", []):
        if not resource.get("custom") or resource["type"].startswith("pulumi:"):
            continue
        name = str(resource["urn"]).rpartition("::")[2]
        found.append(
            {
                "type": resource["type"],
                "name": name,
                "id": str(resource.get("id", "")),
                "realised": "aws",
                "note": "",
            }
        )
    return sorted(map(_without_secrets, found), key=lambda row: (row["type"], row["name"]))


@command(
    "outputs",
    examples=[
        "./foreman outputs",
        "./foreman outputs graphql_url",
        "./foreman outputs --json",
        "./foreman outputs --stack prod",
    ],
)
@click.argument("name", required=False)
@stack_option
@json_option
def outputs(*, name: str | None, stack: str, as_json: bool) -> int:
    """Print the stack's outputs, the API key included; with NAME only that value, for scripts.

    The local stack adds the endpoint and the test credentials that any S3 client needs to reach it.
    """
    target = find(stack)
    found = everything(target)
    if name is not None:
        if name not in found:
            raise Refused("no-output", f"Stack {stack} has no output {name}. It has: {', '.join(found)}.")
        if as_json:
            emit({name: found[name]})
        else:
            click.echo(found[name])
        return 0
    if as_json:
        emit(found)
    else:
        show(facts(found))
        note("api_key is a secret: it reads, imports and edits records.")
    return 0


def everything(target: Target) -> dict[str, str]:
    """All outputs, and for the local stack how a client of AWS reaches it."""
    found = dict(target.outputs)
    if target.endpoint is not None:
        found["endpoint_url"] = target.endpoint
        for key in ("aws_access_key_id", "aws_secret_access_key"):
            found[key] = str(target.session.get(key, ""))
    return found
