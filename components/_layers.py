"""The layers of dependencies, published from a bucket: Lambda itself takes 50 MB at most in a request.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

from components._bucket import PrivateBucket, PrivateBucketArgs

OLD_VERSION_DAYS: Final = 30
"""Days that the archive of an older deployment is kept; Lambda has its own copy of what it runs."""


@frozen(kw_only=True)
class LayersArgs:
    """What the layers are made of: `archives` is layer -> path of the zip, as `foreman package` builds it."""

    stack: str
    archives: Mapping[str, str]
    architecture: str
    python_version: str
    key_arn: pulumi.Input[str]


class Layers(pulumi.ComponentResource):
    """A layer version for each archive, and the bucket that Lambda takes the archives from."""

    arns: Mapping[str, pulumi.Output[str]]

    def __init__(self, name: str, args: LayersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreman:index:Layers", name, None, opts)
        self._name = name
        self._args = args

        bucket = self._bucket()
        self.arns = {layer: self._layer(layer, path, bucket).arn for layer, path in args.archives.items()}
        self.register_outputs({"arns": self.arns})

    def _bucket(self) -> PrivateBucket:
        return PrivateBucket(
            f"{self._name}-artifacts",
            PrivateBucketArgs(
                expire_days={"": None},
                noncurrent_days=OLD_VERSION_DAYS,
                key_arn=self._args.key_arn,
                protect=False,  # the archives can be built again
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _layer(self, layer: str, path: str, bucket: PrivateBucket) -> aws.lambda_.LayerVersion:
        args = self._args
        content = content_hash(path)
        archive = aws.s3.BucketObjectv2(
            f"{self._name}-{layer}-archive",
            bucket=bucket.name,
            key=f"layers/{layer}.zip",
            source=pulumi.FileAsset(path),
            content_type="application/zip",
            # an object takes ten tags at most, and a stack may set more
            override_provider={"default_tags": {"tags": {}}},
            # before versions are kept, an object has no version to be named
            opts=pulumi.ResourceOptions(parent=self, depends_on=[bucket]),
        )
        return aws.lambda_.LayerVersion(
            f"{self._name}-{layer}",
            layer_name=f"foreman-{args.stack}-{layer}",
            s3_bucket=bucket.name,
            s3_key=archive.key,
            s3_object_version=archive.version_id,
            source_code_hash=content,
            compatible_runtimes=[f"python{args.python_version}"],
            compatible_architectures=[args.architecture],
            opts=pulumi.ResourceOptions(parent=self),
        )


def content_hash(path: str) -> str:
    """Give the hash of an archive as Lambda states it: SHA-256, base64.

    RunError, with what to do, when the archive is not there.
    """
    try:
        with Path(path).open("rb") as archive:
            digest = hashlib.file_digest(archive, "sha256").digest()
    except FileNotFoundError as error:
        raise pulumi.RunError(f"{path} is not there. Build it first: ./foreman package") from error
    return base64.b64encode(digest).decode()
