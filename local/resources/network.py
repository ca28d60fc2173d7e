"""Networks. The emulator keeps them; the processes of this stack are on loopback, and in none of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from local.aws import Aws
from local.resources.created import Created, Inputs

NOTE: Final = "kept by the emulator; processes here are on loopback"


def vpc(aws: Aws, _name: str, given: Inputs) -> Created:
    """A network."""
    ec2 = aws.client("ec2")
    made = ec2.create_vpc(CidrBlock=given["cidrBlock"])["Vpc"]["VpcId"]
    for name in ("enableDnsSupport", "enableDnsHostnames"):
        attribute = name[:1].upper() + name[1:]
        ec2.modify_vpc_attribute(VpcId=made, **{attribute: {"Value": bool(given.get(name))}})
    return _kept(made)


def subnet(aws: Aws, _name: str, given: Inputs) -> Created:
    """A part of a network in one zone."""
    made = aws.client("ec2").create_subnet(
        VpcId=given["vpcId"], CidrBlock=given["cidrBlock"], AvailabilityZone=given["availabilityZone"]
    )
    return _kept(made["Subnet"]["SubnetId"])


def internet_gateway(aws: Aws, _name: str, given: Inputs) -> Created:
    """The way between a network and the internet."""
    ec2 = aws.client("ec2")
    made = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=given["vpcId"])
    return _kept(made)


def address(aws: Aws, _name: str, given: Inputs) -> Created:
    """An address on the internet."""
    return _kept(aws.client("ec2").allocate_address(Domain=given["domain"])["AllocationId"])


def nat_gateway(aws: Aws, _name: str, given: Inputs) -> Created:
    """The way out of private subnets."""
    made = aws.client("ec2").create_nat_gateway(
        SubnetId=given["subnetId"], AllocationId=given["allocationId"]
    )
    return _kept(made["NatGateway"]["NatGatewayId"])


def route_table(aws: Aws, _name: str, given: Inputs) -> Created:
    """A table of routes."""
    return _kept(aws.client("ec2").create_route_table(VpcId=given["vpcId"])["RouteTable"]["RouteTableId"])


def route(aws: Aws, name: str, given: Inputs) -> Created:
    """Where a table leads."""
    by = {"GatewayId": given.get("gatewayId"), "NatGatewayId": given.get("natGatewayId")}
    aws.client("ec2").create_route(
        RouteTableId=given["routeTableId"],
        DestinationCidrBlock=given["destinationCidrBlock"],
        **{key: value for key, value in by.items() if value},
    )
    return _kept(name)


def route_table_association(aws: Aws, _name: str, given: Inputs) -> Created:
    """Which subnet has which table."""
    made = aws.client("ec2").associate_route_table(
        RouteTableId=given["routeTableId"], SubnetId=given["subnetId"]
    )
    return _kept(made["AssociationId"])


def endpoint(aws: Aws, _name: str, given: Inputs) -> Created:
    """A private way to a service."""
    asked: dict[str, Any] = {
        "VpcEndpointType": given["vpcEndpointType"],
        "VpcId": given["vpcId"],
        "ServiceName": given["serviceName"],
        "PolicyDocument": given["policy"],
        "PrivateDnsEnabled": bool(given.get("privateDnsEnabled")),
        "RouteTableIds": given.get("routeTableIds"),
        "SubnetIds": given.get("subnetIds"),
        "SecurityGroupIds": given.get("securityGroupIds"),
    }
    made = aws.client("ec2").create_vpc_endpoint(**{key: value for key, value in asked.items() if value})
    return _kept(made["VpcEndpoint"]["VpcEndpointId"])


def flow_log(aws: Aws, _name: str, given: Inputs) -> Created:
    """Who spoke with whom in a network."""
    made = aws.client("ec2").create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[given["vpcId"]],
        TrafficType=given["trafficType"],
        LogDestinationType=given["logDestinationType"],
        LogDestination=given["logDestination"],
        DeliverLogsPermissionArn=given["iamRoleArn"],
    )
    return Created(made["FlowLogIds"][0], realised="metadata", note="nothing flows")


def security_group(aws: Aws, name: str, given: Inputs) -> Created:
    """Who may connect; without the rule that AWS adds, as under Pulumi."""
    ec2 = aws.client("ec2")
    made = ec2.create_security_group(
        GroupName=given.get("name") or name, Description=given["description"], VpcId=given["vpcId"]
    )["GroupId"]
    _close(ec2, made)
    return _kept(made)


def default_security_group(aws: Aws, _name: str, given: Inputs) -> Created:
    """The group of a network that nobody chose: taken over, and closed."""
    ec2 = aws.client("ec2")
    filters = [
        {"Name": "vpc-id", "Values": [given["vpcId"]]},
        {"Name": "group-name", "Values": ["default"]},
    ]
    found = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
    _close(ec2, found)
    return _kept(found)


def ingress_rule(aws: Aws, name: str, given: Inputs) -> Created:
    """Who may connect to the members of a group."""
    aws.client("ec2").authorize_security_group_ingress(
        GroupId=given["securityGroupId"], IpPermissions=_permissions(given)
    )
    return _kept(name)


def egress_rule(aws: Aws, name: str, given: Inputs) -> Created:
    """Where the members of a group may connect to."""
    aws.client("ec2").authorize_security_group_egress(
        GroupId=given["securityGroupId"], IpPermissions=_permissions(given)
    )
    return _kept(name)


def _close(ec2: Any, group: str) -> None:  # noqa: ANN401 - a client
    found: Mapping[str, Any] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    if found["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=found["IpPermissions"])
    if found["IpPermissionsEgress"]:
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=found["IpPermissionsEgress"])


def _permissions(given: Inputs) -> Sequence[Mapping[str, Any]]:
    said = {"Description": given["description"]}
    sides = {
        "IpRanges": ("cidrIpv4", "CidrIp"),
        "PrefixListIds": ("prefixListId", "PrefixListId"),
        "UserIdGroupPairs": ("referencedSecurityGroupId", "GroupId"),
    }
    return [
        {
            "IpProtocol": given["ipProtocol"],
            "FromPort": given["fromPort"],
            "ToPort": given["toPort"],
            **{
                theirs: [{key: given[ours], **said}]
                for theirs, (ours, key) in sides.items()
                if given.get(ours)
            },
        }
    ]


def _kept(made: str) -> Created:
    return Created(made, note=NOTE)
