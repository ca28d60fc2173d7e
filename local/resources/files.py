"""Buckets, the resources that each set one property of a bucket, and archives in a bucket."""

from collections.abc import Mapping
from typing import Any, Final

from bundling.archive import sha256
from local.aws import Aws, autoname
from local.resources.assets import path_of
from local.resources.created import Created, Inputs, pascal, without_tls_statements

ARCHIVE_NOTE: Final = "stays where it was packed: it would only be uploaded to be unpacked on this disk"


def bucket(aws: Aws, name: str, given: Inputs) -> Created:
    """A bucket."""
    physical = given.get("bucket") or autoname(name)
    where = {} if aws.region == "us-east-1" else {"LocationConstraint": aws.region}
    aws.client("s3").create_bucket(Bucket=physical, **({"CreateBucketConfiguration": where} if where else {}))
    arn = f"arn:aws:s3:::{physical}"
    domain = f"{physical}.s3.{aws.region}.amazonaws.com"
    return Created(physical, {"arn": arn, "bucket": physical, "bucketRegionalDomainName": domain})


def archive(aws: Aws, _name: str, given: Inputs) -> Created:
    """An archive for a layer version, which takes it from this disk: tens of megabytes need no copy."""
    file = path_of(given["source"])
    aws.archives[given["bucket"], given["key"]] = file
    return Created(str(file), {"versionId": sha256(file)}, "folder", ARCHIVE_NOTE)


def public_access_block(aws: Aws, _name: str, given: Inputs) -> Created:
    """No public access."""
    names = ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets")
    aws.client("s3").put_public_access_block(
        Bucket=given["bucket"],
        PublicAccessBlockConfiguration=pascal({name: bool(given.get(name)) for name in names}),
    )
    return Created(given["bucket"])


def ownership(aws: Aws, _name: str, given: Inputs) -> Created:
    """Who owns objects."""
    aws.client("s3").put_bucket_ownership_controls(
        Bucket=given["bucket"], OwnershipControls={"Rules": [pascal(given["rule"])]}
    )
    return Created(given["bucket"])


def versioning(aws: Aws, _name: str, given: Inputs) -> Created:
    """Versions of objects are kept."""
    aws.client("s3").put_bucket_versioning(
        Bucket=given["bucket"],
        VersioningConfiguration={"Status": given["versioningConfiguration"]["status"]},
    )
    return Created(given["bucket"])


def encryption(aws: Aws, _name: str, given: Inputs) -> Created:
    """Objects are encrypted."""
    rules: list[dict[str, Any]] = []
    for rule in given.blocks("rules"):
        default = rule["applyServerSideEncryptionByDefault"]
        how = {"SSEAlgorithm": default["sseAlgorithm"]}
        if default.get("kmsMasterKeyId"):
            how["KMSMasterKeyID"] = default["kmsMasterKeyId"]
        rules.append(
            {
                "ApplyServerSideEncryptionByDefault": how,
                "BucketKeyEnabled": bool(rule.get("bucketKeyEnabled")),
            }
        )
    aws.client("s3").put_bucket_encryption(
        Bucket=given["bucket"], ServerSideEncryptionConfiguration={"Rules": rules}
    )
    return Created(given["bucket"])


def lifecycle(aws: Aws, _name: str, given: Inputs) -> Created:
    """Objects end some day."""
    rules = [_rule(rule) for rule in given.blocks("rules")]
    aws.client("s3").put_bucket_lifecycle_configuration(
        Bucket=given["bucket"], LifecycleConfiguration={"Rules": rules}
    )
    return Created(given["bucket"], note="stored; the emulator deletes nothing by itself")


def _rule(given: Mapping[str, Any]) -> dict[str, Any]:
    where: Mapping[str, Any] = given.get("filter") or {}
    made: dict[str, Any] = {
        "ID": given["id"],
        "Status": given["status"],
        "Filter": {"Prefix": where.get("prefix") or ""},
    }
    for name in ("expiration", "noncurrentVersionExpiration", "abortIncompleteMultipartUpload"):
        if given.get(name):
            made |= pascal({name: given[name]})
    return made


def policy(aws: Aws, _name: str, given: Inputs) -> Created:
    """Who may do what with a bucket."""
    document, note = without_tls_statements(given["policy"])
    if document is not None:
        aws.client("s3").put_bucket_policy(Bucket=given["bucket"], Policy=document)
    return Created(given["bucket"], note=note)


def logging(aws: Aws, _name: str, given: Inputs) -> Created:
    """Where access to a bucket is logged."""
    target = {"TargetBucket": given["targetBucket"], "TargetPrefix": given["targetPrefix"]}
    aws.client("s3").put_bucket_logging(
        Bucket=given["bucket"], BucketLoggingStatus={"LoggingEnabled": target}
    )
    return Created(given["bucket"], note="stored; the emulator writes no access logs")


def notification(aws: Aws, _name: str, given: Inputs) -> Created:
    """Which queues are told of new objects."""
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=given["bucket"],
        NotificationConfiguration={
            "QueueConfigurations": [_queue(queue) for queue in given.blocks("queues")]
        },
    )
    return Created(given["bucket"])


def _queue(given: Mapping[str, Any]) -> dict[str, Any]:
    rules = [
        {"Name": name, "Value": given[key]}
        for name, key in (("prefix", "filterPrefix"), ("suffix", "filterSuffix"))
        if given.get(key)
    ]
    return {
        "QueueArn": given["queueArn"],
        "Events": given["events"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
