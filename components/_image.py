"""The image of the containers: the one that the stack names, or one that is built from the checkout."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pulumi
import pulumi_aws as aws
import pulumi_docker_build as docker_build
from attrs import frozen

SOURCES: Final = (
    ".dockerignore",
    "Dockerfile",
    "requirements-service.txt",
    "foreman_core",
    "handlers",
    "schemas",
    "service",
)
"""What the image is made of: the Dockerfile, what it copies, and what of that is left out."""

PLATFORMS: Final = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
TAG_DIGITS: Final = 32
KEEP_IMAGES: Final = 20
UNTAGGED_DAYS: Final = 7
_LEFT_OUT: Final = {"__pycache__"}
_ECR_IMAGE: Final = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^@:]+)@.+")


@frozen(kw_only=True)
class ImageArgs:
    """`given` is an image by its digest; None has one built of the files under `context`."""

    given: str | None
    context: Path
    architecture: str
    key_arn: pulumi.Input[str]
    protect: bool


class Image(pulumi.ComponentResource):
    """A repository, and the image that the tasks run. `repository_arn` is None for one that is not in ECR."""

    reference: pulumi.Output[str]
    repository_arn: pulumi.Input[str] | None
    repository_url: pulumi.Output[str]

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreman:index:Image", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        repository = self._repository()
        self.repository_url = repository.repository_url
        if args.given is None:
            self.reference = self._build(repository)
            self.repository_arn = repository.arn
        else:
            self.reference = pulumi.Output.from_input(args.given)
            self.repository_arn = ecr_arn(args.given)
        self.register_outputs({"reference": self.reference, "repository_url": self.repository_url})

    def _repository(self) -> aws.ecr.Repository:
        args = self._args
        repository = aws.ecr.Repository(
            f"{self._name}-repository",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": args.key_arn}],
            force_delete=not args.protect,
            opts=self._child,
        )
        aws.ecr.LifecyclePolicy(
            f"{self._name}-end-of-images",
            repository=repository.name,
            policy=pulumi.Output.json_dumps(LIFECYCLE),
            opts=self._child,
        )
        return repository

    def _build(self, repository: aws.ecr.Repository) -> pulumi.Output[str]:
        """Build and push; a tag is the hash of what is in the image, so the same content is pushed once."""
        args = self._args
        token = aws.ecr.get_authorization_token_output(opts=pulumi.InvokeOutputOptions(parent=self))
        tag = content_hash(args.context, args.architecture)
        return docker_build.Image(
            f"{self._name}-build",
            context={"location": str(args.context)},
            dockerfile={"location": str(args.context / "Dockerfile")},
            platforms=[docker_build.Platform(PLATFORMS[args.architecture])],
            tags=[pulumi.Output.concat(repository.repository_url, ":", tag)],
            push=True,
            build_on_preview=False,
            registries=[
                {
                    "address": repository.repository_url,
                    "username": token.user_name,
                    "password": token.password,
                }
            ],
            opts=self._child,
        ).ref


def content_hash(context: Path, architecture: str) -> str:
    """Hash names and bytes of everything in the image. RunError names what is not there."""
    digest = hashlib.sha256(architecture.encode())
    for file in _files(context):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"\n{file.relative_to(context).as_posix()} {content}".encode())
    return digest.hexdigest()[:TAG_DIGITS]


def _files(context: Path) -> Iterator[Path]:
    for source in SOURCES:
        place = context / source
        if not place.exists():
            raise pulumi.RunError(
                f"{place} is part of the image and is not there; deploy from a whole checkout, or name an "
                "image that exists in foreman:containers.image"
            )
        if place.is_file():
            yield place
        else:
            yield from sorted(
                path for path in place.rglob("*") if path.is_file() and not _LEFT_OUT & set(path.parts)
            )


def ecr_arn(reference: str) -> str | None:
    """Give the ARN of an image's repository, or None when it is not one of ECR's private ones."""
    found = _ECR_IMAGE.fullmatch(reference)
    if found is None:
        return None
    account_id, region, name = found.groups()
    return f"arn:aws:ecr:{region}:{account_id}:repository/{name}"


LIFECYCLE: Final = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "What no tag names any more",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": UNTAGGED_DAYS,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "description": "All but the latest",
            "selection": {
                "tagStatus": "any",
                "countType": "imageCountMoreThan",
                "countNumber": KEEP_IMAGES,
            },
            "action": {"type": "expire"},
        },
    ]
}
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html"""
