"""Phase 3: long-running processes on Fargate, the web service and the worker for the largest files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

from components import _web, _worker
from components._balancer import WEB_PORT, Balancer, BalancerArgs
from components._container_settings import ContainerSettings, WebSettings, WorkerSettings
from components._function import Runtime
from components._image import Image, ImageArgs
from components._network import ANYWHERE, Network, NetworkArgs
from components._scaling import ScaledService, scale_by_backlog, scale_by_load
from components._steps import StepArgs
from components._task import Task, TaskArgs
from components._work_queue import WorkQueue

ON_DEMAND: Final = "FARGATE"
SPOT: Final = "FARGATE_SPOT"
FORCED: Final = True
"""Other shares of Spot are a deployment that is forced; without this the provider refuses them. By itself it
starts nothing, and no preview differs for it: it goes along when something else of the service changes.
Another image or setting is another task definition, which is deployed without it.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
"""


@frozen(kw_only=True)
class ContainersArgs:
    """What the containers need to know; `steps` is what the state machine's functions work on, too."""

    settings: ContainerSettings
    steps: StepArgs
    user_pool_id: str | None
    user_pool_keys_url: str
    protect: bool
    access_log_days: int
    noncurrent_days: int
    context: Path = Path()


class Containers(pulumi.ComponentResource):
    """A cluster with the services that the settings name. What they do not name is None."""

    work_queue: WorkQueue | None = None
    alarm_arns: Sequence[pulumi.Output[str]] = ()
    watched: Mapping[str, Mapping[str, pulumi.Output[str]]]
    """The services by what they are for, with the names by which they are watched (`WatchedService`)."""
    log_groups: Sequence[pulumi.Output[str]] = ()
    outputs: Mapping[str, pulumi.Output[str]]
    """What the stack gives out of them, by name."""

    def __init__(self, name: str, args: ContainersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreman:index:Containers", name, None, opts)
        self._name = name
        self._args = args
        self._runtime: Runtime = args.steps.runtime
        self._child = pulumi.ResourceOptions(parent=self)

        self._network = self._make_network()
        self._image = self._make_image()
        self._cluster, self._capacity = self._make_cluster()
        self.outputs, self.watched = {"image_repository_url": self._image.repository_url}, {}
        if args.settings.web is not None:
            self._serve(args.settings.web)
        if args.settings.worker is not None:
            self._work(args.settings.worker)

        self.register_outputs(dict(self.outputs))

    def _make_network(self) -> Network:
        return Network(
            f"{self._name}-network",
            NetworkArgs(runtime=self._runtime, settings=self._args.settings.network),
            opts=self._child,
        )

    def _make_image(self) -> Image:
        return Image(
            f"{self._name}-image",
            ImageArgs(
                given=self._args.settings.image,
                context=self._args.context,
                architecture=self._runtime.architecture,
                key_arn=self._runtime.key_arn,
                protect=self._args.protect,
            ),
            opts=self._child,
        )

    def _make_cluster(self) -> tuple[aws.ecs.Cluster, aws.ecs.ClusterCapacityProviders]:
        cluster = aws.ecs.Cluster(
            f"{self._name}-cluster",
            settings=[{"name": "containerInsights", "value": "enhanced"}],
            opts=self._child,
        )
        capacity = aws.ecs.ClusterCapacityProviders(
            f"{self._name}-capacity",
            cluster_name=cluster.name,
            capacity_providers=[ON_DEMAND, SPOT],
            opts=self._child,
        )
        return cluster, capacity

    def _serve(self, web: WebSettings) -> None:
        name = f"{self._name}-web"
        group = self._group(name, "The tasks of the web service")
        balancer = Balancer(
            f"{self._name}-alb",
            BalancerArgs(
                runtime=self._runtime,
                settings=web,
                topic_arn=self._args.steps.topic_arn,
                vpc_id=self._network.vpc_id,
                subnet_ids=self._network.public_subnet_ids,
                tasks_group_id=group.id,
                protect=self._args.protect,
                access_log_days=self._args.access_log_days,
                noncurrent_days=self._args.noncurrent_days,
            ),
            opts=self._child,
        )
        task = Task(
            name,
            TaskArgs(
                runtime=self._runtime,
                image=self._image,
                command=_web.COMMAND,
                environment=_web.environment(
                    self._args.steps,
                    web,
                    user_pool_id=self._args.user_pool_id,
                    keys_url=self._args.user_pool_keys_url,
                ),
                permissions=_web.permissions(self._args.steps),
                health=_web.HEALTH,
                cpu=web.cpu,
                memory_mb=web.memory_mb,
                stop_timeout_s=_web.STOP_S,
                port=WEB_PORT,
            ),
            opts=self._child,
        )
        service = aws.ecs.Service(
            f"{name}-service",
            cluster=self._cluster.arn,
            task_definition=task.definition_arn,
            desired_count=web.least,
            capacity_provider_strategies=shares(spot=web.spot),
            force_new_deployment=FORCED,
            platform_version="LATEST",
            network_configuration=self._inside(group),
            load_balancers=[
                {
                    "container_name": name,
                    "container_port": WEB_PORT,
                    "target_group_arn": balancer.target_group_arn,
                }
            ],
            health_check_grace_period_seconds=60,
            deployment_circuit_breaker={"enable": True, "rollback": True},
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            availability_zone_rebalancing="ENABLED",
            # so that a deployment which is rolled back is told as one that failed
            wait_for_steady_state=True,
            enable_execute_command=False,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            opts=self._scaled([balancer.listener]),
        )
        scale_by_load(
            name,
            ScaledService(cluster=self._cluster.name, service=service.name, least=web.least, most=web.most),
            scaling_label=pulumi.Output.concat(balancer.balancer, "/", balancer.targets),
            parent=self,
        )
        self._watch(
            "web",
            task,
            service,
            {"balancer": balancer.balancer, "targets": balancer.targets},
            balancer.alarm_arns,
        )
        client_id = pulumi.Output.from_input(web.user_pool_client_id)
        self.outputs = {
            **self.outputs,
            "service_url": balancer.url,
            "balancer_host": balancer.host,
            "user_pool_client_id": client_id,
        }

    def _watch(
        self,
        what: str,
        task: Task,
        service: aws.ecs.Service,
        names: Mapping[str, pulumi.Output[str]],
        alarm_arns: Sequence[pulumi.Output[str]],
    ) -> None:
        named = {"cluster": self._cluster.name, "service": service.name, **names}
        self.watched = {**self.watched, what: named}
        self.log_groups = (*self.log_groups, task.log_group)
        self.alarm_arns = (*self.alarm_arns, *alarm_arns)

    def _work(self, worker: WorkerSettings) -> None:
        name = f"{self._name}-worker"
        queue = WorkQueue(f"{self._name}-work", self._runtime, self._args.steps.topic_arn, opts=self._child)
        task = Task(
            name,
            TaskArgs(
                runtime=self._runtime,
                image=self._image,
                command=_worker.COMMAND,
                environment=_worker.environment(self._args.steps, worker, queue),
                permissions=_worker.permissions(self._args.steps, queue, cluster=self._cluster.name),
                health=_worker.HEALTH,
                cpu=worker.cpu,
                memory_mb=worker.memory_mb,
                storage_gb=worker.storage_gb,
                stop_timeout_s=_worker.STOP_S,
            ),
            opts=self._child,
        )
        service = aws.ecs.Service(
            f"{name}-service",
            cluster=self._cluster.arn,
            task_definition=task.definition_arn,
            desired_count=worker.least,
            capacity_provider_strategies=shares(spot=worker.spot),
            force_new_deployment=FORCED,
            platform_version="LATEST",
            network_configuration=self._inside(self._group(name, "The tasks of the worker")),
            deployment_circuit_breaker={"enable": True, "rollback": True},
            enable_execute_command=False,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            opts=self._scaled([]),
        )
        scale_by_backlog(
            name,
            ScaledService(
                cluster=self._cluster.name, service=service.name, least=worker.least, most=worker.most
            ),
            queue_name=queue.name,
            parent=self,
        )
        self.work_queue = queue
        self._watch("worker", task, service, {}, queue.alarm_arns)
        self.outputs = {
            **self.outputs,
            "work_queue_url": queue.url,
            "work_dead_letter_queue_url": queue.dead_letters_url,
        }

    def _group(self, name: str, what: str) -> aws.ec2.SecurityGroup:
        """Make the security group of tasks, which connect to others with TLS and nothing else."""
        group = aws.ec2.SecurityGroup(
            f"{name}-group", description=what, vpc_id=self._network.vpc_id, opts=self._child
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-out",
            security_group_id=group.id,
            description="TLS to AWS: endpoints in the network, and what has none",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            cidr_ipv4=ANYWHERE,
            opts=self._child,
        )
        return group

    def _inside(self, group: aws.ec2.SecurityGroup) -> aws.ecs.ServiceNetworkConfigurationArgsDict:
        return {
            "subnets": self._network.private_subnet_ids,
            "security_groups": [group.id],
            "assign_public_ip": False,
        }

    def _scaled(self, after: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        """Leave the number of tasks to its scaling once the service is there."""
        return pulumi.ResourceOptions(
            parent=self, depends_on=[self._capacity, *after], ignore_changes=["desiredCount"]
        )


def shares(*, spot: bool) -> list[aws.ecs.ServiceCapacityProviderStrategyArgsDict]:
    """Give the shares: the first task is always on demand, of the others three in four may be on Spot."""
    if not spot:
        return [{"capacity_provider": ON_DEMAND, "base": 1, "weight": 1}]
    return [
        {"capacity_provider": ON_DEMAND, "base": 1, "weight": 1},
        {"capacity_provider": SPOT, "weight": 3},
    ]
