from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pulumi
import pytest
import yaml

from components._ledger import JOB_DAYS
from components.config import LOG_DAYS, Config, ConfigError, NoticeSettings, Retention, load_config
from foreman_core.ledger_table import KEEP
from tests import _pulumi

ROOT = Path(__file__).parents[2]


def loaded(given: Mapping[str, object] | None = None, *, stack: str = "dev") -> Config:
    """What the program makes of these settings, handed over as Pulumi's CLI does: as text."""
    found: list[Config] = []
    texts = _pulumi.as_texts({f"foreman:{name}": value for name, value in (given or {}).items()})
    _pulumi.run(lambda: found.append(load_config()), stack=stack, config=texts)
    return found[0]


def faults(given: Mapping[str, object]) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        loaded(given)
    return str(refused.value).splitlines()


def test_a_stack_that_sets_only_its_region_gets_the_careful_defaults() -> None:
    config = loaded()
    assert config.region == _pulumi.REGION
    assert config.stack == "dev"
    assert config.protect
    assert not config.introspection
    assert config.endpoint is None
    assert config.tags == {}
    assert config.retention == Retention()


def test_a_stack_without_a_region_is_told_which_key_is_missing() -> None:
    with pytest.raises(pulumi.ConfigMissingError, match="aws:region"):
        _pulumi.run(load_config, region=None)


@pytest.mark.parametrize(
    ("key", "value", "attribute", "expected"),
    [
        ("protect", False, "protect", False),
        ("logRetentionDays", 14, "log_retention_days", 14),
        ("mutateConcurrency", 5, "mutate_concurrency", 5),
        ("pythonVersion", "3.13", "python_version", "3.13"),
        ("architecture", "x86_64", "architecture", "x86_64"),
        ("recordType", "007", "record_type", "007"),
        ("notifyEmail", "ops@example.org", "notify_email", "ops@example.org"),
        ("mailFrom", "foreman@example.org", "mail_from", "foreman@example.org"),
        ("tags", {"team": "data", "cost": "00123"}, "tags", {"team": "data", "cost": "00123"}),
    ],
)
def test_a_setting_arrives_as_a_value_of_its_type(
    key: str, value: object, attribute: str, expected: object
) -> None:
    assert getattr(loaded({key: value}), attribute) == expected


def test_nested_settings_keep_the_defaults_of_what_they_do_not_name() -> None:
    assert loaded({"retention": {"jobsDays": 7}}).retention == Retention(jobs_days=7)
    networks = {"networks": ["10.0.0.0/8"], "digestHour": 0}
    assert loaded({"notices": networks}).notices == NoticeSettings(networks=("10.0.0.0/8",), digest_hour=0)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"apiKeyDay": 30}, "foreman:apiKeyDay: there is no such key; apiKeyDays?"),
        ({"api_key_days": 30}, "foreman:api_key_days: there is no such key; apiKeyDays?"),
        ({"xyzzy": 1}, "foreman:xyzzy: there is no such key"),
        ({"stack": "prod"}, "foreman:stack: there is no such key"),
        ({"region": "us-east-1"}, "foreman:region: there is no such key"),
        (
            {"retention": {"jobDays": 7}},
            "foreman:retention.jobDays: there is no such key; jobsDays?",
        ),
        ({"retention": {"jobsDays": "soon"}}, "foreman:retention.jobsDays: 'soon' is no whole number"),
        ({"retention": 90}, "foreman:retention: '90' is no object of keys and values"),
        ({"tags": {"cost": 123}}, "foreman:tags.cost: 123 is no text; put it in quotes"),
        ({"tags": "prod"}, "foreman:tags: 'prod' is no object of keys and values"),
        ({"protect": "yes"}, "foreman:protect: 'yes' is neither true nor false"),
        ({"protect": 1}, "foreman:protect: '1' is neither true nor false"),
        ({"chunkRows": True}, "foreman:chunkRows: 'true' is no whole number"),
        ({"chunkRows": 1.5}, "foreman:chunkRows: '1.5' is no whole number"),
        ({"architecture": "arm"}, "foreman:architecture: 'arm' is none of arm64, x86_64"),
        ({"pythonVersion": "3.8"}, "foreman:pythonVersion: '3.8' is none of 3.11, 3.12, 3.13, 3.14"),
        ({"logLevel": "TRACE"}, "foreman:logLevel: 'TRACE' is none of DEBUG, INFO, WARNING, ERROR"),
        ({"apiKeyDays": 0}, "foreman:apiKeyDays: 0 is not between 1 and 90"),
        ({"apiKeyDays": 91}, "foreman:apiKeyDays: 91 is not between 1 and 90"),
        ({"chunkRows": 0}, "foreman:chunkRows: 0 is not between 1 and 500"),
        ({"chunkRows": 501}, "foreman:chunkRows: 501 is not between 1 and 500"),
        ({"mapConcurrency": 0}, "foreman:mapConcurrency: 0 is not between 1 and 1000"),
        ({"validateMemoryMb": 511}, "foreman:validateMemoryMb: 511 is not between 512 and 10240"),
        ({"validateStorageMb": 10241}, "foreman:validateStorageMb: 10241 is not between 512 and 10240"),
        ({"mutateConcurrency": 0}, "foreman:mutateConcurrency: 0 is not between 1 and 1000"),
        (
            {"retention": {"incomingDays": 0}},
            "foreman:retention.incomingDays: 0 is not between 1 and 3653",
        ),
        (
            {"retention": {"incomingDays": 371}},
            "foreman:retention.incomingDays: 371 is more than 370: the ledger forgets a job after 400 ",
        ),
        ({"endpoint": "127.0.0.1:4566"}, "foreman:endpoint: '127.0.0.1:4566' is no address; "),
        ({"notifyEmail": "ops"}, "foreman:notifyEmail: 'ops' is no mail address"),
        ({"mailFrom": "@example.org"}, "foreman:mailFrom: '@example.org' is no mail address"),
        (
            {"webUrl": "http://app.example.org"},
            "foreman:webUrl: 'http://app.example.org' is no address that ",
        ),
        ({"notices": {"attempts": 2}}, "foreman:notices.attempts: 2 is not between 3 and 10"),
        ({"notices": {"retrySeconds": 0}}, "foreman:notices.retrySeconds: 0 is not between 1 and 3600"),
        ({"notices": {"keepDays": 14}}, "foreman:notices.keepDays: 14 is not between 15 and 3653"),
        ({"notices": {"digestHour": 24}}, "foreman:notices.digestHour: 24 is not between 0 and 23"),
        ({"notices": {"networks": ["10.0.0.1/8"]}}, "foreman:notices.networks: '10.0.0.1/8' is no network"),
        ({"logRetentionDays": 100}, "foreman:logRetentionDays: 100 is none of 1, 3, 5, 7, 14, 30, "),
    ],
)
def test_what_cannot_be_is_refused_with_the_place_and_the_reason(
    given: Mapping[str, object], fault: str
) -> None:
    (said,) = faults(given)
    assert said.startswith(fault)


def test_dropped_files_are_gone_before_the_ledger_forgets_their_jobs() -> None:
    """Otherwise the finder of lost files would load them again."""
    assert timedelta(days=JOB_DAYS) == KEEP
    assert loaded({"retention": {"incomingDays": 370}}).retention.incoming_days < JOB_DAYS


@pytest.mark.parametrize("days", [1, 90])
def test_both_ends_of_a_range_belong_to_it(days: int) -> None:
    assert loaded({"apiKeyDays": days}).api_key_days == days


def test_every_fault_is_told_at_once() -> None:
    assert len(faults({"protect": "no", "xyzzy": 1, "retention": {"a": 1, "jobsDays": "x"}})) == 4
    assert len(faults({"apiKeyDays": 0, "chunkRows": 0})) == 2


@pytest.mark.parametrize("stack", ["a.b", "x" * 41])
def test_a_stack_whose_name_no_function_could_have_is_refused(stack: str) -> None:
    with pytest.raises(ConfigError, match="the stack's name"):
        loaded(stack=stack)


def test_other_namespaces_are_none_of_its_business() -> None:
    assert _pulumi.run(load_config, config={"other:thing": "1"}).resources == ()


def test_log_retention_offers_what_cloudwatch_takes() -> None:
    # the valid values as PutRetentionPolicy lists them, up to ten years
    listed = "1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653"
    assert tuple(map(int, listed.split())) == LOG_DAYS


def described() -> dict[str, dict[str, Any]]:
    """The `config:` block of Pulumi.yaml."""
    return dict(yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"])


def camel(name: str) -> str:
    return "".join(part.capitalize() if number else part for number, part in enumerate(name.split("_")))


OPTIONAL = {camel(attribute.name) for attribute in attrs.fields(Config) if attribute.default is None}
NESTED = {"notices", "retention", "tags"}


def test_pulumi_yaml_describes_exactly_the_keys_that_exist() -> None:
    set_elsewhere = {"stack", "region"}
    names = {camel(attribute.name) for attribute in attrs.fields(Config)}
    assert set(described()) == names - NESTED - OPTIONAL - set_elsewhere
    assert all(entry["description"] for entry in described().values())


def test_every_described_key_has_a_default_for_pulumi_demands_a_value_for_one_without() -> None:
    assert all("default" in entry for entry in described().values())


def test_the_defaults_that_pulumi_yaml_states_are_the_real_ones() -> None:
    assert loaded({key: entry["default"] for key, entry in described().items()}) == loaded()


def test_pulumi_yaml_explains_what_it_cannot_describe() -> None:
    lines = (ROOT / "Pulumi.yaml").read_text(encoding="utf-8").splitlines()
    explained = {line.split()[1] for line in lines if line.startswith("#   foreman:")}
    assert explained == {f"foreman:{name}" for name in OPTIONAL | NESTED}
    (retention,) = [line for line in lines if "foreman:retention " in line]
    for attribute in attrs.fields(Retention):
        assert camel(attribute.name) in retention
