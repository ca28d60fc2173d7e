"""The real program, once for every stack file: what must hold whatever is set."""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import pytest

from components._iam import NO_RESOURCE_LEVEL
from components._key import ROOT_STATEMENT
from components._provider import SERVICES
from tests import _program, _pulumi
from tests._program import ROOT, settings
from tests._pulumi import Outcome, Recorded

STACKS = sorted(
    path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in ROOT.glob("Pulumi.*.yaml")
)
OUTPUTS = {
    "graphql_url",
    "graphql_api_id",
    "api_key",
    "intake_bucket",
    "intake_queue_url",
    "dead_letter_queue_url",
    "state_machine_arn",
    "records_table",
    "ledger_table",
    "notification_topic_arn",
    "success_topic_arn",
    "partial_topic_arn",
    "failure_topic_arn",
    "announcements_queue_url",
    "announcements_dead_letter_queue_url",
    "notices_queue_url",
    "notices_dead_letter_queue_url",
    "receipt_key_fingerprint",
    "dashboard_url",
    "region",
    "role",
}
CONTAINER_OUTPUTS = {
    "containers": {"image_repository_url"},
    "web": {"service_url", "balancer_host", "user_pool_client_id"},
    "worker": {"work_queue_url", "work_dead_letter_queue_url"},
}
"""The part of the configuration, and the outputs that come with it."""
PROVIDER = "pulumi:providers:aws"
IMAGE = "docker-build:index:Image"
"""What is built on the machine that deploys, and is no resource of AWS."""
REGISTRY = "aws:ecr/getAuthorizationToken:getAuthorizationToken"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Outcome]:
    """The program as a stack's file sets it; each stack is run once."""
    packages = tmp_path_factory.mktemp("lambda")
    done: dict[str, Outcome] = {}

    def once(stack: str) -> Outcome:
        if stack not in done:
            done[stack] = _program.run(stack, packages)
        return done[stack]

    return once


@pytest.fixture(params=[*STACKS, "all-on"])
def program(run: Callable[[str], Outcome], request: pytest.FixtureRequest) -> Outcome:
    return run(request.param)


@pytest.fixture
def stack(program: Outcome) -> str:
    return program.stack


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def grants(program: Outcome) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement, but for those of private endpoints: these grant nothing, they let through."""
    endpoints = {endpoint.name for endpoint in program.of("ec2.VpcEndpoint")}
    return ((name, statement) for name, statement in program.policies() if name not in endpoints)


def functions(program: Outcome) -> Iterator[tuple[str, Recorded]]:
    """Every function with its role: the name of its handler's module."""
    for function in program.of("lambda.Function"):
        yield function.inputs["handler"].split(".")[1], function


def test_the_stacks_that_the_documentation_names_exist() -> None:
    assert {"dev", "local", "prod"} <= set(STACKS)


def test_no_policy_allows_an_action_by_a_wildcard(program: Outcome) -> None:
    for name, statement in program.policies():
        if statement["Effect"] == "Allow" and statement.get("Sid") != ROOT_STATEMENT:
            assert not any("*" in action for action in listed(statement["Action"])), (name, statement)
            assert "NotAction" not in statement, name


ENDPOINTS = {"lambda": "lambda_", "lb": "elbv2", "vpc": "ec2"}
"""The endpoints of parts of pulumi_aws that have none of their own name."""

KEYS = {"core-key", "core-receipt-key"}
"""In the policy of a key, everything is the key itself."""


def test_no_policy_allows_anything_on_everything(program: Outcome) -> None:
    for name, statement in grants(program):
        on_everything = "*" in listed(statement.get("Resource", []))
        if statement["Effect"] == "Allow" and on_everything and name not in KEYS:
            assert set(listed(statement["Action"])) <= set(NO_RESOURCE_LEVEL), (name, statement)
        assert "NotResource" not in statement, name


def test_a_wildcard_in_a_resource_stands_for_things_of_ours(program: Outcome) -> None:
    ours = (
        "arn:aws:s3:::intake-",  # objects of our buckets
        "arn:aws:s3:::core-layers-artifacts-",
        "arn:aws:s3:::containers-alb-access-log-",
        "/PlanChunks:*",
        ":task/containers-cluster-",
        "/MutateChunks:*",
        f":execution:foreman-{program.stack}-import:*",
        ":log-group:",  # the streams of one group
    )
    for name, statement in grants(program):
        for resource in listed(statement.get("Resource", [])):
            if "*" in resource.removeprefix("*"):
                assert any(part in resource for part in ours), (name, resource)


def test_a_wildcard_principal_only_ever_is_denied_something(program: Outcome) -> None:
    for name, statement in grants(program):
        if statement.get("Principal") == "*":
            assert statement["Effect"] == "Deny", name
        assert "NotPrincipal" not in statement, name


def test_no_managed_policy_is_attached(program: Outcome) -> None:
    assert not [resource for resource in program.resources if "PolicyAttachment" in resource.type]
    assert all("managedPolicyArns" not in role.inputs for role in program.of("iam.Role"))


def test_every_resource_uses_the_one_explicit_provider(program: Outcome) -> None:
    (provider,) = [resource for resource in program.resources if resource.type == PROVIDER]
    for resource in program.resources:
        if resource.custom and resource.type not in (PROVIDER, IMAGE):
            assert resource.provider.endswith(f"::{provider.name}::{provider.name}-id"), resource.name


def test_region_and_tags_come_from_the_provider(program: Outcome, stack: str) -> None:
    given = settings(stack)
    provider = program.one(PROVIDER, "aws")
    assert provider.inputs["region"] == given["aws:region"]
    assert json.loads(provider.inputs["defaultTags"]) == {
        "tags": {"application": "foreman", "stack": stack, **given.get("foreman:tags", {})}
    }
    for resource in program.resources:
        if resource.custom and resource.type not in (PROVIDER, IMAGE):
            assert "region" not in resource.inputs, resource.name
            assert "tags" not in resource.inputs, resource.name


def test_the_provider_knows_an_emulator_only_where_the_stack_names_one(program: Outcome, stack: str) -> None:
    endpoint = settings(stack).get("foreman:endpoint")
    inputs = program.one(PROVIDER, "aws").inputs
    if endpoint is None:
        assert not {"endpoints", "accessKey", "secretKey", "s3UsePathStyle"} & set(inputs)
        return
    (endpoints,) = json.loads(inputs["endpoints"])
    assert endpoints == {service.removesuffix("_"): endpoint for service in SERVICES}
    for flag in (
        "s3UsePathStyle",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
    ):
        assert inputs[flag] == "true", flag


def test_an_emulator_answers_for_every_service_that_the_program_uses(program: Outcome) -> None:
    # the provider has an endpoint of its own for what Pulumi counts among CloudWatch: the logs
    ours = [resource for resource in program.resources if resource.custom and resource.type != IMAGE]
    used = {resource.type.split(":")[1].split("/")[0] for resource in ours}
    named = {ENDPOINTS.get(service, service) for service in used - {"providers"}} | {"logs", "sts"}
    assert named <= set(SERVICES)
    if program.stack == "all-on":
        assert named == set(SERVICES)


def test_the_caller_and_a_public_key_are_the_only_questions_to_aws(program: Outcome) -> None:
    registry = {REGISTRY} if program.of(IMAGE) else set[str]()  # where the image is sent
    assert {token for token, _ in program.calls} == {_pulumi.CALLER_IDENTITY, _pulumi.PUBLIC_KEY} | registry
    assert all(provider.endswith("::aws::aws-id") for _, provider in program.calls)


def test_every_child_has_its_component_above_it_and_in_its_name(program: Outcome) -> None:
    components = {resource.name for resource in program.resources if not resource.custom}
    tops = {"containers", "core", "intake", "notices", "orchestration", "observability"}
    for resource in program.resources:
        if resource.type != PROVIDER and resource.name not in tops:
            assert resource.parent in components, resource.name
            assert resource.name.startswith(f"{resource.parent}-"), resource.name


@pytest.mark.parametrize("path", sorted((ROOT / "handlers").glob("[!_]*.py")), ids=lambda path: path.stem)
def test_every_handler_has_its_function(program: Outcome, path: Path) -> None:
    # the worker is a container's command
    assert (path.stem in dict(functions(program))) is (path.stem != "worker")


def test_a_functions_environment_is_what_its_handler_reads(program: Outcome) -> None:
    for role, function in functions(program):
        names = {field.name.upper() for field in attrs.fields(import_module(f"handlers.{role}").Settings)}
        variables = set(function.inputs["environment"]["variables"])
        assert variables - {"LOG_LEVEL", "STACK"} == names, role
        assert {"LOG_LEVEL", "STACK"} <= variables, role


def test_a_functions_environment_has_no_empty_value_and_no_secret(program: Outcome) -> None:
    for role, function in functions(program):
        values = function.inputs["environment"]["variables"].values()
        assert all(isinstance(value, str) and value for value in values), role
        assert _pulumi.API_KEY not in values, role


def test_a_functions_handler_can_be_called(program: Outcome) -> None:
    for role, function in functions(program):
        module, _, name = function.inputs["handler"].rpartition(".")
        assert callable(getattr(import_module(module), name)), role


def test_every_function_has_a_role_and_a_log_of_its_own(program: Outcome) -> None:
    of_functions = [function for _, function in functions(program)]
    assert len({function.inputs["role"] for function in of_functions}) == len(of_functions)
    groups = {group.inputs["name"]: group for group in program.of("cloudwatch.LogGroup")}
    for function in of_functions:
        group = groups[f"/aws/lambda/{function.inputs['name']}"]
        assert group.name in function.after
        assert len(function.inputs["name"]) <= 64


def test_every_log_group_ends_and_is_encrypted(program: Outcome, stack: str) -> None:
    key = program.one("kms.Key", "core-key")
    for group in program.of("cloudwatch.LogGroup"):
        assert group.inputs["retentionInDays"] == settings(stack).get("foreman:logRetentionDays", 90)
        assert group.inputs["kmsKeyId"].endswith(f":key/{key.name}")


def test_the_computed_arn_of_the_state_machine_is_the_real_one(program: Outcome) -> None:
    real = program.outputs["state_machine_arn"]
    told = {
        function.inputs["environment"]["variables"]["STATE_MACHINE_ARN"]
        for role, function in functions(program)
        if role in ("intake", "imports")
    }
    assert told == {real}


def test_functions_state_machine_and_api_are_traced_if_the_stack_says_so(
    program: Outcome, stack: str
) -> None:
    tracing = settings(stack).get("foreman:tracing", True)
    modes = {function.inputs["tracingConfig"]["mode"] for _, function in functions(program)}
    assert modes == {"Active" if tracing else "PassThrough"}
    (machine,) = program.of("sfn.StateMachine")
    assert machine.inputs["tracingConfiguration"] == {"enabled": tracing}
    (api,) = program.of("appsync.GraphQLApi")
    assert api.inputs["xrayEnabled"] is tracing


def test_archives_come_from_where_they_are_packed(program: Outcome) -> None:
    assert {Path(function.inputs["code"].path).name for _, function in functions(program)} == {"code.zip"}
    sources = {
        archive.inputs["key"]: Path(archive.inputs["source"].path).name
        for archive in program.of("s3.BucketObjectv2")
    }
    assert sources == {"layers/dependencies.zip": "layer.zip", "layers/polars.zip": "polars.zip"}


def test_every_function_has_the_dependencies_and_the_reader_of_whole_files_has_polars(
    program: Outcome,
) -> None:
    for role, function in functions(program):
        layers = [arn.split(":")[-2] for arn in function.inputs["layers"]]
        further = ["core-layers-polars"] if role in ("validate", "prepare") else []
        assert layers == ["core-layers-dependencies", *further], role


def test_the_stack_gives_out_exactly_these(program: Outcome) -> None:
    containers = settings(program.stack).get("foreman:containers")
    parts = set[str]() if containers is None else {"containers", *containers}
    given = {output for part, outputs in CONTAINER_OUTPUTS.items() if part in parts for output in outputs}
    pool = {"user_pool_id"} if "foreman:userPoolId" in settings(program.stack) else set[str]()
    assert set(program.outputs) == OUTPUTS | given | pool
    assert all(program.outputs.values())
    assert program.outputs["role"] == "primary"


def test_the_api_key_is_secret_and_in_no_other_output(program: Outcome) -> None:
    assert program.secret == {"api_key"}
    assert program.outputs["api_key"] == _pulumi.API_KEY
    others = {name: value for name, value in program.outputs.items() if name != "api_key"}
    assert _pulumi.API_KEY not in json.dumps(others)


def test_names_are_left_to_pulumi_unless_someone_computes_them(program: Outcome) -> None:
    fixed = {resource.type.split(":")[1] for resource in program.resources if "name" in resource.inputs}
    assert fixed == {
        "appsync/dataSource",
        "appsync/graphQLApi",
        "cloudwatch/logGroup",
        "cloudwatch/queryDefinition",
        "kms/alias",
        "lambda/function",
        "sfn/stateMachine",
    }


def test_production_is_protected(run: Callable[[str], Outcome]) -> None:
    prod = run("prod")
    assert all(table.inputs["deletionProtectionEnabled"] for table in prod.of("dynamodb.Table"))
    protected = {resource.name for resource in prod.resources if resource.protect}
    assert protected == {
        "core-key",
        "core-ledger",
        "core-receipt-key",
        "core-records",
        "intake-access-log-bucket",
        "intake-files-bucket",
    }


def test_production_does_not_describe_itself_to_strangers(run: Callable[[str], Outcome]) -> None:
    assert run("prod").one("appsync.GraphQLApi", "core-api").inputs["introspectionConfig"] == "DISABLED"


def test_production_keeps_its_logs_for_a_year(run: Callable[[str], Outcome]) -> None:
    assert {group.inputs["retentionInDays"] for group in run("prod").of("cloudwatch.LogGroup")} == {365}


@pytest.mark.parametrize("name", ["dev", "local"])
def test_a_stack_to_play_with_leaves_nothing_behind(run: Callable[[str], Outcome], name: str) -> None:
    assert not any(resource.protect for resource in run(name).resources)
