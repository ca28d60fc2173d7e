"""The real program, applied with realisations that only write down what they are asked for."""

import ast
import json
from base64 import b64encode
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from components import _image
from local import provisioner
from local.aws import Aws
from local.home import PROJECT
from local.resources import REGISTRY, Created, Inputs
from tests.local.doubles import always

ASKED_FOR_BY_CONFIG = {
    "foreman:notifyEmail": "ada@example.com",
    "foreman:userPoolId": "eu-central-1_abc",
    "foreman:containers": json.dumps(
        {
            "web": {
                "certificateArn": "arn:aws:acm:eu-central-1:000000000000:certificate/c",
                "userPoolClientId": "client",
                "allow": ["127.0.0.1/32"],
            },
            "worker": {},
        }
    ),
}


class Recorder(dict[str, Any]):
    """A registry whose realisations create nothing and remember the inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, str, Inputs]] = []

    def get(self, key: str, default: object = None) -> Any:  # noqa: ANN401 - as in dict
        del default

        def create(_aws: Aws, name: str, given: Inputs) -> Created:
            self.seen.append((key, name, given))
            outputs = {
                "arn": f"arn:aws:x:eu-central-1:000000000000:{name}",
                "name": given.get("name") or name,
                "bucket": name,
                "versionId": "1",
                "keyId": name,
                "key": name,
                "url": f"http://127.0.0.1/{name}",
                "repositoryUrl": "registry.example/foreman",
                "ref": "registry.example/foreman@sha256:0",
                "dnsName": "127.0.0.1:1",
                "arnSuffix": name,
                "resourceId": name,
                "uris": {"GRAPHQL": "http://127.0.0.1/graphql"},
            }
            return Created(name, outputs)

        return create


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recorder, provisioner.Provisioned]:
    recorder = Recorder()
    folder = tmp_path_factory.mktemp("package")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provisioner, "REGISTRY", recorder)
        aws = Aws("http://127.0.0.1:1", "eu-central-1", Path())
        token = {"authorizationData": [{"authorizationToken": b64encode(b"AWS:a token").decode()}]}
        asked = SimpleNamespace(
            get_public_key=always({"PublicKey": b"a public key"}), get_authorization_token=always(token)
        )
        patch.setattr(aws, "client", always(asked))
        # an image of next to nothing: what is in it is not looked at here
        patch.setattr(_image, "SOURCES", ("schemas",))
        for name in ("layer", "polars"):
            (folder / f"{name}.zip").write_bytes(name.encode())
        config = {**ASKED_FOR_BY_CONFIG, "foreman:packageDir": str(folder)}
        provisioned = provisioner.apply_program(PROJECT, aws, config, lambda _: None)
    return recorder, provisioned


def test_there_is_a_realisation_for_exactly_the_types_that_the_program_declares(
    recorded: tuple[Recorder, provisioner.Provisioned],
) -> None:
    assert {kind for kind, _, _ in recorded[0].seen} == set(REGISTRY)


def test_every_resource_is_in_the_status_once(recorded: tuple[Recorder, provisioner.Provisioned]) -> None:
    recorder, provisioned = recorded
    declared = Counter((kind, name) for kind, name, _ in recorder.seen)
    listed = Counter((status.type, status.name) for status in provisioned.resources)
    assert declared == listed
    assert set(declared.values()) == {1}


def test_the_outputs_are_those_of_the_program(recorded: tuple[Recorder, provisioner.Provisioned]) -> None:
    outputs = recorded[1].outputs
    assert outputs["graphql_url"] == "http://127.0.0.1/graphql"
    assert outputs["api_key"] == "core-api-key"
    assert outputs["region"] == "eu-central-1"
    assert all(outputs.values())


def test_what_the_program_sets_and_nothing_reads_is_told(
    recorded: tuple[Recorder, provisioner.Provisioned],
) -> None:
    notes = {status.type: status.note for status in recorded[1].resources}
    assert notes["aws:lambda/layerVersion:LayerVersion"] == (
        "without effect: compatibleArchitectures, compatibleRuntimes, layerName, s3Bucket, s3Key, "
        "s3ObjectVersion, sourceCodeHash"
    )


def test_the_program_does_not_ask_whether_it_is_local() -> None:
    parts = ["__main__.py", "components", "foreman_core", "handlers"]
    files = [
        file
        for part in parts
        for file in ([PROJECT / part] if part.endswith(".py") else (PROJECT / part).rglob("*.py"))
    ]
    assert len(files) > len(parts)
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            where = f"{file.relative_to(PROJECT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Constant):
                assert node.value not in {"local", "ministack", "localhost", "127.0.0.1"}, where
            if isinstance(node, ast.Attribute) and node.attr == "endpoint":
                assert file.name in {"_provider.py", "config.py"}, where
