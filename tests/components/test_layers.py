import base64
import hashlib
import json

import pulumi
import pytest

from components._layers import Layers, LayersArgs, content_hash
from tests import _pulumi
from tests._pulumi import Outcome
from tests.components import _given

BUCKET = "l-artifacts-bucket-1a2b3c4"


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("package")
    archives: dict[str, str] = {}
    for name in ("one", "two"):
        (folder / f"{name}.zip").write_bytes(name.encode())
        archives[name] = str(folder / f"{name}.zip")
    args = LayersArgs(
        stack="dev", archives=archives, architecture="arm64", python_version="3.13", key_arn=_given.KEY
    )
    return _pulumi.run(lambda: Layers("l", args))


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_layer_is_published_from_the_bucket_in_the_version_that_was_uploaded(
    layers: Outcome, name: str
) -> None:
    archive = layers.one("s3.BucketObjectv2", f"l-{name}-archive")
    assert (archive.inputs["bucket"], archive.inputs["key"]) == (BUCKET, f"layers/{name}.zip")
    assert archive.inputs["source"].path.endswith(f"/{name}.zip")
    layer = layers.one("lambda.LayerVersion", f"l-{name}")
    assert layer.inputs == {
        "layerName": f"foreman-dev-{name}",
        "s3Bucket": BUCKET,
        "s3Key": f"layers/{name}.zip",
        "s3ObjectVersion": f"version-of-l-{name}-archive",
        "sourceCodeHash": base64.b64encode(hashlib.sha256(name.encode()).digest()).decode(),
        "compatibleRuntimes": ["python3.13"],
        "compatibleArchitectures": ["arm64"],
    }
    assert archive.name in layer.after


def test_an_archive_is_uploaded_when_the_bucket_keeps_versions_and_encrypts(layers: Outcome) -> None:
    archive = layers.one("s3.BucketObjectv2", "l-one-archive")
    assert {"l-artifacts-versions", "l-artifacts-encryption"} <= archive.after


def test_an_archive_has_none_of_the_stacks_tags_which_may_be_more_than_an_object_takes(
    layers: Outcome,
) -> None:
    archive = layers.one("s3.BucketObjectv2", "l-one-archive")
    assert archive.inputs["overrideProvider"] == {"defaultTags": {"tags": {}}}


def test_the_bucket_is_private_encrypted_and_versioned(layers: Outcome) -> None:
    block = dict(layers.one("s3.BucketPublicAccessBlock", "l-artifacts-no-public-access").inputs)
    assert block.pop("bucket") == BUCKET
    assert set(block.values()) == {True}
    (rule,) = layers.one("s3.BucketServerSideEncryptionConfiguration", "l-artifacts-encryption").inputs[
        "rules"
    ]
    assert rule["applyServerSideEncryptionByDefault"] == {
        "sseAlgorithm": "aws:kms",
        "kmsMasterKeyId": _given.KEY,
    }
    versions = layers.one("s3.BucketVersioning", "l-artifacts-versions").inputs
    assert versions["versioningConfiguration"] == {"status": "Enabled"}
    (statement,) = layers.one("s3.BucketPolicy", "l-artifacts-policy").policy()
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_only_archives_that_were_replaced_end(layers: Outcome) -> None:
    rules = layers.one("s3.BucketLifecycleConfiguration", "l-artifacts-lifecycle").inputs["rules"]
    ending, aborting = rules
    assert ending["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
    assert not any("expiration" in rule for rule in rules)
    assert "abortIncompleteMultipartUpload" in aborting


def test_without_an_archive_it_says_how_to_build_one() -> None:
    with pytest.raises(pulumi.RunError, match=r"nowhere/layer\.zip is not there.*\./foreman package"):
        content_hash("nowhere/layer.zip")


def test_the_bucket_goes_with_its_stack(layers: Outcome) -> None:
    assert not any(resource.protect for resource in layers.resources)
    assert json.dumps(layers.one("s3.Bucket", "l-artifacts-bucket").inputs) == "{}"
