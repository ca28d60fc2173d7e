"""Images, task definitions and services. Without Docker, a service is one process of this machine."""

from typing import Any, Final, cast

import orjson

from local.aws import Aws, autoname
from local.resources.created import Created, Inputs
from local.tasks import TaskProcess

IMAGE_NOTE: Final = "no image is built: the checkout itself, with the packages of requirements-service.txt"
SCALING_NOTE: Final = "a service is one process here, always"
NO_DIGEST: Final = "sha256:" + "0" * 64


def repository(aws: Aws, name: str, given: Inputs) -> Created:
    """A repository of images."""
    physical = given.get("name") or autoname(name)
    made = aws.client("ecr").create_repository(
        repositoryName=physical,
        imageTagMutability=given["imageTagMutability"],
        imageScanningConfiguration=given.block("imageScanningConfiguration"),
        encryptionConfiguration=given.blocks("encryptionConfigurations")[0],
    )["repository"]
    outputs = {"arn": made["repositoryArn"], "name": physical, "repositoryUrl": made["repositoryUri"]}
    return Created(physical, outputs)


def lifecycle_policy(aws: Aws, _name: str, given: Inputs) -> Created:
    """When images end."""
    aws.client("ecr").put_lifecycle_policy(
        repositoryName=given["repository"], lifecyclePolicyText=given["policy"]
    )
    return Created(given["repository"], note="nothing is ever old enough here")


def image(aws: Aws, name: str, given: Inputs) -> Created:
    """What the containers run."""
    reference = f"{given['tags'][0]}@{NO_DIGEST}"
    aws.built_images.add(reference)
    return Created(name, {"ref": reference}, "folder", IMAGE_NOTE)


def cluster(aws: Aws, name: str, given: Inputs) -> Created:
    """A cluster."""
    physical = given.get("name") or autoname(name)
    settings = [{"name": each["name"], "value": each["value"]} for each in given.blocks("settings")]
    made = aws.client("ecs").create_cluster(clusterName=physical, settings=settings)["cluster"]
    return Created(made["clusterArn"], {"arn": made["clusterArn"], "name": physical})


def capacity_providers(aws: Aws, _name: str, given: Inputs) -> Created:
    """What a cluster's tasks may run on."""
    aws.client("ecs").put_cluster_capacity_providers(
        cluster=given["clusterName"],
        capacityProviders=given["capacityProviders"],
        defaultCapacityProviderStrategy=[],
    )
    return Created(given["clusterName"], realised="metadata", note="processes run on this machine")


def task_definition(aws: Aws, _name: str, given: Inputs) -> Created:
    """What a task is made of; the one container of it is what a service starts."""
    containers: list[dict[str, Any]] = orjson.loads(given["containerDefinitions"])
    made = aws.client("ecs").register_task_definition(
        family=given["family"],
        requiresCompatibilities=given["requiresCompatibilities"],
        networkMode=given["networkMode"],
        cpu=given["cpu"],
        memory=given["memory"],
        taskRoleArn=given["taskRoleArn"],
        executionRoleArn=given["executionRoleArn"],
        volumes=[dict(volume) for volume in given.blocks("volumes")],
        containerDefinitions=containers,
    )["taskDefinition"]["taskDefinitionArn"]
    (container,) = containers
    aws.task_definitions[made] = TaskProcess(
        name=container["name"],
        command=tuple(container["command"]),
        environment={each["name"]: each["value"] for each in container["environment"]},
        role=cast("str", given["taskRoleArn"]),
        built=container["image"] in aws.built_images,
        log_group=container["logConfiguration"]["options"]["awslogs-group"],
    )
    return Created(made, {"arn": made}, note="limits of size and of the file system do not hold here")


def service(aws: Aws, name: str, given: Inputs) -> Created:
    """A service: one process, started when the whole stack is there."""
    port = aws.service_port if given.blocks("loadBalancers") else None
    task = aws.start_later(given["taskDefinition"], name, port)
    where = f"https://127.0.0.1:{port}; " if port else ""
    note = f"{where}{' '.join(task.command)}; its log is {task.name}.log beside the stack's state"
    return Created(name, {"name": name, "arn": given["taskDefinition"]}, "process", note)


def scaling(aws: Aws, name: str, given: Inputs) -> Created:
    """How many tasks there are: here one."""
    arn = f"arn:aws:autoscaling:{aws.region}:{aws.account}:scalingPolicy:{autoname(name)}"
    outputs = {"arn": arn, "resourceId": given.get("resourceId") or name}
    return Created(name, outputs, "metadata", SCALING_NOTE)
