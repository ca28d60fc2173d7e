"""What one kind of container is on Fargate: its two roles, its log, its definition."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import field, frozen

from components._function import Runtime
from components._iam import Statement, policy, trust, united_policy, write_log
from components._image import Image

USER: Final = "10001:10001"
"""User and group of the image; its Dockerfile makes them."""
SCRATCH: Final = "/scratch"
"""The one folder that a container may write to; the Dockerfile gives it to the user."""
ARCHITECTURES: Final = {"arm64": "ARM64", "x86_64": "X86_64"}
LOG_BUFFER: Final = "25m"


@frozen(kw_only=True)
class TaskArgs:
    """What runs, how large it is, and what it may do. `health` is the command that tells if it is well."""

    runtime: Runtime
    image: Image
    command: Sequence[str]
    environment: Mapping[str, pulumi.Input[str]]
    permissions: Sequence[Statement]
    health: Sequence[str]
    cpu: int
    memory_mb: int
    stop_timeout_s: int
    port: int | None = field(default=None)
    storage_gb: int | None = field(default=None)


class Task(pulumi.ComponentResource):
    """A task definition; `role` is what its code may do, apart from what ECS may do to start it."""

    definition_arn: pulumi.Output[str]
    log_group: pulumi.Output[str]

    def __init__(self, name: str, args: TaskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreman:index:Task", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        group = self._log_group()
        role, allowed = self._role("", united_policy(args.permissions))
        starter, may_start = self._role("-start", policy(self._start(group)))

        self.definition_arn = self._definition(role, starter, group, [allowed, may_start]).arn
        self.log_group = group.name
        self.register_outputs({"definition_arn": self.definition_arn})

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        runtime = self._args.runtime
        return aws.cloudwatch.LogGroup(
            f"{self._name}-log",
            name=f"/foreman/{runtime.stack}/{self._name}",
            retention_in_days=runtime.log_retention_days,
            kms_key_id=runtime.key_arn,
            opts=self._child,
        )

    def _role(self, what: str, document: pulumi.Output[str]) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        role = aws.iam.Role(
            f"{self._name}{what}-role",
            assume_role_policy=trust("ecs-tasks.amazonaws.com", account_id=self._args.runtime.account_id),
            opts=self._child,
        )
        allowed = aws.iam.RolePolicy(
            f"{self._name}{what}-policy", role=role.name, policy=document, opts=self._child
        )
        return role, allowed

    def _start(self, group: aws.cloudwatch.LogGroup) -> list[Statement]:
        """What ECS does for the task before and beside it: pull the image, pass the log on.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
        """
        repository = self._args.image.repository_arn
        if repository is None:
            return [write_log(group.arn)]
        return [
            write_log(group.arn),
            Statement(sid="SignInToRegistry", actions=["ecr:GetAuthorizationToken"], resources=["*"]),
            Statement(
                sid="PullImage",
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ],
                resources=[repository],
            ),
        ]

    def _definition(
        self,
        role: aws.iam.Role,
        starter: aws.iam.Role,
        group: aws.cloudwatch.LogGroup,
        after: Sequence[pulumi.Resource],
    ) -> aws.ecs.TaskDefinition:
        args = self._args
        return aws.ecs.TaskDefinition(
            f"{self._name}-task",
            family=f"foreman-{args.runtime.stack}-{self._name}",
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(args.cpu),
            memory=str(args.memory_mb),
            runtime_platform={
                "cpu_architecture": ARCHITECTURES[args.runtime.architecture],
                "operating_system_family": "LINUX",
            },
            task_role_arn=role.arn,
            execution_role_arn=starter.arn,
            ephemeral_storage=None if args.storage_gb is None else {"size_in_gib": args.storage_gb},
            volumes=[{"name": "scratch"}],
            container_definitions=pulumi.Output.json_dumps([self._container(group)]),
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )

    def _container(self, group: aws.cloudwatch.LogGroup) -> dict[str, object]:
        args, runtime = self._args, self._args.runtime
        environment = {
            **args.environment,
            # boto3 knows the first name, other SDKs the second
            "AWS_DEFAULT_REGION": runtime.region,
            "AWS_REGION": runtime.region,
            "LOG_LEVEL": runtime.log_level,
            "STACK": runtime.stack,
            "TMPDIR": SCRATCH,
        }
        return {
            "name": self._name,
            "image": args.image.reference,
            "essential": True,
            "command": list(args.command),
            "environment": [{"name": name, "value": environment[name]} for name in sorted(environment)],
            "portMappings": [] if args.port is None else [{"containerPort": args.port, "protocol": "tcp"}],
            "user": USER,
            "privileged": False,
            "readonlyRootFilesystem": True,
            "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
            "mountPoints": [{"sourceVolume": "scratch", "containerPath": SCRATCH, "readOnly": False}],
            "stopTimeout": args.stop_timeout_s,
            "healthCheck": {
                "command": ["CMD", *args.health],
                "interval": 30,
                "timeout": 10,
                "retries": 3,
                "startPeriod": 60,
            },
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": group.name,
                    "awslogs-region": runtime.region,
                    "awslogs-stream-prefix": "task",
                    # a log that cannot be written must not hold the work up
                    "mode": "non-blocking",
                    "max-buffer-size": LOG_BUFFER,
                },
            },
        }
