"""One Lambda function: its role, its log group, its policy, nothing shared but code and key."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws
from attrs import field, frozen

from components._iam import OPEN, TRACE, Statement, policy, trust, write_log


@frozen(kw_only=True)
class Runtime:
    """What every function of a stack has in common."""

    stack: str
    region: str
    account_id: pulumi.Input[str]
    code: pulumi.Archive
    layer_arn: pulumi.Input[str]
    polars_layer_arn: pulumi.Input[str]
    architecture: str
    python_version: str
    key_arn: pulumi.Input[str]
    log_level: str
    log_retention_days: int
    tracing: bool


@frozen(kw_only=True)
class FunctionArgs:
    """What one function is: its handler module, its size, its environment and its permissions."""

    runtime: Runtime
    role: str
    """The module under `handlers/`; also the end of the function's name."""
    memory_mb: int
    timeout_s: int
    environment: Mapping[str, pulumi.Input[str]]
    permissions: Sequence[Statement]
    polars: bool = field(default=False)
    """Whether it reads whole files, and gets the layer with Polars: a cold start with it takes longer."""
    storage_mb: int = field(default=512)
    reserved_concurrency: int | None = field(default=None)


class Function(pulumi.ComponentResource):
    """A function that can do what `permissions` says, and write its own log."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreman:index:Function", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        # fixed: the log group's name, and the ARN in the permission to read the environment, are made of it
        self._physical_name = f"foreman-{args.runtime.stack}-{args.role}"

        log_group = self._log_group()
        role = self._role()
        allowed = self._allow(role, log_group)
        function = self._function(role, allowed, log_group)

        self.arn = function.arn
        self.name = function.name
        self.register_outputs({"arn": self.arn, "name": self.name})

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        runtime = self._args.runtime
        return aws.cloudwatch.LogGroup(
            f"{self._name}-log",
            name=f"/aws/lambda/{self._physical_name}",
            retention_in_days=runtime.log_retention_days,
            kms_key_id=runtime.key_arn,
            opts=self._child,
        )

    def _role(self) -> aws.iam.Role:
        return aws.iam.Role(
            f"{self._name}-role", assume_role_policy=trust("lambda.amazonaws.com"), opts=self._child
        )

    def _allow(self, role: aws.iam.Role, log_group: aws.cloudwatch.LogGroup) -> aws.iam.RolePolicy:
        return aws.iam.RolePolicy(
            f"{self._name}-policy",
            role=role.name,
            policy=policy(
                [
                    write_log(log_group.arn),
                    self._read_environment(),
                    *([TRACE] if self._args.runtime.tracing else []),
                    *self._args.permissions,
                ]
            ),
            opts=self._child,
        )

    def _read_environment(self) -> Statement:
        runtime = self._args.runtime
        arn = pulumi.Output.concat(
            "arn:aws:lambda:", runtime.region, ":", runtime.account_id, ":function:", self._physical_name
        )
        return Statement(
            sid="ReadOwnEnvironment",
            actions=OPEN,
            resources=[runtime.key_arn],
            conditions={"StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": arn}},
        )

    def _function(
        self, role: aws.iam.Role, allowed: aws.iam.RolePolicy, log_group: aws.cloudwatch.LogGroup
    ) -> aws.lambda_.Function:
        args, runtime = self._args, self._args.runtime
        return aws.lambda_.Function(
            f"{self._name}-function",
            name=self._physical_name,
            runtime=f"python{runtime.python_version}",
            architectures=[runtime.architecture],
            handler=f"handlers.{args.role}.handler",
            code=runtime.code,
            layers=[runtime.layer_arn, *([runtime.polars_layer_arn] if args.polars else [])],
            role=role.arn,
            memory_size=args.memory_mb,
            timeout=args.timeout_s,
            ephemeral_storage={"size": args.storage_mb},
            reserved_concurrent_executions=args.reserved_concurrency,
            kms_key_arn=runtime.key_arn,
            environment={
                "variables": {**args.environment, "LOG_LEVEL": runtime.log_level, "STACK": runtime.stack}
            },
            tracing_config={"mode": "Active" if runtime.tracing else "PassThrough"},
            # our functions write JSON and filter by level themselves; with the format JSON, Lambda would set
            # the level of every library too, and at DEBUG botocore logs whole requests
            logging_config={"log_format": "Text", "log_group": log_group.name},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[allowed]),
        )
