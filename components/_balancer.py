"""The one door to the web service: TLS from outside, TLS to the tasks, behind a firewall."""

from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

from components._alarm import AlarmArgs, raise_alarm
from components._bucket import PrivateBucket, PrivateBucketArgs
from components._container_settings import PREFIX_LIST, WebSettings
from components._firewall import Firewall, FirewallArgs
from components._function import Runtime

WEB_PORT: Final = 8443
HEALTH_PATH: Final = "/health"
TLS_POLICY: Final = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.2 and 1.3 with forward secrecy:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html"""
IDLE_S: Final = 60
"""So long does it wait for an answer. The service's own limits are below, so that it is the service that
says what is wrong; and the service keeps idle connections longer, so that none is closed while it is used:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html"""
DRAIN_S: Final = 30
ERRORS: Final = 5
"""Answers in five minutes; a caller tries a single one again."""
LOG_PREFIX: Final = "balancer"


@frozen(kw_only=True)
class BalancerArgs:
    """Where the balancer stands, who may reach it, and the security group of the tasks behind it."""

    runtime: Runtime
    settings: WebSettings
    topic_arn: pulumi.Input[str]
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    tasks_group_id: pulumi.Input[str]
    protect: bool
    access_log_days: int
    noncurrent_days: int


class Balancer(pulumi.ComponentResource):
    """A balancer whose targets are tasks; `balancer` and `targets` are their names in metrics. `url` is the
    clients' way in, by the name that its certificate fits, and `host` is where that name has to lead.
    """

    url: pulumi.Output[str]
    host: pulumi.Output[str]
    target_group_arn: pulumi.Output[str]
    balancer: pulumi.Output[str]
    targets: pulumi.Output[str]
    alarm_arns: Sequence[pulumi.Output[str]]
    listener: aws.lb.Listener

    def __init__(self, name: str, args: BalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreman:index:Balancer", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        balancer = self._balancer(self._group(), self._access_log())
        targets = self._targets()
        self.listener = self._listen(balancer, targets)
        self._guard(balancer)

        self.host = balancer.dns_name
        self.url = pulumi.Output.concat("https://", args.settings.host or self.host)
        self.target_group_arn = targets.arn
        self.balancer, self.targets = balancer.arn_suffix, targets.arn_suffix
        self.alarm_arns = self._alarms()
        self.register_outputs({"url": self.url, "target_group_arn": self.target_group_arn})

    def _group(self) -> aws.ec2.SecurityGroup:
        args = self._args
        group = aws.ec2.SecurityGroup(
            f"{self._name}-group",
            description="The balancer of the web service",
            vpc_id=args.vpc_id,
            opts=self._child,
        )
        for at, source in enumerate(args.settings.allow):
            for port in ports(source):
                self._admit(group, f"{self._name}-in-{at}-{port}", source, port)
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-to-tasks",
            security_group_id=group.id,
            description="To the tasks",
            referenced_security_group_id=args.tasks_group_id,
            ip_protocol="tcp",
            from_port=WEB_PORT,
            to_port=WEB_PORT,
            opts=self._child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-at-tasks",
            security_group_id=args.tasks_group_id,
            description="From the balancer",
            referenced_security_group_id=group.id,
            ip_protocol="tcp",
            from_port=WEB_PORT,
            to_port=WEB_PORT,
            opts=self._child,
        )
        return group

    def _admit(self, group: aws.ec2.SecurityGroup, name: str, source: str, port: int) -> None:
        is_list = PREFIX_LIST.fullmatch(source) is not None
        aws.vpc.SecurityGroupIngressRule(
            name,
            security_group_id=group.id,
            description="Clients, as the configuration names them",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            prefix_list_id=source if is_list else None,
            cidr_ipv4=None if is_list else source,
            opts=self._child,
        )

    def _access_log(self) -> PrivateBucket:
        """Make the bucket for access logs; the balancer can only write there without a key of ours.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
        """
        args = self._args
        balancers = pulumi.Output.concat(
            "arn:aws:elasticloadbalancing:",
            args.runtime.region,
            ":",
            args.runtime.account_id,
            ":loadbalancer/*",
        )
        return PrivateBucket(
            f"{self._name}-access-log",
            PrivateBucketArgs(
                expire_days={"": args.access_log_days},
                noncurrent_days=args.noncurrent_days,
                key_arn=None,
                protect=args.protect,
                statements=[
                    {
                        "Sid": "LetBalancersLogAccess",
                        "Effect": "Allow",
                        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                        "Action": "s3:PutObject",
                        "Condition": {"ArnLike": {"aws:SourceArn": balancers}},
                    }
                ],
            ),
            opts=self._child,
        )

    def _balancer(self, group: aws.ec2.SecurityGroup, log: PrivateBucket) -> aws.lb.LoadBalancer:
        args = self._args
        return aws.lb.LoadBalancer(
            f"{self._name}-balancer",
            load_balancer_type="application",
            internal=False,
            subnets=args.subnet_ids,
            security_groups=[group.id],
            idle_timeout=IDLE_S,
            drop_invalid_header_fields=True,
            desync_mitigation_mode="strictest",
            enable_deletion_protection=args.protect,
            access_logs={"enabled": True, "bucket": log.name, "prefix": LOG_PREFIX},
            # it checks that it may write there
            opts=pulumi.ResourceOptions(parent=self, depends_on=[log]),
        )

    def _targets(self) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            f"{self._name}-targets",
            vpc_id=self._args.vpc_id,
            target_type="ip",
            protocol="HTTPS",
            port=WEB_PORT,
            deregistration_delay=DRAIN_S,
            health_check={
                "enabled": True,
                "protocol": "HTTPS",
                "path": HEALTH_PATH,
                "matcher": "200",
                "interval": 15,
                "timeout": 5,
                "healthy_threshold": 2,
                "unhealthy_threshold": 3,
            },
            opts=self._child,
        )

    def _listen(self, balancer: aws.lb.LoadBalancer, targets: aws.lb.TargetGroup) -> aws.lb.Listener:
        aws.lb.Listener(
            f"{self._name}-redirect",
            load_balancer_arn=balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[
                {
                    "type": "redirect",
                    "redirect": {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"},
                }
            ],
            opts=self._child,
        )
        return aws.lb.Listener(
            f"{self._name}-listener",
            load_balancer_arn=balancer.arn,
            port=443,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=self._args.settings.certificate_arn,
            default_actions=[{"type": "forward", "target_group_arn": targets.arn}],
            opts=self._child,
        )

    def _guard(self, balancer: aws.lb.LoadBalancer) -> None:
        firewall = Firewall(
            f"{self._name}-firewall",
            FirewallArgs(
                runtime=self._args.runtime,
                requests_in_five_minutes=self._args.settings.requests_in_five_minutes,
            ),
            opts=self._child,
        )
        aws.wafv2.WebAclAssociation(
            f"{self._name}-guard", resource_arn=balancer.arn, web_acl_arn=firewall.arn, opts=self._child
        )

    def _alarms(self) -> list[pulumi.Output[str]]:
        balancer = {"LoadBalancer": self.balancer}
        targets = {"TargetGroup": self.targets, **balancer}
        alarms = {
            "errors": AlarmArgs(
                meaning="The web service breaks over requests.",
                namespace="AWS/ApplicationELB",
                metric="HTTPCode_Target_5XX_Count",
                dimensions=targets,
                threshold=ERRORS,
                minutes=5,
            ),
            "unanswered": AlarmArgs(
                meaning="The balancer has no answer of the web service to give.",
                namespace="AWS/ApplicationELB",
                metric="HTTPCode_ELB_5XX_Count",
                dimensions=balancer,
                threshold=ERRORS,
                minutes=5,
            ),
            "unhealthy": AlarmArgs(
                meaning="Tasks of the web service do not pass the balancer's health check.",
                namespace="AWS/ApplicationELB",
                metric="UnHealthyHostCount",
                dimensions=targets,
                statistic="Maximum",
                periods=5,
            ),
        }
        return [
            raise_alarm(f"{self._name}-{what}", alarm, topic_arn=self._args.topic_arn, parent=self).arn
            for what, alarm in alarms.items()
        ]


def ports(source: str) -> tuple[int, ...]:
    """Give the ports that clients may come to: people, who type an address, are sent from 80 to 443. A prefix
    list counts with all its entries at each port, CloudFront's as 55 of the 60 rules that a group may have.

    https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
    """
    return (443,) if PREFIX_LIST.fullmatch(source) else (80, 443)
