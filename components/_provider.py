"""The one AWS provider: region, tags and endpoints are set here and nowhere else."""

from typing import Final

import pulumi_aws as aws

from components.config import Config

SERVICES: Final = (
    "appautoscaling",
    "appsync",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "elbv2",
    "iam",
    "kms",
    "lambda_",
    "logs",
    "s3",
    "scheduler",
    "sesv2",
    "sfn",
    "sns",
    "sqs",
    "sts",
    "wafv2",
)
"""The services that the program uses; an emulator answers for all of them."""


def make_provider(config: Config) -> aws.Provider:
    """The provider of the stack's region, with the stack's tags on everything that takes tags."""
    tags = {"application": "foreman", "stack": config.stack, **config.tags}
    if config.endpoint is None:
        return aws.Provider("aws", region=config.region, default_tags={"tags": tags})
    return aws.Provider(
        "aws",
        region=config.region,
        default_tags={"tags": tags},
        endpoints=[aws.ProviderEndpointArgs(**dict.fromkeys(SERVICES, config.endpoint))],
        access_key="test",
        secret_key="test",  # noqa: S106 - what emulators take
        s3_use_path_style=True,
        skip_credentials_validation=True,
        skip_metadata_api_check=True,
        skip_region_validation=True,
        skip_requesting_account_id=True,
    )
