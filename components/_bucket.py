"""A private bucket: versioned, encrypted, owner-enforced, TLS only, with an end for what was replaced."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import field, frozen

from components._iam import deny_plain_http, policy_json

ABORT_UPLOAD_DAYS: Final = 3


@frozen(kw_only=True)
class PrivateBucketArgs:
    """`expire_days` is prefix -> days, None for what stays until it is replaced.

    With `key_arn` None the bucket is encrypted under S3's own keys.
    """

    expire_days: Mapping[str, int | None]
    noncurrent_days: int
    key_arn: pulumi.Input[str] | None
    protect: bool
    statements: Sequence[Mapping[str, object]] = field(factory=tuple)
    """Further policy statements whose `Resource` is left to be filled with every object of the bucket."""


class PrivateBucket(pulumi.ComponentResource):
    """One bucket and everything that must stand beside it."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(
        self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("foreman:index:PrivateBucket", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)

        bucket = aws.s3.Bucket(
            f"{name}-bucket", opts=pulumi.ResourceOptions(parent=self, protect=args.protect)
        )
        block = self._block_public_access(bucket)
        versions = self._keep_versions(bucket)
        self._encrypt(bucket, args.key_arn)
        self._expire(bucket, versions, args)
        self._policy(bucket, block, args)

        self.arn = bucket.arn
        self.name = bucket.bucket
        self.register_outputs({"arn": self.arn, "name": self.name})

    def _block_public_access(self, bucket: aws.s3.Bucket) -> aws.s3.BucketPublicAccessBlock:
        aws.s3.BucketOwnershipControls(
            f"{self._name}-ownership",
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=self._child,
        )
        return aws.s3.BucketPublicAccessBlock(
            f"{self._name}-no-public-access",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )

    def _keep_versions(self, bucket: aws.s3.Bucket) -> aws.s3.BucketVersioning:
        return aws.s3.BucketVersioning(
            f"{self._name}-versions",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=self._child,
        )

    def _encrypt(self, bucket: aws.s3.Bucket, key_arn: pulumi.Input[str] | None) -> None:
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-encryption",
            bucket=bucket.bucket,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "AES256" if key_arn is None else "aws:kms",
                        "kms_master_key_id": key_arn,
                    },
                    "bucket_key_enabled": key_arn is not None,
                }
            ],
            opts=self._child,
        )

    def _expire(
        self, bucket: aws.s3.Bucket, versions: aws.s3.BucketVersioning, args: PrivateBucketArgs
    ) -> None:
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-lifecycle",
            bucket=bucket.bucket,
            rules=[
                *(
                    lifecycle_rule(prefix, days, args.noncurrent_days)
                    for prefix, days in args.expire_days.items()
                ),
                ABORT_UPLOADS,
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versions]),
        )

    def _policy(
        self, bucket: aws.s3.Bucket, block: aws.s3.BucketPublicAccessBlock, args: PrivateBucketArgs
    ) -> None:
        objects = pulumi.Output.concat(bucket.arn, "/*")
        aws.s3.BucketPolicy(
            f"{self._name}-policy",
            bucket=bucket.bucket,
            policy=policy_json(
                [
                    deny_plain_http("DenyPlainHttp", ["s3:*"], [bucket.arn, objects]),
                    *({**statement, "Resource": [objects]} for statement in args.statements),
                ]
            ),
            # S3 refuses to change a bucket's policy and its public access at the same time
            opts=pulumi.ResourceOptions(parent=self, depends_on=[block]),
        )


def lifecycle_rule(
    prefix: str, days: int | None, noncurrent_days: int
) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    """End objects under a prefix after `days`, and versions that were replaced after `noncurrent_days`."""
    rule: aws.s3.BucketLifecycleConfigurationRuleArgsDict = {
        "id": f"expire-{prefix.strip('/') or 'all'}",
        "status": "Enabled",
        "filter": {"prefix": prefix},
        "noncurrent_version_expiration": {"noncurrent_days": noncurrent_days},
    }
    if days is not None:
        rule["expiration"] = {"days": days}
    return rule


ABORT_UPLOADS: Final[aws.s3.BucketLifecycleConfigurationRuleArgsDict] = {
    "id": "abort-unfinished-uploads",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "abort_incomplete_multipart_upload": {"days_after_initiation": ABORT_UPLOAD_DAYS},
}
