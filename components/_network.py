"""The network of the containers: two zones, tasks in private subnets, and narrow ways out of them."""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

from components._container_settings import NetworkSettings
from components._endpoints import EndpointArgs, make_endpoints
from components._flow_log import log_flows
from components._function import Runtime

ANYWHERE: Final = "0.0.0.0/0"
SUBNETS: Final = 4
"""A public and a private one in each of two zones."""


@frozen(kw_only=True)
class NetworkArgs:
    """What the network is made of; `settings` say whether there is one already."""

    runtime: Runtime
    settings: NetworkSettings


class Network(pulumi.ComponentResource):
    """A network, made here or named by the settings."""

    vpc_id: pulumi.Output[str]
    public_subnet_ids: Sequence[pulumi.Input[str]]
    private_subnet_ids: Sequence[pulumi.Input[str]]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreman:index:Network", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        if args.settings.vpc_id is None:
            self._make()
        else:
            self.vpc_id = pulumi.Output.from_input(args.settings.vpc_id)
            self.public_subnet_ids = args.settings.public_subnet_ids
            self.private_subnet_ids = args.settings.private_subnet_ids
        self.register_outputs({"vpc_id": self.vpc_id})

    def _make(self) -> None:
        vpc = self._vpc()
        log_flows(f"{self._name}-flows", vpc.id, self._args.runtime, parent=self)
        public, private = self._subnets(vpc)
        gateway = self._face_the_internet(vpc, public)
        tables = self._hide(vpc, private, self._translate(public, gateway))
        make_endpoints(
            self._name,
            EndpointArgs(
                runtime=self._args.runtime,
                vpc_id=vpc.id,
                vpc_cidr=self._args.settings.cidr,
                subnet_ids=[subnet.id for subnet in private],
                route_table_ids=[table.id for table in tables],
                interfaces=self._args.settings.private_endpoints,
            ),
            parent=self,
        )
        self.vpc_id = vpc.id
        self.public_subnet_ids = [subnet.id for subnet in public]
        self.private_subnet_ids = [subnet.id for subnet in private]

    def _vpc(self) -> aws.ec2.Vpc:
        vpc = aws.ec2.Vpc(
            f"{self._name}-vpc",
            cidr_block=self._args.settings.cidr,
            # names of endpoints are to lead to their private addresses
            enable_dns_hostnames=True,
            enable_dns_support=True,
            opts=self._child,
        )
        # taken over without a rule: what names no security group of its own reaches nothing
        aws.ec2.DefaultSecurityGroup(
            f"{self._name}-default-group", vpc_id=vpc.id, ingress=[], egress=[], opts=self._child
        )
        return vpc

    def _subnets(self, vpc: aws.ec2.Vpc) -> tuple[list[aws.ec2.Subnet], list[aws.ec2.Subnet]]:
        settings, region = self._args.settings, self._args.runtime.region
        ranges = quarters(settings.cidr)

        def make(kind: str, zone: str, cidr: str) -> aws.ec2.Subnet:
            return aws.ec2.Subnet(
                f"{self._name}-{kind}-{zone}",
                vpc_id=vpc.id,
                cidr_block=cidr,
                availability_zone=f"{region}{zone}",
                map_public_ip_on_launch=False,
                opts=self._child,
            )

        public = [make("public", zone, ranges[at]) for at, zone in enumerate(settings.zones)]
        first = len(settings.zones)
        private = [make("private", zone, ranges[first + at]) for at, zone in enumerate(settings.zones)]
        return public, private

    def _face_the_internet(
        self, vpc: aws.ec2.Vpc, public: Sequence[aws.ec2.Subnet]
    ) -> aws.ec2.InternetGateway:
        gateway = aws.ec2.InternetGateway(f"{self._name}-gateway", vpc_id=vpc.id, opts=self._child)
        table = aws.ec2.RouteTable(f"{self._name}-public-routes", vpc_id=vpc.id, opts=self._child)
        aws.ec2.Route(
            f"{self._name}-public-way-out",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )
        self._associate("public", table, public)
        return gateway

    def _translate(
        self, public: Sequence[aws.ec2.Subnet], gateway: aws.ec2.InternetGateway
    ) -> list[aws.ec2.NatGateway]:
        """Make the gateways by which private subnets reach what has no private endpoint."""
        settings = self._args.settings
        made: list[aws.ec2.NatGateway] = []
        for zone, subnet in list(zip(settings.zones, public, strict=True))[: settings.nat_gateways]:
            after = pulumi.ResourceOptions(parent=self, depends_on=[gateway])
            address = aws.ec2.Eip(f"{self._name}-nat-address-{zone}", domain="vpc", opts=after)
            made.append(
                aws.ec2.NatGateway(
                    f"{self._name}-nat-{zone}", allocation_id=address.id, subnet_id=subnet.id, opts=after
                )
            )
        return made

    def _hide(
        self, vpc: aws.ec2.Vpc, private: Sequence[aws.ec2.Subnet], nats: Sequence[aws.ec2.NatGateway]
    ) -> list[aws.ec2.RouteTable]:
        """Give each private subnet its routes; zones without a gateway of their own share the first."""
        tables: list[aws.ec2.RouteTable] = []
        for at, (zone, subnet) in enumerate(zip(self._args.settings.zones, private, strict=True)):
            table = aws.ec2.RouteTable(f"{self._name}-private-routes-{zone}", vpc_id=vpc.id, opts=self._child)
            if nats:
                aws.ec2.Route(
                    f"{self._name}-private-way-out-{zone}",
                    route_table_id=table.id,
                    destination_cidr_block=ANYWHERE,
                    nat_gateway_id=nats[min(at, len(nats) - 1)].id,
                    opts=self._child,
                )
            self._associate(f"private-{zone}", table, [subnet])
            tables.append(table)
        return tables

    def _associate(self, what: str, table: aws.ec2.RouteTable, subnets: Sequence[aws.ec2.Subnet]) -> None:
        for at, subnet in enumerate(subnets):
            aws.ec2.RouteTableAssociation(
                f"{self._name}-{what}-association-{at}",
                route_table_id=table.id,
                subnet_id=subnet.id,
                opts=self._child,
            )


def quarters(cidr: str) -> list[str]:
    """Cut a range of addresses into four of the same size."""
    return [str(part) for part in ip_network(cidr).subnets(prefixlen_diff=SUBNETS.bit_length() - 1)]
