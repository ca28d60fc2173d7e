"""What a stack can be told of its containers: the settings, their faults, and the guide to them."""

import re
from typing import Any

import attrs
import pytest
import yaml

from components._container_settings import (
    ContainerSettings,
    NetworkSettings,
    WebSettings,
    WorkerSettings,
)
from tests.components import _given
from tests.components.test_config import ROOT, camel, faults, loaded

CERTIFICATE = "arn:aws:acm:eu-central-1:111122223333:certificate/c"
WEB = {
    "certificateArn": CERTIFICATE,
    "userPoolClientId": "client",
    "allow": ["pl-0a1b"],
    "host": "foreman.example.org",
}
POOL = {"userPoolId": "eu-central-1_pool"}
VPC = {"vpcId": "vpc-1", "publicSubnetIds": ["a", "b"], "privateSubnetIds": ["c", "d"]}


def test_there_are_no_containers_unless_they_are_asked_for() -> None:
    assert loaded().containers is None


def test_what_is_not_set_has_its_default() -> None:
    assert loaded({"containers": {"worker": {}}}).containers == ContainerSettings(worker=WorkerSettings())


def test_what_is_set_arrives() -> None:
    given = {"image": _given.IMAGE, "web": {**WEB, "most": 20}, "network": VPC}
    assert loaded({**POOL, "containers": given}).containers == ContainerSettings(
        image=_given.IMAGE,
        web=WebSettings(
            certificate_arn=CERTIFICATE,
            user_pool_client_id="client",
            allow=("pl-0a1b",),
            host="foreman.example.org",
            most=20,
        ),
        network=NetworkSettings(vpc_id="vpc-1", public_subnet_ids=("a", "b"), private_subnet_ids=("c", "d")),
    )


@pytest.mark.parametrize(
    ("given", "key", "what"),
    [
        ({}, "web", "neither this nor worker is set"),
        ({"worker": {}, "image": "foreman:latest"}, "image", "names no content"),
        ({"worker": {"cpu": 3}}, "worker.cpu", "3 is none of 256, 512"),
        ({"worker": {"cpu": 256}}, "worker.memoryMb", "these do: 512, 1024, 2048"),
        ({"worker": {"storageGb": 20}}, "worker.storageGb", "not between 21 and 200"),
        ({"worker": {"least": 5}}, "worker.most", "4 is not between 5 and 100"),
        ({"worker": {"leest": 5}}, "worker.leest", "there is no such key; least?"),
        ({"worker": {}, "network": {"natGateways": 0}}, "network.natGateways", "no way to the GraphQL API"),
        (
            {"web": WEB, "network": {"natGateways": 0}},
            "network.natGateways",
            "nor to the keys of the user pool",
        ),
        ({"worker": {}, "network": {"natGateways": 3}}, "network.natGateways", "not between 1 and 2"),
        ({"worker": {}, "network": {"cidr": "10.0.0.0/8"}}, "network.cidr", "no range"),
        ({"worker": {}, "network": {"zones": ["a", "a"]}}, "network.zones", "not 2 different"),
        ({"worker": {}, "network": {"privateSubnetIds": ["a"]}}, "network.privateSubnetIds", "set vpcId"),
        ({"worker": {}, "network": {**VPC, "privateSubnetIds": []}}, "network.privateSubnetIds", "too few"),
        ({"web": {**WEB, "allow": []}}, "web.allow", "nobody could reach"),
        ({"web": {**WEB, "allow": ["everybody"]}}, "web.allow", "neither an address range"),
        ({"web": {**WEB, "allow": "0.0.0.0/0"}}, "web.allow", "is no list"),
        ({"web": {**WEB, "certificateArn": "c"}}, "web.certificateArn", "no ARN of a certificate"),
        ({"web": {"allow": [], "userPoolClientId": "c"}}, "web.certificateArn", "is missing"),
        ({"web": {**WEB, "host": None}}, "web.host", "set the one that certificateArn is for"),
        ({"web": {**WEB, "host": "https://foreman.example.org"}}, "web.host", "no name of a host"),
        ({"web": {**WEB, "host": "*.example.org"}}, "web.host", "no name of a host"),
        ({"web": {**WEB, "host": "192.0.2.1"}}, "web.host", "no name of a host"),
        ({"web": {**WEB, "host": "a." * 127 + "org"}}, "web.host", "no name of a host"),
    ],
)
def test_a_fault_is_told_with_its_key(given: dict[str, Any], key: str, what: str) -> None:
    (fault,) = faults({**POOL, "containers": given})
    assert fault.startswith(f"foreman:containers.{key}: ")
    assert what in fault


def test_a_web_service_without_users_is_refused() -> None:
    (fault,) = faults({"containers": {"web": WEB}})
    assert "set foreman:userPoolId" in fault


def test_an_emulator_has_no_name_of_its_own() -> None:
    given = {"endpoint": "http://127.0.0.1:4566", "containers": {"web": {**WEB, "host": None}}}
    assert loaded({**POOL, **given}).containers


def test_the_guide_explains_exactly_these_settings() -> None:
    guide = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^## Settings\n(.*?)^## ", guide, flags=re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| (`[^|]*) \|", table, flags=re.MULTILINE)
    explained = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    parts = {"web": WebSettings, "worker": WorkerSettings, "network": NetworkSettings}
    nested = {f"{part}.{camel(each.name)}" for part, cls in parts.items() for each in attrs.fields(cls)}
    assert sorted(explained) == sorted({"image"} | nested)


def test_the_example_of_the_guide_is_one_that_is_taken() -> None:
    guide = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", guide, flags=re.DOTALL)
    config = yaml.safe_load(example)["config"]
    given = {
        name.removeprefix("foreman:"): value for name, value in config.items() if name.startswith("foreman:")
    }
    assert loaded(given).containers is not None
