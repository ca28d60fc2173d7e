"""How each resource type is realised on this machine; a type that is not here is an error."""

from collections.abc import Callable, Mapping
from typing import Final

from local.aws import Aws
from local.resources import (
    appsync,
    balancing,
    compute,
    containers,
    data,
    files,
    identity,
    mail,
    messages,
    network,
    watch,
)
from local.resources.created import Created, Inputs

__all__ = ["REGISTRY", "Create", "Created", "Inputs"]

Create = Callable[[Aws, str, Inputs], Created]

REGISTRY: Final[Mapping[str, Create]] = {
    "aws:appautoscaling/policy:Policy": containers.scaling,
    "aws:appautoscaling/target:Target": containers.scaling,
    "aws:appsync/apiKey:ApiKey": appsync.api_key,
    "aws:appsync/dataSource:DataSource": appsync.data_source,
    "aws:appsync/graphQLApi:GraphQLApi": appsync.graphql_api,
    "aws:appsync/resolver:Resolver": appsync.resolver,
    "aws:cloudwatch/dashboard:Dashboard": watch.dashboard,
    "aws:cloudwatch/logGroup:LogGroup": watch.log_group,
    "aws:cloudwatch/metricAlarm:MetricAlarm": watch.metric_alarm,
    "aws:cloudwatch/queryDefinition:QueryDefinition": watch.query_definition,
    "aws:dynamodb/table:Table": data.table,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": network.default_security_group,
    "aws:ec2/eip:Eip": network.address,
    "aws:ec2/flowLog:FlowLog": network.flow_log,
    "aws:ec2/internetGateway:InternetGateway": network.internet_gateway,
    "aws:ec2/natGateway:NatGateway": network.nat_gateway,
    "aws:ec2/route:Route": network.route,
    "aws:ec2/routeTable:RouteTable": network.route_table,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": network.route_table_association,
    "aws:ec2/securityGroup:SecurityGroup": network.security_group,
    "aws:ec2/subnet:Subnet": network.subnet,
    "aws:ec2/vpc:Vpc": network.vpc,
    "aws:ec2/vpcEndpoint:VpcEndpoint": network.endpoint,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": containers.lifecycle_policy,
    "aws:ecr/repository:Repository": containers.repository,
    "aws:ecs/cluster:Cluster": containers.cluster,
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": containers.capacity_providers,
    "aws:ecs/service:Service": containers.service,
    "aws:ecs/taskDefinition:TaskDefinition": containers.task_definition,
    "aws:iam/role:Role": identity.role,
    "aws:iam/rolePolicy:RolePolicy": identity.role_policy,
    "aws:kms/alias:Alias": identity.key_alias,
    "aws:kms/key:Key": identity.key,
    "aws:lambda/eventSourceMapping:EventSourceMapping": compute.event_source_mapping,
    "aws:lambda/function:Function": compute.function,
    "aws:lambda/layerVersion:LayerVersion": compute.layer_version,
    "aws:lb/listener:Listener": balancing.listener,
    "aws:lb/loadBalancer:LoadBalancer": balancing.load_balancer,
    "aws:lb/targetGroup:TargetGroup": balancing.target_group,
    "aws:s3/bucket:Bucket": files.bucket,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": files.lifecycle,
    "aws:s3/bucketObjectv2:BucketObjectv2": files.archive,
    "aws:s3/bucketLogging:BucketLogging": files.logging,
    "aws:s3/bucketNotification:BucketNotification": files.notification,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": files.ownership,
    "aws:s3/bucketPolicy:BucketPolicy": files.policy,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": files.public_access_block,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        files.encryption
    ),
    "aws:s3/bucketVersioning:BucketVersioning": files.versioning,
    "aws:scheduler/schedule:Schedule": compute.schedule,
    "aws:sesv2/configurationSet:ConfigurationSet": mail.configuration_set,
    "aws:sesv2/emailIdentity:EmailIdentity": mail.email_identity,
    "aws:sfn/stateMachine:StateMachine": compute.state_machine,
    "aws:sns/topic:Topic": messages.topic,
    "aws:sns/topicPolicy:TopicPolicy": messages.topic_policy,
    "aws:sns/topicSubscription:TopicSubscription": messages.subscription,
    "aws:sqs/queue:Queue": messages.queue,
    "aws:sqs/queuePolicy:QueuePolicy": messages.queue_policy,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": network.egress_rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": network.ingress_rule,
    "aws:wafv2/webAcl:WebAcl": balancing.web_acl,
    "aws:wafv2/webAclAssociation:WebAclAssociation": balancing.web_acl_association,
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": balancing.web_acl_logging,
    "docker-build:index:Image": containers.image,
}
