import json
import re
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

import attrs
import pulumi
import pytest
from attrs import evolve

from components import _web, _worker
from components._container_settings import ContainerSettings, NetworkSettings, WorkerSettings
from components._image import SOURCES, content_hash, ecr_arn
from components._network import quarters
from components._scaling import backlog_steps
from components._work_queue import VISIBILITY_S
from components.containers import Containers
from components.orchestration import Orchestration
from foreman_core.worker import HIDDEN_LONGER_S
from handlers import _clients, worker
from service import settings as web_settings
from service.access import KEYS_TIMEOUT_S
from tests import _pulumi
from tests._pulumi import ACCOUNT, REGION, Outcome
from tests.components import _given

ROOT = Path(__file__).parents[2]
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:containers-work-queue-1a2b3c4"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/containers-work-queue-1a2b3c4"
OWN_HOST = f"containers-alb-balancer-1a2b3c4.{REGION}.elb.amazonaws.com"
REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository"
LONGEST_POLICY = 10_240
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def declared(**changed: object) -> Outcome:
    return _pulumi.run(lambda: Containers("containers", _given.containers(**changed)))


def with_settings(**changed: Any) -> Outcome:  # noqa: ANN401 - any setting
    return declared(settings=evolve(_given.containers().settings, **changed))


@pytest.fixture(scope="module")
def containers() -> Outcome:
    return declared()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What an image is built from, as small as it gets."""
    for source in SOURCES:
        place = tmp_path / source
        if (ROOT / source).is_file():
            place.write_text(source)
        else:
            place.mkdir()
            (place / "part.py").write_text(source)
    return tmp_path


def container(of: Outcome, name: str) -> dict[str, Any]:
    (found,) = json.loads(
        of.one("ecs.TaskDefinition", f"containers-{name}-task").inputs["containerDefinitions"]
    )
    return dict(found)


def environment(of: Outcome, name: str) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container(of, name)["environment"]}


def test_an_image_that_is_given_is_run_and_none_is_built(containers: Outcome) -> None:
    assert container(containers, "web")["image"] == _given.IMAGE
    assert container(containers, "worker")["image"] == _given.IMAGE
    assert not containers.of(_pulumi.IMAGE)
    assert not containers.calls
    pull = containers.allowed("containers-web-start-policy")["PullImage"]
    assert pull["Resource"] == [f"{REPOSITORY}/foreman"]


def test_an_image_of_another_registry_needs_no_permission_of_this_one() -> None:
    assert ecr_arn(f"ghcr.io/somebody/foreman@sha256:{'0' * 64}") is None
    of = with_settings(image=f"ghcr.io/somebody/foreman@sha256:{'0' * 64}")
    assert set(of.allowed("containers-web-start-policy")) == {"WriteOwnLog"}


@pytest.mark.parametrize(("architecture", "platform"), [("arm64", "linux/arm64"), ("x86_64", "linux/amd64")])
def test_without_one_an_image_is_built_and_run_by_its_digest(
    checkout: Path, architecture: str, platform: str
) -> None:
    of = declared(
        settings=evolve(_given.containers().settings, image=None),
        steps=_given.orchestration(runtime=_given.runtime(architecture=architecture)),
        context=checkout,
    )
    built = of.one(_pulumi.IMAGE, "containers-image-build").inputs
    repository = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/containers-image-repository-1a2b3c4"
    assert built["platforms"] == [platform]
    assert built["push"] is True
    assert built["tags"] == [f"{repository}:{content_hash(checkout, architecture)}"]
    assert built["dockerfile"] == {"location": str(checkout / "Dockerfile")}
    assert built["registries"][0]["address"] == repository
    assert container(of, "worker")["image"] == f"{built['tags'][0]}@sha256:{'0' * 64}"
    assert of.allowed("containers-worker-start-policy")["PullImage"]["Resource"] == [
        f"{REPOSITORY}/containers-image-repository-1a2b3c4"
    ]
    assert [token for token, _ in of.calls] == [_pulumi.REGISTRY_TOKEN]


def test_a_tag_is_that_of_the_content(checkout: Path) -> None:
    before = content_hash(checkout, "arm64")
    (checkout / "handlers" / "__pycache__").mkdir()
    (checkout / "handlers" / "__pycache__" / "part.pyc").write_bytes(b"compiled")
    assert content_hash(checkout, "arm64") == before
    assert content_hash(checkout, "x86_64") != before
    (checkout / "handlers" / "part.py").rename(checkout / "handlers" / "other.py")
    assert content_hash(checkout, "arm64") != before


@pytest.mark.parametrize("source", SOURCES)
def test_whatever_the_image_is_made_of_counts_for_its_tag(checkout: Path, source: str) -> None:
    before = content_hash(checkout, "arm64")
    place = checkout / source
    (place if place.is_file() else place / "part.py").write_text("other")
    assert content_hash(checkout, "arm64") != before


def test_a_part_that_is_missing_is_named(checkout: Path) -> None:
    (checkout / "Dockerfile").unlink()
    with pytest.raises(pulumi.RunError, match=r"Dockerfile is part of the image and is not there"):
        content_hash(checkout, "arm64")


def granted(of: Outcome, policy: str) -> set[tuple[str, str]]:
    statements = of.one("iam.RolePolicy", policy).policy()
    return {(a, r) for each in statements for a in each["Action"] for r in each["Resource"]}


@pytest.fixture(scope="module")
def functions() -> Outcome:
    """The functions that do the same work."""
    return _pulumi.run(lambda: Orchestration("orchestration", _given.orchestration()))


@pytest.mark.parametrize("role", _worker.STEPS)
def test_the_worker_may_do_what_the_step_may_whose_work_it_does(
    containers: Outcome, functions: Outcome, role: str
) -> None:
    own = {
        (action, resource)
        for action, resource in granted(functions, f"orchestration-{role}-policy")
        if not action.startswith(("logs:", "xray:"))
    }
    # the key is opened for the environment of a function, which a task does not have
    assert own
    assert own <= granted(containers, "containers-worker-policy")


@pytest.mark.parametrize("role", ["web", "worker", "web-start", "worker-start"])
def test_the_endpoints_let_through_whatever_a_task_may_do(containers: Outcome, role: str) -> None:
    """But for what has no endpoint here, and for keys that a service uses in the task's name."""
    passes = {
        (endpoint.inputs["serviceName"].rpartition(f"{REGION}.")[2].partition(".")[0], action)
        for endpoint in containers.of("ec2.VpcEndpoint")
        for statement in endpoint.policy()
        for action in statement["Action"]
    }
    services = {service for service, _ in passes}
    asked = {
        action
        for statement in containers.allowed(f"containers-{role}-policy").values()
        if "kms:ViaService" not in json.dumps(statement.get("Condition"))
        for action in statement["Action"]
    }
    known = {action for action in asked if action.partition(":")[0] in services}
    assert known
    assert {(action.partition(":")[0], action) for action in known} <= passes


def test_the_worker_takes_work_and_tells_what_became_of_it(containers: Outcome) -> None:
    allowed = containers.allowed("containers-worker-policy")
    assert allowed["TakeWork"]["Action"] == [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:ReceiveMessage",
    ]
    assert allowed["TakeWork"]["Resource"] == [QUEUE]
    assert allowed["AnswerTasks"]["Action"] == [
        "states:SendTaskFailure",
        "states:SendTaskHeartbeat",
        "states:SendTaskSuccess",
    ]
    assert allowed["StayWhileAtWork"]["Resource"][0].endswith(":task/containers-cluster-1a2b3c4/*")
    assert not any(action.startswith("sns:") for each in allowed.values() for action in each["Action"])


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_roles_policy_is_one_that_iam_takes(containers: Outcome, name: str) -> None:
    policy = containers.one("iam.RolePolicy", f"containers-{name}-policy")
    sids = [statement["Sid"] for statement in policy.policy()]
    assert len(sids) == len(set(sids))
    assert len(policy.inputs["policy"]) < LONGEST_POLICY


def test_the_worker_is_told_what_the_steps_are_told(containers: Outcome, functions: Outcome) -> None:
    told = {
        name: value
        for role in _worker.STEPS
        for name, value in functions.one("lambda.Function", f"orchestration-{role}-function")
        .inputs["environment"]["variables"]
        .items()
    }
    region = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    ours = {
        **region,
        "TMPDIR": "/scratch",
        "WORK_QUEUE_URL": QUEUE_URL,
        "LEASE_S": "240",
        "STOP_S": "100",
        "WORKER_THREADS": "8",
    }
    assert environment(containers, "worker") == told | ours


def test_a_container_is_told_all_that_its_code_asks_for(containers: Outcome) -> None:
    for name, settings in (("worker", worker.Settings), ("web", web_settings.Settings)):
        asked = {field.name.upper() for field in attrs.fields(settings)}
        assert asked <= set(environment(containers, name)), name


def test_what_the_queue_hides_lasts_as_long_as_a_lease() -> None:
    """A message that was seen again before the lease of who had it is over would have to wait once more."""
    assert _worker.LEASE_S + HIDDEN_LONGER_S <= VISIBILITY_S


def test_the_web_service_is_told_whom_to_trust(containers: Outcome) -> None:
    told = environment(containers, "web")
    assert told["USER_POOL_ISSUER"] == f"https://cognito-idp.{REGION}.amazonaws.com/eu-central-1_pool"
    assert told["USER_POOL_CLIENT_ID"] == "client"
    assert told["STATE_MACHINE_ARN"] == _given.MACHINE
    assert told["PORT"] == "8443"


def test_the_web_service_writes_no_record_and_no_file_of_a_job(containers: Outcome) -> None:
    allowed = containers.allowed("containers-web-policy")
    assert allowed["UseRecords"]["Action"] == ["dynamodb:GetItem", "dynamodb:Scan"]
    assert allowed["WriteFiles"]["Resource"] == [f"{_given.BUCKET}/incoming/*"]
    assert "ReadUploads" not in allowed  # it signs forms for files, and reads none
    assert allowed["ReadFiles"]["Resource"] == [f"{_given.BUCKET}/jobs/*/rejects.csv"]
    assert allowed["TellGoneFromForbidden"]["Action"] == ["s3:ListBucket"]  # a job may have no rejects yet
    assert allowed["StartJobs"]["Resource"] == [_given.MACHINE]


@pytest.mark.parametrize(("name", "seconds"), [("web", 30), ("worker", 120)])
def test_a_container_writes_to_its_scratch_folder_alone_and_may_end_in_peace(
    containers: Outcome, name: str, seconds: int
) -> None:
    of = container(containers, name)
    assert of["mountPoints"] == [{"sourceVolume": "scratch", "containerPath": "/scratch", "readOnly": False}]
    assert environment(containers, name)["TMPDIR"] == "/scratch"
    assert of["stopTimeout"] == seconds
    assert of["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
    assert of["healthCheck"]["command"][0] == "CMD"


def test_the_commands_are_those_of_the_image(containers: Outcome) -> None:
    assert container(containers, "web")["command"] == list(_web.COMMAND)
    assert container(containers, "worker")["command"] == list(_worker.COMMAND)


def test_a_deployment_that_does_not_become_healthy_is_rolled_back(containers: Outcome) -> None:
    for service in containers.of("ecs.Service"):
        assert service.inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    web = containers.one("ecs.Service", "containers-web-service")
    assert web.inputs["deploymentMinimumHealthyPercent"] == 100
    assert "containers-alb-listener" in web.after
    assert "containers-capacity" in web.after


def test_other_shares_of_spot_are_not_refused(containers: Outcome) -> None:
    """Without triggers, which would differ at every preview."""
    for service in containers.of("ecs.Service"):
        assert service.inputs["forceNewDeployment"] is True
        assert "triggers" not in service.inputs


def test_the_first_task_is_never_on_spot(containers: Outcome) -> None:
    worker = containers.one("ecs.Service", "containers-worker-service").inputs["capacityProviderStrategies"]
    assert worker == [
        {"capacityProvider": "FARGATE", "base": 1, "weight": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    ]
    web = containers.one("ecs.Service", "containers-web-service").inputs["capacityProviderStrategies"]
    assert web == [{"capacityProvider": "FARGATE", "base": 1, "weight": 1}]


def tasks_for(messages: int, most: int) -> int:
    """What Application Auto Scaling makes of the steps: bounds are added to the threshold, of one message."""
    (found,) = [
        step["scaling_adjustment"]
        for step in backlog_steps(most)
        if step["metric_interval_lower_bound"] <= messages - 1
        and messages - 1 < step.get("metric_interval_upper_bound", float("inf"))
    ]
    return found


@pytest.mark.parametrize("most", [1, 2, 3, 4, 7, 100])
def test_the_worker_grows_with_what_waits_and_no_further_than_allowed(most: int) -> None:
    numbers = [tasks_for(messages, most) for messages in range(1, 300)]
    assert numbers == sorted(numbers)
    assert numbers[0] == 1
    assert numbers[-1] == most
    assert all(
        number <= messages < 2 * number or number == most for messages, number in enumerate(numbers, 1)
    )


def test_the_worker_starts_from_none_and_ends_when_nothing_is_left(containers: Outcome) -> None:
    assert containers.one("ecs.Service", "containers-worker-service").inputs["desiredCount"] == 0
    target = containers.one("appautoscaling.Target", "containers-worker-scaling").inputs
    assert (target["minCapacity"], target["maxCapacity"]) == (0, 4)
    none = containers.one("appautoscaling.Policy", "containers-worker-to-zero").inputs
    assert none["stepScalingPolicyConfiguration"]["stepAdjustments"] == [
        {"metricIntervalUpperBound": "0", "scalingAdjustment": 0}
    ]
    for alarm, policy, comparison in (
        ("backlog", "by-backlog", "GreaterThanOrEqualToThreshold"),
        ("idle", "to-zero", "LessThanThreshold"),
    ):
        watched = containers.one("cloudwatch.MetricAlarm", f"containers-worker-{alarm}").inputs
        assert watched["comparisonOperator"] == comparison
        assert watched["alarmActions"][0].endswith(f":containers-worker-{policy}")
        total, *counts = watched["metricQueries"]
        assert total["expression"] == "waiting + taken"
        assert [each["metric"]["metricName"] for each in counts] == [
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
        ]
        assert counts[0]["metric"]["dimensions"] == {"QueueName": "containers-work-queue-1a2b3c4"}


def test_the_web_service_grows_with_processor_time_and_requests(containers: Outcome) -> None:
    requests = containers.one("appautoscaling.Policy", "containers-web-by-requests").inputs
    metric = requests["targetTrackingScalingPolicyConfiguration"]["predefinedMetricSpecification"]
    assert re.fullmatch(r"app/[^/]+/1/targetgroup/[^/]+/1", metric["resourceLabel"])
    cpu = containers.one("appautoscaling.Policy", "containers-web-by-cpu").inputs
    assert cpu["targetTrackingScalingPolicyConfiguration"]["targetValue"] == 60


def test_only_what_the_configuration_names_reaches_the_balancer(containers: Outcome) -> None:
    rules = containers.of("vpc.SecurityGroupIngressRule")
    sources = {
        (rule.inputs.get("prefixListId") or rule.inputs.get("cidrIpv4"), rule.inputs["fromPort"])
        for rule in rules
        if rule.inputs["securityGroupId"] == "containers-alb-group-id"
    }
    assert sources == {("pl-0a1b", 443), ("192.0.2.0/24", 80), ("192.0.2.0/24", 443)}
    (to_tasks,) = [rule for rule in rules if rule.inputs["securityGroupId"] == "containers-web-group-id"]
    assert to_tasks.inputs["referencedSecurityGroupId"] == "containers-alb-group-id"
    assert to_tasks.inputs["fromPort"] == to_tasks.inputs["toPort"] == 8443


@pytest.mark.parametrize(
    ("host", "shown"), [("foreman.example.org", "foreman.example.org"), (None, OWN_HOST)]
)
def test_clients_are_given_the_name_that_the_certificate_is_for(host: str | None, shown: str) -> None:
    """And the balancer's own, for it to lead to; an emulator has no other."""

    def program() -> None:
        settings = evolve(_given.containers().settings, web=_given.web(host=host))
        for name, value in Containers("containers", _given.containers(settings=settings)).outputs.items():
            pulumi.export(name, value)

    given = _pulumi.run(program).outputs
    assert (given["service_url"], given["balancer_host"]) == (f"https://{shown}", OWN_HOST)


def idle_s(of: Outcome) -> int:
    return int(of.one("lb.LoadBalancer", "containers-alb-balancer").inputs["idleTimeout"])


def test_the_service_gives_up_before_the_balancer_does(containers: Outcome) -> None:
    """A request asks for the keys of the user pool, and ends with the first call that has no answer."""
    config: Any = _clients.BRIEF
    tries = config.retries["total_max_attempts"]
    pauses = sum(2**number for number in range(tries - 1))
    call = tries * (config.connect_timeout + config.read_timeout) + pauses
    keys = 2 * KEYS_TIMEOUT_S  # to connect, and to read
    assert keys + call < idle_s(containers)


def test_the_service_keeps_connections_for_longer_than_the_balancer_does(
    containers: Outcome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path])
    configured = runpy.run_path(str(Path(web_settings.__file__).with_name("gunicorn.conf.py")))
    assert configured["keepalive"] > idle_s(containers)


def test_only_balancers_write_their_access_log(containers: Outcome) -> None:
    _, allow = containers.one("s3.BucketPolicy", "containers-alb-access-log-policy").policy()
    assert allow["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert allow["Condition"] == {
        "ArnLike": {"aws:SourceArn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/*"}
    }


def test_a_range_is_cut_in_four() -> None:
    assert quarters("10.20.0.0/20") == ["10.20.0.0/22", "10.20.4.0/22", "10.20.8.0/22", "10.20.12.0/22"]


def test_zones_share_one_way_out_or_have_two() -> None:
    def ways(gateways: int) -> set[str]:
        of = with_settings(network=NetworkSettings(nat_gateways=gateways))
        return {
            route.inputs["natGatewayId"] for route in of.of("ec2.Route") if "natGatewayId" in route.inputs
        }

    assert ways(1) == {"containers-network-nat-a-id"}
    assert ways(2) == {"containers-network-nat-a-id", "containers-network-nat-b-id"}


def test_paid_endpoints_can_be_left_out_and_free_ones_stay() -> None:
    of = with_settings(network=NetworkSettings(private_endpoints=False))
    assert {each.inputs["vpcEndpointType"] for each in of.of("ec2.VpcEndpoint")} == {"Gateway"}
    assert len(of.of("ec2.VpcEndpoint")) == 2


def test_a_network_that_is_there_is_used_and_none_is_made() -> None:
    network = NetworkSettings(vpc_id="vpc-1", public_subnet_ids=("a", "b"), private_subnet_ids=("c", "d"))
    of = with_settings(network=network)
    assert not of.of("ec2.Vpc")
    assert not of.of("ec2.VpcEndpoint")
    assert of.one("lb.LoadBalancer", "containers-alb-balancer").inputs["subnets"] == ["a", "b"]
    inside = of.one("ecs.Service", "containers-worker-service").inputs["networkConfiguration"]
    assert inside["subnets"] == ["c", "d"]
    assert {group.inputs["vpcId"] for group in of.of("ec2.SecurityGroup")} == {"vpc-1"}


def test_a_worker_alone_has_no_balancer() -> None:
    of = declared(settings=ContainerSettings(image=_given.IMAGE, worker=WorkerSettings()))
    assert not of.of("lb.LoadBalancer")
    assert [service.name for service in of.of("ecs.Service")] == ["containers-worker-service"]


def test_a_web_service_alone_has_no_queue() -> None:
    of = declared(settings=ContainerSettings(image=_given.IMAGE, web=_given.web()))
    assert not of.of("sqs.Queue")
    assert [service.name for service in of.of("ecs.Service")] == ["containers-web-service"]
