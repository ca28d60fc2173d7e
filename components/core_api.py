"""Phase 1: the key, the tables, and the GraphQL API over them."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import pulumi
import pulumi_aws as aws
from attrs import frozen

from components._api import Binding, bind_function
from components._function import Function, FunctionArgs, Runtime
from components._iam import GET, QUERY, Statement, policy, trust, use_table, write_log
from components._key import key_policy, receipt_key_policy
from components._layers import Layers, LayersArgs
from components._ledger import JOBS_AT_WORK, JOBS_BY_TIME
from foreman_core.schema import RecordSchema
from foreman_core.schema.graphql import JOB_FIELDS, graphql_schema, record_fields

QUERY_DEPTH: Final = 10
RESOLVER_COUNT: Final = 100
POINT_IN_TIME_DAYS: Final = 35
RECORD_ACTIONS: Final = (
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:Scan",
)


@frozen(kw_only=True)
class CoreApiArgs:
    """What the core needs to know; `package_dir` is where `foreman package` has put the archives."""

    stack: str
    region: str
    account_id: pulumi.Input[str]
    record_schema: RecordSchema
    package_dir: str
    architecture: str
    python_version: str
    log_level: str
    log_retention_days: int
    tracing: bool
    protect: bool
    introspection: bool
    api_key_expires: str
    user_pool_id: str | None


class CoreApi(pulumi.ComponentResource):
    """The records and the ledger behind one GraphQL API, encrypted under one key."""

    runtime: Runtime
    key_arn: pulumi.Output[str]
    receipt_key_arn: pulumi.Output[str]
    receipt_key_fingerprint: pulumi.Output[str]
    records_table: pulumi.Output[str]
    records_table_arn: pulumi.Output[str]
    ledger_table: pulumi.Output[str]
    ledger_table_arn: pulumi.Output[str]
    api_id: pulumi.Output[str]
    api_arn: pulumi.Output[str]
    graphql_url: pulumi.Output[str]
    api_key: pulumi.Output[str]

    def __init__(self, name: str, args: CoreApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreman:index:CoreApi", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._kept = pulumi.ResourceOptions(parent=self, protect=args.protect)

        self.key_arn = self._key().arn
        self.receipt_key_arn, self.receipt_key_fingerprint = self._receipt_key()
        records = self._records_table()
        ledger = self._ledger_table()
        self.runtime = self._runtime()
        api = self._api()
        self._bind_records(api, records)
        self._bind_jobs(api, ledger)

        self.records_table, self.records_table_arn = records.name, records.arn
        self.ledger_table, self.ledger_table_arn = ledger.name, ledger.arn
        self.api_id, self.api_arn = api.id, api.arn
        self.graphql_url = api.uris["GRAPHQL"]
        self.api_key = self._api_key(api)
        self.register_outputs(
            {
                "graphql_url": self.graphql_url,
                "api_id": self.api_id,
                "records_table": self.records_table,
                "ledger_table": self.ledger_table,
                "key_arn": self.key_arn,
            }
        )

    def _key(self) -> aws.kms.Key:
        key = aws.kms.Key(
            f"{self._name}-key",
            description=f"Foreman {self._args.stack}: tables, files, queues, notices and logs",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=key_policy(self._args.account_id, self._args.region),
            opts=self._kept,
        )
        aws.kms.Alias(
            f"{self._name}-key-alias",
            name=f"alias/foreman-{self._args.stack}",
            target_key_id=key.key_id,
            opts=self._child,
        )
        return key

    def _receipt_key(self) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """The ARN of the key that signs receipts, and the fingerprint that these are compared with.

        KMS does not rotate asymmetric keys: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
        """
        key = aws.kms.Key(
            f"{self._name}-receipt-key",
            description=f"Foreman {self._args.stack}: signs receipts",
            key_usage="SIGN_VERIFY",
            customer_master_key_spec="ECC_NIST_P256",
            deletion_window_in_days=30,
            policy=receipt_key_policy(self._args.account_id),
            opts=self._kept,
        )
        aws.kms.Alias(
            f"{self._name}-receipt-key-alias",
            name=f"alias/foreman-{self._args.stack}-receipts",
            target_key_id=key.key_id,
            opts=self._child,
        )
        public = aws.kms.get_public_key_output(
            key_id=key.arn, opts=pulumi.InvokeOutputOptions(parent=self)
        ).public_key
        return key.arn, public.apply(fingerprint)

    def _records_table(self) -> aws.dynamodb.Table:
        return self._table("records", attributes=["pk"], hash_key="pk")

    def _ledger_table(self) -> aws.dynamodb.Table:
        jobs_by_time: aws.dynamodb.TableGlobalSecondaryIndexArgsDict = {
            "name": JOBS_BY_TIME,
            "key_schemas": [
                {"attribute_name": "list_pk", "key_type": "HASH"},
                {"attribute_name": "list_sk", "key_type": "RANGE"},
            ],
            "projection_type": "ALL",
        }
        # sparse: a job is in it only while an execution has to be under way
        jobs_at_work: aws.dynamodb.TableGlobalSecondaryIndexArgsDict = {
            "name": JOBS_AT_WORK,
            "key_schemas": [
                {"attribute_name": "at_work", "key_type": "HASH"},
                {"attribute_name": "list_sk", "key_type": "RANGE"},
            ],
            "projection_type": "KEYS_ONLY",
        }
        return self._table(
            "ledger",
            attributes=["pk", "sk", "list_pk", "list_sk", "at_work"],
            hash_key="pk",
            range_key="sk",
            indexes=[jobs_by_time, jobs_at_work],
            ttl_attribute="expires_at",
        )

    def _table(
        self,
        what: str,
        *,
        attributes: Sequence[str],
        hash_key: str,
        range_key: str | None = None,
        indexes: Sequence[aws.dynamodb.TableGlobalSecondaryIndexArgsDict] = (),
        ttl_attribute: str | None = None,
    ) -> aws.dynamodb.Table:
        return aws.dynamodb.Table(
            f"{self._name}-{what}",
            attributes=[{"name": attribute, "type": "S"} for attribute in attributes],
            hash_key=hash_key,
            range_key=range_key,
            global_secondary_indexes=list(indexes) or None,
            billing_mode="PAY_PER_REQUEST",
            point_in_time_recovery={"enabled": True, "recovery_period_in_days": POINT_IN_TIME_DAYS},
            server_side_encryption={"enabled": True, "kms_key_arn": self.key_arn},
            deletion_protection_enabled=self._args.protect,
            stream_enabled=True,
            stream_view_type="NEW_AND_OLD_IMAGES",
            ttl={"attribute_name": ttl_attribute, "enabled": True} if ttl_attribute else None,
            opts=self._kept,
        )

    def _runtime(self) -> Runtime:
        args = self._args
        layers = Layers(
            f"{self._name}-layers",
            LayersArgs(
                stack=args.stack,
                archives={
                    "dependencies": f"{args.package_dir}/layer.zip",
                    "polars": f"{args.package_dir}/polars.zip",
                },
                architecture=args.architecture,
                python_version=args.python_version,
                key_arn=self.key_arn,
            ),
            opts=self._child,
        )
        return Runtime(
            stack=args.stack,
            region=args.region,
            account_id=args.account_id,
            code=pulumi.FileArchive(f"{args.package_dir}/code.zip"),
            layer_arn=layers.arns["dependencies"],
            polars_layer_arn=layers.arns["polars"],
            architecture=args.architecture,
            python_version=args.python_version,
            key_arn=self.key_arn,
            log_level=args.log_level,
            log_retention_days=args.log_retention_days,
            tracing=args.tracing,
        )

    def _api(self) -> aws.appsync.GraphQLApi:
        args = self._args
        log_role = aws.iam.Role(
            f"{self._name}-api-log-role",
            assume_role_policy=trust("appsync.amazonaws.com", account_id=args.account_id),
            opts=self._child,
        )
        api = aws.appsync.GraphQLApi(
            f"{self._name}-api",
            name=f"foreman-{args.stack}",
            authentication_type="AWS_IAM",
            additional_authentication_providers=additional_auth(args.user_pool_id, args.region),
            schema=graphql_schema(args.record_schema, user_pool=args.user_pool_id is not None),
            query_depth_limit=QUERY_DEPTH,
            resolver_count_limit=RESOLVER_COUNT,
            introspection_config="ENABLED" if args.introspection else "DISABLED",
            log_config={
                "cloudwatch_logs_role_arn": log_role.arn,
                "field_log_level": "ERROR",
                "exclude_verbose_content": True,
            },
            xray_enabled=args.tracing,
            opts=self._child,
        )
        self._api_log(api, log_role)
        return api

    def _api_log(self, api: aws.appsync.GraphQLApi, log_role: aws.iam.Role) -> None:
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-api-log",
            name=pulumi.Output.concat("/aws/appsync/apis/", api.id),
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self.key_arn,
            opts=self._child,
        )
        aws.iam.RolePolicy(
            f"{self._name}-api-log-policy",
            role=log_role.name,
            policy=policy([write_log(group.arn)]),
            opts=self._child,
        )

    def _api_key(self, api: aws.appsync.GraphQLApi) -> pulumi.Output[str]:
        key = aws.appsync.ApiKey(
            f"{self._name}-api-key",
            api_id=api.id,
            description="For trying things out; applications use IAM or the user pool",
            expires=self._args.api_key_expires,
            opts=self._child,
        )
        return pulumi.Output.secret(key.key)

    def _bind_records(self, api: aws.appsync.GraphQLApi, records: aws.dynamodb.Table) -> None:
        function = Function(
            f"{self._name}-records",
            FunctionArgs(
                runtime=self.runtime,
                role="records",
                memory_mb=1024,
                timeout_s=29,  # AppSync gives up at 30
                environment={"RECORDS_TABLE": records.name, "RECORD_TYPE": self._args.record_schema.name},
                permissions=self._use_table("Records", records, RECORD_ACTIONS),
            ),
            opts=self._child,
        )
        self._bind("records", api, function, record_fields(self._args.record_schema))

    def _bind_jobs(self, api: aws.appsync.GraphQLApi, ledger: aws.dynamodb.Table) -> None:
        index = pulumi.Output.concat(ledger.arn, f"/index/{JOBS_BY_TIME}")
        function = Function(
            f"{self._name}-jobs",
            FunctionArgs(
                runtime=self.runtime,
                role="jobs",
                memory_mb=512,
                timeout_s=29,
                environment={"LEDGER_TABLE": ledger.name},
                permissions=[
                    # an audit trail is a query
                    *self._use_table("Ledger", ledger, [GET, QUERY]),
                    Statement(sid="ListJobsByTime", actions=[QUERY], resources=[index]),
                ],
            ),
            opts=self._child,
        )
        self._bind("jobs", api, function, JOB_FIELDS)

    def _use_table(self, what: str, table: aws.dynamodb.Table, actions: Sequence[str]) -> list[Statement]:
        return use_table(what, table.arn, actions, key_arn=self.key_arn, region=self._args.region)

    def _bind(
        self,
        what: str,
        api: aws.appsync.GraphQLApi,
        function: Function,
        fields: Sequence[tuple[str, str]],
    ) -> None:
        bind_function(
            f"{self._name}-{what}",
            Binding(
                api_id=api.id, function_arn=function.arn, account_id=self._args.account_id, fields=fields
            ),
            parent=self,
        )


def additional_auth(
    user_pool_id: str | None, region: str
) -> list[aws.appsync.GraphQLApiAdditionalAuthenticationProviderArgsDict]:
    """Give the modes beside IAM: the API key, and the user pool when there is one."""
    modes: list[aws.appsync.GraphQLApiAdditionalAuthenticationProviderArgsDict] = [
        {"authentication_type": "API_KEY"}
    ]
    if user_pool_id:
        modes.append(
            {
                "authentication_type": "AMAZON_COGNITO_USER_POOLS",
                "user_pool_config": {"user_pool_id": user_pool_id, "aws_region": region},
            }
        )
    return modes


def fingerprint(public_key: str) -> str:
    """Give the SHA-256 (hex) of a public key, which comes as base64 of its DER."""
    return hashlib.sha256(base64.b64decode(public_key)).hexdigest()


def api_key_expiry(now: datetime, days: int) -> str:
    """Give the time (RFC 3339, UTC) at which the API key ends: at most `days` after `now`.

    It moves in whole steps of a third of `days`, counted from the epoch, so that an unchanged program that is
    run again within a step changes nothing, and right after `pulumi up` two thirds of the time are left.
    AppSync wants one day at least, and whole hours: a key of one day moves every hour, and may live for 25.
    https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateApiKey.html
    """
    step = max(days // 3, 1)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    stepped = epoch + timedelta(days=(now - epoch).days // step * step + days)
    soonest = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=1, hours=1)
    return max(stepped, soonest).strftime("%Y-%m-%dT%H:%M:%SZ")
