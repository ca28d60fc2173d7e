"""Programs of a few lines, applied with realisations that create nothing."""

from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest

from local import provisioner
from local.aws import Aws
from local.errors import LocalError
from local.provisioner import Provisioned, apply_program, whole_numbers
from local.resources import Created, Inputs

QUEUE = "aws:sqs/queue:Queue"
Apply = Callable[[str], Provisioned]


def queue(aws: Aws, name: str, given: Inputs) -> Created:
    if given.get("delaySeconds") == 1:
        raise ValueError("no delay here")
    if given.get("delaySeconds") == 2:
        raise LocalError("taken", "it is there already")
    return Created(name, {"arn": f"arn:{name}", "url": f"{aws.endpoint}/{name}"}, "metadata", "a note")


@pytest.fixture
def apply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Apply:
    """Apply a program that is given as text."""
    monkeypatch.setattr(provisioner, "REGISTRY", {QUEUE: queue})
    (tmp_path / "Pulumi.local.yaml").write_text(
        "config:\n  aws:region: eu-central-1\n  foreman:tags: {a: b}\n  foreman:chunkRows: 7\n"
    )

    def run(program: str) -> Provisioned:
        (tmp_path / "__main__.py").write_text(f"import pulumi\nimport pulumi_aws as aws\n{program}\n")
        aws = Aws("http://127.0.0.1:1", "eu-central-1", tmp_path)
        return apply_program(tmp_path, aws, {"foreman:chunkRows": "8"}, lambda _: None)

    return run


def test_outputs_of_one_resource_are_inputs_of_another(apply: Apply) -> None:
    made = apply(
        "first = aws.sqs.Queue('first')\n"
        "second = aws.sqs.Queue('second', redrive_policy=first.arn)\n"
        "pulumi.export('policy', second.redrive_policy)\n"
        "pulumi.export('url', second.url)"
    )
    assert made.outputs == {"policy": "arn:first", "url": "http://127.0.0.1:1/second"}
    assert [(status.name, status.realised) for status in made.resources] == [
        ("first", "metadata"),
        ("second", "metadata"),
    ]


def test_inputs_without_effect_are_noted(apply: Apply) -> None:
    (status,) = apply("aws.sqs.Queue('q', max_message_size=1024, tags={'a': 'b'})").resources
    assert status.note == "a note; without effect: maxMessageSize"


def test_the_stacks_file_is_the_configuration_and_overrides_lie_over_it(apply: Apply) -> None:
    made = apply(
        "config = pulumi.Config('foreman')\n"
        "pulumi.export('rows', config.require_int('chunkRows'))\n"
        "pulumi.export('tag', config.require_object('tags')['a'])\n"
        "pulumi.export('stack', pulumi.get_stack())"
    )
    assert made.outputs == {"rows": "8", "tag": "b", "stack": "local"}


def test_a_component_groups_and_creates_nothing(apply: Apply) -> None:
    made = apply(
        "class Part(pulumi.ComponentResource):\n"
        "    def __init__(self):\n"
        "        super().__init__('foreman:index:Part', 'part')\n"
        "        aws.sqs.Queue('inner', opts=pulumi.ResourceOptions(parent=self))\n"
        "Part()"
    )
    assert [status.name for status in made.resources] == ["inner"]


@pytest.mark.parametrize(
    ("program", "code", "message"),
    [
        ("aws.sns.Topic('t')", "unknown-resource", r"aws:sns/topic:Topic \(t\) has no realisation"),
        ("aws.sqs.Queue('q', delay_seconds=1)", "create-failed", "q could not be created: no delay here"),
        ("aws.sqs.Queue('q', delay_seconds=2)", "taken", "q could not be created: it is there already"),
        ("raise KeyError('missing')", "program", "The program failed: 'missing'"),
        ("aws.get_region()", "program", "getRegion is no data source"),
    ],
)
def test_what_goes_wrong_is_told_by_name(apply: Apply, program: str, code: str, message: str) -> None:
    with pytest.raises(LocalError, match=message) as caught:
        apply(program)
    assert caught.value.code == code


def test_a_program_that_failed_does_not_disturb_the_next(apply: Apply) -> None:
    with pytest.raises(LocalError):
        apply("aws.sns.Topic('t')")
    assert [status.name for status in apply("aws.sqs.Queue('q')").resources] == ["q"]


def test_a_program_that_hangs_is_given_up(apply: Apply, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provisioner, "PROGRAM_SECONDS", 0.2)
    with pytest.raises(LocalError, match=r"did not end within 0\.2 s"):
        apply("import asyncio\npulumi.export('x', pulumi.Output.from_input(asyncio.sleep(30)))")


def test_whole_numbers_come_back_as_they_were_written() -> None:
    archive = pulumi.FileArchive("code.zip")
    given = {"a": 1.0, "b": [2.0, 2.5], "c": {"d": True}, "e": archive}
    made = whole_numbers(given)
    assert made == {"a": 1, "b": [2, 2.5], "c": {"d": True}, "e": archive}
    assert isinstance(made["a"], int)
