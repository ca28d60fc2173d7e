"""The conversions between Pulumi's inputs and what the emulator takes."""

import zipfile
from pathlib import Path
from typing import Any

import orjson
import pulumi
import pytest

from local.aws import Aws, autoname
from local.errors import LocalError
from local.resources import compute, files
from local.resources.assets import path_of
from local.resources.created import NO_TLS, Inputs, pascal, without_tls_statements
from local.resources.identity import (
    BATCH,
    BATCH_NOTE,
    MAIL,
    MAIL_NOTE,
    PURPOSE,
    PURPOSE_NOTE,
    SEND,
    SEND_BATCH,
    SEND_NOTE,
    as_emulated,
)
from tests.local.doubles import always

TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
OTHER_DENIAL = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Condition": {"Bool": {"aws:x": "false"}},
}


def policy(*statements: object) -> str:
    return orjson.dumps({"Version": "2012-10-17", "Statement": statements}).decode()


def test_only_the_demand_for_tls_is_left_out_of_a_policy() -> None:
    text, note = without_tls_statements(policy(TLS, ALLOW, OTHER_DENIAL))
    assert text == policy(ALLOW, OTHER_DENIAL)
    assert note == NO_TLS


def test_a_policy_that_only_demands_tls_is_not_set_at_all() -> None:
    assert without_tls_statements(policy(TLS)) == (None, NO_TLS)


def test_a_policy_that_does_not_demand_tls_stays_as_it_is() -> None:
    assert without_tls_statements(policy(ALLOW)) == (policy(ALLOW), "")


@pytest.mark.parametrize("action", ["dynamodb:PartiQLInsert", ["s3:GetObject", "dynamodb:PartiQLUpdate"]])
def test_a_role_that_may_use_partiql_may_send_batches_of_it(action: object) -> None:
    text, note = as_emulated(policy({"Effect": "Allow", "Action": action, "Resource": "x"}))
    assert note == BATCH_NOTE
    assert orjson.loads(text)["Statement"][1:] == [{"Effect": "Allow", "Action": BATCH, "Resource": "*"}]


@pytest.mark.parametrize("action", [SEND, [SEND]])
def test_a_role_that_may_send_messages_may_send_batches_to_the_same_queue(action: object) -> None:
    text, note = as_emulated(policy({"Effect": "Allow", "Action": action, "Resource": "x"}))
    assert note == SEND_NOTE
    assert orjson.loads(text)["Statement"] == [
        {"Effect": "Allow", "Action": [SEND, SEND_BATCH], "Resource": "x"}
    ]


def test_a_role_that_may_send_mail_may_do_so_for_anybody() -> None:
    text, note = as_emulated(policy({"Effect": "Allow", "Action": [MAIL], "Resource": "x"}))
    assert note == MAIL_NOTE
    assert orjson.loads(text)["Statement"][1:] == [{"Effect": "Allow", "Action": MAIL, "Resource": "*"}]


def test_what_a_key_is_used_for_is_no_condition_but_the_function_it_is_used_by_is() -> None:
    of_function = {"kms:EncryptionContext:aws:lambda:FunctionArn": "f"}
    given = policy(
        {"Action": "kms:Decrypt", "Condition": {"StringEquals": {PURPOSE: "p"}}},
        {"Action": "kms:Decrypt", "Condition": {"StringEquals": of_function}},
    )
    text, note = as_emulated(given)
    assert note == PURPOSE_NOTE
    assert [statement["Condition"] for statement in orjson.loads(text)["Statement"]] == [
        {"StringEquals": {}},
        {"StringEquals": of_function},
    ]


def test_other_roles_get_nothing_more_than_they_ask_for() -> None:
    given = policy({"Effect": "Allow", "Action": ["dynamodb:PutItem"], "Resource": "x"})
    assert as_emulated(given) == (given, "")


def test_inputs_remember_what_nobody_read() -> None:
    given = Inputs(
        {"read": 1, "looked": {"a": 1}, "forgotten": 2, "unset": None, "off": False, "tags": {"a": "b"}}
    )
    assert (given["read"], given.block("looked"), given.get("absent")) == (1, {"a": 1}, None)
    assert given.without_effect() == ["forgotten"]


def test_blocks_that_are_not_set_are_empty() -> None:
    given = Inputs({"none": None})
    assert (dict(given.block("none")), list(given.blocks("none"))) == ({}, [])


def test_names_of_settings_are_those_of_aws() -> None:
    given = {"logGroup": "a", "rules": [{"maxAge": 1, "unset": None}]}
    assert pascal(given) == {"LogGroup": "a", "Rules": [{"MaxAge": 1}]}


def test_an_automatic_name_is_the_same_each_time_and_no_other_ones() -> None:
    assert autoname("records") == autoname("records")
    assert autoname("records") != autoname("ledger")
    assert autoname("records").startswith("records-")
    assert len(autoname("records")) == len("records-1234567")


def test_a_layer_is_the_unpacked_folder_of_the_archive_that_it_names(tmp_path: Path) -> None:
    aws = Aws("http://127.0.0.1:1", "eu-central-1", tmp_path / "layers")
    arns: list[str] = []
    for name in ("one", "two"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr(f"python/{name}.py", "VALUE = 1")
        source = pulumi.FileAsset(str(tmp_path / f"{name}.zip"))
        placed = files.archive(aws, name, Inputs({"bucket": "b", "key": f"{name}.zip", "source": source}))
        assert (placed.realised, placed.id) == ("folder", str(tmp_path / f"{name}.zip"))
        named = Inputs({"layerName": name, "s3Bucket": "b", "s3Key": f"{name}.zip"})
        arns.append(compute.layer_version(aws, name, named).outputs["arn"])
    assert len(set(arns)) == 2
    for name, arn in zip(("one", "two"), arns, strict=True):
        assert [file.name for file in aws.layer_folders[arn].glob("*.py")] == [f"{name}.py"]


def test_a_function_gets_the_folders_of_exactly_the_layers_that_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, str] = {}

    class Client:
        def create_function(self, **given: Any) -> dict[str, str]:  # noqa: ANN401
            asked[given["FunctionName"]] = given["Environment"]["Variables"].get("PYTHONPATH", "")
            return {"FunctionArn": "arn"}

    monkeypatch.setattr(Aws, "client", always(Client()))
    aws = Aws("http://127.0.0.1:1", "eu-central-1", tmp_path)
    aws.layer_folders = {"arn:one": Path("/one"), "arn:two": Path("/two"), "arn:three": Path("/three")}
    (tmp_path / "code.zip").touch()
    code = pulumi.FileArchive(str(tmp_path / "code.zip"))
    common = {"runtime": "python3.13", "handler": "h", "role": "r", "code": code}
    for name, layers in {"none": [], "first": ["arn:one"], "both": ["arn:one", "arn:two"]}.items():
        compute.function(aws, name, Inputs({**common, "name": name, "layers": layers}))
    assert asked == {"none": "", "first": "/one", "both": "/one:/two"}


def test_what_is_no_file_is_refused_as_an_archive() -> None:
    with pytest.raises(LocalError, match="StringAsset is no kind of file"):
        path_of(pulumi.StringAsset("text"))
