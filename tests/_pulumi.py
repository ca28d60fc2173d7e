"""Runs Pulumi programs against mocks, and hands back what they declared: the resources and the outputs."""

import asyncio
import base64
import contextvars
import json
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final, cast

import pulumi
import pulumi.runtime
from attrs import evolve, field, frozen
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import SETTINGS, get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

# the parts of pulumi_aws warn of their own old names when they are first used, and here warnings are errors
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    for _part in (
        *(
            "appautoscaling",
            "appsync",
            "cloudwatch",
            "dynamodb",
            "ec2",
            "ecr",
            "ecs",
            "iam",
            "kms",
            "lambda_",
        ),
        *("lb", "s3", "sesv2", "sfn", "sns", "sqs", "vpc", "wafv2"),
    ):
        import_module(f"pulumi_aws.{_part}").__dir__()

PROJECT: Final = "foreman"
REGION: Final = "eu-central-1"
ACCOUNT: Final = "111122223333"
SECONDS: Final = 60
API_KEY: Final = "da2-the-value-of-the-key"
PUBLIC_KEY: Final = "aws:kms/getPublicKey:getPublicKey"
CALLER_IDENTITY: Final = "aws:index/getCallerIdentity:getCallerIdentity"
REGISTRY_TOKEN: Final = "aws:ecr/getAuthorizationToken:getAuthorizationToken"
IMAGE: Final = "docker-build:index:Image"


@frozen(kw_only=True)
class Recorded:
    """One resource as it was declared: its inputs are plain values, whole numbers as int."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    provider: str
    custom: bool
    parent: str = ""
    """The name of the resource above it."""
    protect: bool = False
    after: frozenset[str] = frozenset()
    """The names of the resources that had to be there first."""

    def policy(self, key: str = "policy") -> list[dict[str, Any]]:
        """The statements of a policy document among the inputs."""
        return list(json.loads(self.inputs[key])["Statement"])


@frozen(kw_only=True)
class Outcome:
    """What a program declared, and what it gave out."""

    stack: str
    resources: tuple[Recorded, ...]
    outputs: Mapping[str, Any] = field(factory=dict[str, Any])
    secret: frozenset[str] = frozenset()
    calls: tuple[tuple[str, str], ...] = ()
    """Token and provider of every data source."""

    def of(self, kind: str) -> list[Recorded]:
        """The resources of a type: `sqs.Queue`, or a whole token."""
        return [resource for resource in self.resources if kind in (resource.type, _short(resource.type))]

    def one(self, kind: str, name: str) -> Recorded:
        """The resource of a type and name."""
        found = [resource for resource in self.of(kind) if resource.name == name]
        assert len(found) == 1, (kind, name, sorted(resource.name for resource in self.of(kind)))
        return found[0]

    def policies(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every statement of every policy document, with the name of its resource."""
        for resource in self.resources:
            for key, value in resource.inputs.items():
                if isinstance(value, str) and '"Statement"' in value:
                    yield from ((resource.name, statement) for statement in resource.policy(key))

    def allowed(self, policy_name: str) -> dict[str, dict[str, Any]]:
        """The statements of a role's policy, by their sids."""
        return {statement["Sid"]: statement for statement in self.one("iam.RolePolicy", policy_name).policy()}


@contextmanager
def _loop_of_this_thread() -> Generator[None]:
    """Pulumi would make one, and leave it open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


class Monitor(MockMonitor):
    """Remembers what the mocks are not told of a declaration."""

    def __init__(self, mocks: pulumi.runtime.Mocks) -> None:
        super().__init__(mocks)
        self.requests: dict[tuple[str, str], Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - as Pulumi has it
        self.requests[request.type, request.name] = request
        with _loop_of_this_thread():
            return super().RegisterResource(request)  # pyright: ignore[reportUnknownMemberType]

    def Invoke(self, request: Any) -> Any:  # noqa: ANN401, N802 - as above
        with _loop_of_this_thread():
            return super().Invoke(request)  # pyright: ignore[reportUnknownMemberType]

    def completed(self, resource: Recorded) -> Recorded:
        request = self.requests[resource.type, resource.name]
        return evolve(
            resource,
            parent=request.parent.rpartition("::")[2],
            protect=request.protect,
            after=frozenset(urn.rpartition("::")[2] for urn in request.dependencies),
        )


class Recorder(pulumi.runtime.Mocks):
    """Answers every declaration with its own inputs and what AWS would add, and remembers it."""

    def __init__(self) -> None:
        super().__init__()
        self.resources: list[Recorded] = []
        self.calls: list[tuple[str, str]] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs: dict[str, Any] = _whole_numbers(cast("Any", args).inputs)
        self.resources.append(
            Recorded(
                type=args.typ,
                name=args.name,
                inputs=inputs,
                provider=args.provider or "",
                custom=bool(args.custom),
            )
        )
        return f"{args.name}-id", {**_added(args.typ, args.name, inputs), **inputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        self.calls.append((args.token, args.provider))
        if args.token == PUBLIC_KEY:
            return {"id": "k", "keyId": "k", "publicKey": base64.b64encode(b"a public key").decode()}, []
        if args.token == REGISTRY_TOKEN:
            return {"userName": "AWS", "password": "the token of the registry"}, []
        if args.token != CALLER_IDENTITY:
            raise AssertionError(f"{args.token} is not planned")
        return {"accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "userId": "u", "id": ACCOUNT}, []


def as_texts(config: Mapping[str, object]) -> dict[str, str]:
    """A stack's configuration as Pulumi's CLI hands it to the program: text, everything else as JSON."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in config.items()}


def run(
    program: Callable[[], object],
    *,
    stack: str = "dev",
    region: str | None = REGION,
    config: Mapping[str, str] | None = None,
) -> Outcome:
    """Run a program to its end, in a context of its own. What it raises is raised."""
    given = {} if region is None else {"aws:region": region}
    return contextvars.Context().run(_run, program, stack, {**given, **(config or {})})


def _run(program: Callable[[], object], stack: str, config: dict[str, str]) -> Outcome:
    recorder = Recorder()
    monitor = Monitor(recorder)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    def call() -> None:
        program()

    try:
        pulumis: Any = SETTINGS
        pulumis.outputs = set()  # those of a program that failed belong to a loop that is closed
        pulumi.runtime.set_mocks(recorder, project=PROJECT, stack=stack, preview=False, monitor=monitor)
        pulumi.runtime.set_all_config(config)
        loop.run_until_complete(asyncio.wait_for(run_pulumi_func(call), SECONDS))
        outputs, secret = loop.run_until_complete(asyncio.wait_for(_outputs(), SECONDS))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return Outcome(
        stack=stack,
        resources=tuple(map(monitor.completed, recorder.resources)),
        outputs=outputs,
        secret=secret,
        calls=tuple(recorder.calls),
    )


async def _outputs() -> tuple[dict[str, Any], frozenset[str]]:
    root = get_root_resource()
    given = root.outputs if isinstance(root, Stack) else {}
    outputs = {name: pulumi.Output.from_input(value) for name, value in given.items()}
    plain = {name: await output.future() for name, output in outputs.items()}
    return plain, frozenset([name for name, output in outputs.items() if await output.is_secret()])


def _short(token: str) -> str:
    """`aws:sqs/queue:Queue` as the program writes it: `sqs.Queue`."""
    package, _, name = token.rpartition(":")
    return f"{package.removeprefix('aws:').partition('/')[0]}.{name}"


def _whole_numbers(value: Any) -> Any:  # noqa: ANN401 - any JSON, and assets
    """Whole numbers as int: on their way to the mocks all numbers have become floats."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case Mapping():
            pairs = cast("Mapping[str, Any]", value).items()
            return {name: _whole_numbers(inner) for name, inner in pairs}
        case list():
            return [_whole_numbers(inner) for inner in cast("list[Any]", value)]
        case _:
            return value


def _added(token: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What AWS answers beside the inputs."""
    physical = inputs.get("name") or f"{name}-1a2b3c4"
    of_service: dict[str, dict[str, Any]] = {
        "appsync.ApiKey": {"key": API_KEY},
        "appsync.GraphQLApi": {
            "arn": f"arn:aws:appsync:{REGION}:{ACCOUNT}:apis/{name}-id",
            "uris": {"GRAPHQL": "https://api.example/graphql"},
        },
        "dynamodb.Table": {"arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{physical}"},
        "iam.Role": {"arn": f"arn:aws:iam::{ACCOUNT}:role/{physical}"},
        "kms.Key": {"arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}", "keyId": name},
        "lambda.Function": {"arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{physical}"},
        "lambda.LayerVersion": {"arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{name}:1"},
        "cloudwatch.MetricAlarm": {"arn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{physical}"},
        "appautoscaling.Policy": {"arn": f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:{name}"},
        "docker-build:index.Image": {"ref": f"{(inputs.get('tags') or [''])[0]}@sha256:{'0' * 64}"},
        "ecr.Repository": {
            "arn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{physical}",
            "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{physical}",
        },
        "ecs.Cluster": {"arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{physical}"},
        "ecs.TaskDefinition": {"arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}:1"},
        "lb.LoadBalancer": {
            "arn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/{physical}/1",
            "arnSuffix": f"app/{physical}/1",
            "dnsName": f"{physical}.{REGION}.elb.amazonaws.com",
        },
        "lb.TargetGroup": {
            "arn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{physical}/1",
            "arnSuffix": f"targetgroup/{physical}/1",
        },
        "wafv2.WebAcl": {"arn": f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/{physical}/1"},
        "cloudwatch.LogGroup": {"arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{physical}"},
        "s3.BucketObjectv2": {"versionId": f"version-of-{name}"},
        "s3.Bucket": {"arn": f"arn:aws:s3:::{physical}", "bucket": physical},
        "sfn.StateMachine": {"arn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{physical}"},
        "sesv2.ConfigurationSet": {
            "arn": f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{inputs.get('configurationSetName')}"
        },
        "sesv2.EmailIdentity": {
            "arn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{inputs.get('emailIdentity')}"
        },
        "sns.Topic": {"arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:{physical}"},
        "sqs.Queue": {
            "arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{physical}",
            "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{physical}",
        },
    }
    return {"name": physical, **of_service.get(_short(token), {})}
