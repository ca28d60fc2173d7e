"""`up`, `down`, `status` and `outputs`; and how a stack is found."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from cli._target import find
from foreman_core.errors import Refused, Unavailable
from local import stack as local_stack
from local.stack import LocalStack
from tests.cli.conftest import API_KEY, Foreman, Stack


def test_up_tells_its_steps_and_where_the_stack_is(
    foreman: Foreman, server: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def up(*, fresh: bool, port: int | None, progress: Callable[[str], None]) -> LocalStack:
        progress(f"starting {fresh} {port}")
        return server.running()

    monkeypatch.setattr(local_stack, "up", up)
    done = foreman("up", "--fresh", "--port", "4566")
    assert (done.code, done.err) == (0, "starting True 4566\n")
    assert f"2 resources at {server.endpoint}" in done.out
    document = foreman("up", "--json").document
    assert (document["stack"], document["resources"]) == ("local", 2)


@pytest.mark.parametrize(("ran", "said"), [(True, "is down"), (False, "was not running")])
def test_down_says_whether_there_was_something_to_stop(
    foreman: Foreman,
    monkeypatch: pytest.MonkeyPatch,
    *,
    ran: bool,
    said: str,
) -> None:
    def down(**_: object) -> bool:
        return ran

    monkeypatch.setattr(local_stack, "down", down)
    assert said in foreman("down").out
    assert foreman("down", "--json").document == {"stopped": ran}


@pytest.mark.usefixtures("stack")
def test_status_lists_every_resource_and_how_it_is_realised(foreman: Foreman) -> None:
    done = foreman("status")
    assert done.code == 0
    assert "aws:cloudwatch/dashboard:Dashboard" in done.out
    assert "2 resources (1 emulated, 1 metadata)" in done.out
    assert [row["realised"] for row in foreman("status", "--json").document["resources"]] == [
        "metadata",
        "emulated",
    ]


@pytest.mark.usefixtures("no_stack")
def test_without_a_stack_status_says_how_to_start_it(foreman: Foreman) -> None:
    done = foreman("status")
    assert (done.code, done.err) == (
        2,
        "error (stack-down): The local stack is not running. Start it: ./foreman up\n",
    )


@pytest.mark.parametrize("command", ["status", "up"])
def test_the_api_key_is_shown_by_outputs_only(
    foreman: Foreman, stack: Stack, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def up(**_: object) -> LocalStack:
        return stack.running()

    monkeypatch.setattr(local_stack, "up", up)
    for done in (foreman(command), foreman(command, "--json")):
        assert API_KEY not in done.out + done.err
    assert API_KEY in foreman("outputs").out


def test_one_output_is_printed_bare_for_scripts(foreman: Foreman, stack: Stack) -> None:
    assert foreman("outputs", "api_key").out == f"{API_KEY}\n"
    assert foreman("outputs", "endpoint_url").out == f"{stack.endpoint}\n"
    assert foreman("outputs", "region", "--json").document == {"region": "eu-central-1"}


@pytest.mark.usefixtures("stack")
def test_the_local_outputs_hold_what_an_s3_client_needs(foreman: Foreman) -> None:
    document = foreman("outputs", "--json").document
    assert {"endpoint_url", "aws_access_key_id", "aws_secret_access_key", "region", "intake_bucket"} <= set(
        document
    )


@pytest.mark.usefixtures("stack")
def test_an_output_that_is_not_there_names_those_that_are(foreman: Foreman) -> None:
    done = foreman("outputs", "web_url")
    assert done.code == 2
    assert "graphql_url" in done.err


def test_the_local_stack_is_found_through_what_runs(stack: Stack) -> None:
    target = find("local")
    assert (target.bucket, target.endpoint, target.region) == ("intake", stack.endpoint, "eu-central-1")
    assert target.session["endpoint_url"] == stack.endpoint


def test_another_stack_needs_the_pulumi_cli(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", dict[str, str]().get)
    with pytest.raises(Refused, match="Pulumi CLI"):
        find("prod")


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A Pulumi CLI that runs the given shell script."""

    def install(script: str) -> None:
        program = tmp_path / "pulumi"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o700)
        monkeypatch.setattr(shutil, "which", {"pulumi": str(program)}.get)

    return install


def test_another_stack_is_found_through_its_outputs(pulumi: Callable[[str], None]) -> None:
    pulumi("""echo '{"region": "eu-west-1", "graphql_url": "https://x", "api_key": "k", "numbers": [1]}'""")
    target = find("prod")
    assert (target.name, target.region, target.endpoint) == ("prod", "eu-west-1", None)
    assert target.session == {"region_name": "eu-west-1"}
    assert target.outputs["numbers"] == "[1]"


def test_a_stack_without_outputs_is_not_deployed(pulumi: Callable[[str], None]) -> None:
    pulumi("echo '{}'")
    with pytest.raises(Refused, match="pulumi up --stack prod"):
        find("prod")


def test_what_pulumi_complains_of_is_told_in_one_line(pulumi: Callable[[str], None]) -> None:
    pulumi("echo 'warning: x' >&2; echo 'error: no stack named prod found' >&2; exit 255")
    with pytest.raises(Refused, match="no stack named prod found"):
        find("prod")


def test_pulumi_is_not_waited_for_for_ever(
    pulumi: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi("exec sleep 60")
    monkeypatch.setattr("cli._target.PULUMI_SECONDS", 0.1)
    with pytest.raises(Unavailable, match="did not end"):
        find("prod")


def test_status_of_a_deployed_stack_lists_its_resources(
    foreman: Foreman, pulumi: Callable[[str], None]
) -> None:
    resources = [
        {
            "custom": True,
            "type": "pulumi:providers:aws",
            "urn": "urn:pulumi:prod::foreman::p::aws",
            "id": "1",
        },
        {
            "custom": True,
            "type": "aws:s3/bucket:Bucket",
            "urn": "urn:pulumi:prod::foreman::b::intake",
            "id": "b-1",
        },
        {"type": "foreman:index:Intake", "urn": "urn:pulumi:prod::foreman::i::intake"},
    ]
    outputs = {"region": "eu-west-1", "graphql_url": "https://x", "api_key": "k", "intake_bucket": "b-1"}
    exported = {"deployment": {"resources": resources}}
    pulumi(f"""case "$2" in output) echo '{json.dumps(outputs)}';; *) echo '{json.dumps(exported)}';; esac""")
    document = foreman("status", "--stack", "prod", "--json").document
    assert document["resources"] == [
        {"type": "aws:s3/bucket:Bucket", "name": "intake", "id": "b-1", "realised": "aws", "note": ""}
    ]


def test_status_never_shows_the_api_key(
    foreman: Foreman, server: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = local_stack.ResourceStatus(
        "aws:appsync/apiKey:ApiKey", "core-api-key", "api1:da2-secret", "emulated"
    )
    running = attrs.evolve(server.running(), resources=(key,))
    monkeypatch.setattr(local_stack, "current", lambda: running)
    for arguments in (["status"], ["status", "--json"]):
        done = foreman(*arguments)
        assert "api1:…" in done.out
        assert "da2-secret" not in done.out
