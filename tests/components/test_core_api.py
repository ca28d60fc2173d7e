import base64
from datetime import UTC, datetime, timedelta

import pytest

from components.core_api import CoreApi, api_key_expiry, fingerprint
from foreman_core.schema import find_schema
from foreman_core.schema.graphql import JOB_FIELDS, graphql_schema, record_fields
from tests import _pulumi
from tests._pulumi import Outcome
from tests.components import _given

KEY = f"arn:aws:kms:{_pulumi.REGION}:{_pulumi.ACCOUNT}:key/core-key"


def declared(**changed: object) -> Outcome:
    return _pulumi.run(lambda: CoreApi("core", _given.core_api(**changed)))


@pytest.fixture(scope="module")
def core() -> Outcome:
    return declared()


@pytest.mark.parametrize("name", ["core-records", "core-ledger"])
def test_a_table_survives_mistakes(core: Outcome, name: str) -> None:
    table = core.one("dynamodb.Table", name)
    assert table.inputs["pointInTimeRecovery"] == {"enabled": True, "recoveryPeriodInDays": 35}
    assert table.inputs["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": KEY}
    assert table.inputs["deletionProtectionEnabled"] is True
    assert table.protect


@pytest.mark.parametrize("name", ["core-records", "core-ledger"])
def test_a_table_is_ready_for_a_replica_and_for_any_load(core: Outcome, name: str) -> None:
    table = core.one("dynamodb.Table", name)
    assert table.inputs["streamEnabled"] is True
    assert table.inputs["streamViewType"] == "NEW_AND_OLD_IMAGES"
    assert table.inputs["billingMode"] == "PAY_PER_REQUEST"
    assert "name" not in table.inputs


def test_records_are_found_by_one_key_and_never_expire(core: Outcome) -> None:
    table = core.one("dynamodb.Table", "core-records")
    assert table.inputs["hashKey"] == "pk"
    assert "rangeKey" not in table.inputs
    assert "ttl" not in table.inputs
    assert table.inputs["attributes"] == [{"name": "pk", "type": "S"}]


def test_the_ledger_lists_jobs_by_time_and_forgets_them_some_day(core: Outcome) -> None:
    table = core.one("dynamodb.Table", "core-ledger")
    assert (table.inputs["hashKey"], table.inputs["rangeKey"]) == ("pk", "sk")
    assert table.inputs["ttl"] == {"attributeName": "expires_at", "enabled": True}
    assert {attribute["name"] for attribute in table.inputs["attributes"]} == {
        "pk",
        "sk",
        "list_pk",
        "list_sk",
        "at_work",
    }
    index, at_work = table.inputs["globalSecondaryIndexes"]
    assert (at_work["name"], at_work["projectionType"]) == ("jobs-at-work", "KEYS_ONLY")
    assert index["name"] == "jobs-by-time"
    assert index["projectionType"] == "ALL"
    assert index["keySchemas"] == [
        {"attributeName": "list_pk", "keyType": "HASH"},
        {"attributeName": "list_sk", "keyType": "RANGE"},
    ]


def test_receipts_are_signed_by_a_key_of_their_own_that_is_known_by_its_fingerprint(core: Outcome) -> None:
    key = core.one("kms.Key", "core-receipt-key")
    assert (key.inputs["keyUsage"], key.inputs["customerMasterKeySpec"]) == ("SIGN_VERIFY", "ECC_NIST_P256")
    (statement,) = key.policy("policy")
    assert statement["Sid"] == "LetIamDecide"
    assert fingerprint(base64.b64encode(b"abc").decode()) == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, B.1
    )


def test_one_key_encrypts_everything_and_rotates(core: Outcome) -> None:
    key = core.one("kms.Key", "core-key")
    assert key.inputs["enableKeyRotation"] is True
    assert key.inputs["deletionWindowInDays"] == 30
    assert key.protect
    assert core.one("kms.Alias", "core-key-alias").inputs["name"] == "alias/foreman-dev"


def test_without_protection_nothing_is_kept() -> None:
    core = declared(protect=False)
    assert not any(resource.protect for resource in core.resources)
    assert core.one("dynamodb.Table", "core-records").inputs["deletionProtectionEnabled"] is False


def test_iam_is_the_apis_default_and_the_key_comes_beside_it(core: Outcome) -> None:
    api = core.one("appsync.GraphQLApi", "core-api")
    assert api.inputs["authenticationType"] == "AWS_IAM"
    assert api.inputs["additionalAuthenticationProviders"] == [{"authenticationType": "API_KEY"}]


def test_a_user_pools_users_may_use_the_api() -> None:
    api = declared(user_pool_id="eu-central-1_abc").one("appsync.GraphQLApi", "core-api")
    assert api.inputs["additionalAuthenticationProviders"][1] == {
        "authenticationType": "AMAZON_COGNITO_USER_POOLS",
        "userPoolConfig": {"userPoolId": "eu-central-1_abc", "awsRegion": _pulumi.REGION},
    }
    assert "@aws_cognito_user_pools" in api.inputs["schema"]


def test_the_api_is_what_the_schema_file_makes_of_it(core: Outcome) -> None:
    customer = find_schema("customer")
    api = core.one("appsync.GraphQLApi", "core-api")
    assert api.inputs["schema"] == graphql_schema(customer, user_pool=False)
    bound = {
        (resolver.inputs["type"], resolver.inputs["field"]): resolver.inputs["dataSource"]
        for resolver in core.of("appsync.Resolver")
    }
    expected = dict.fromkeys(record_fields(customer), "core_records") | dict.fromkeys(JOB_FIELDS, "core_jobs")
    assert bound == expected


def test_a_resolver_hands_the_field_to_its_function_and_the_refusal_back(core: Outcome) -> None:
    for resolver in core.of("appsync.Resolver"):
        assert resolver.inputs["kind"] == "UNIT"
        assert resolver.inputs["runtime"] == {"name": "APPSYNC_JS", "runtimeVersion": "1.0.0"}
        assert "operation: 'Invoke'" in resolver.inputs["code"]
        assert "ctx.result.error.type" in resolver.inputs["code"]


@pytest.mark.parametrize("what", ["records", "jobs"])
def test_appsync_may_call_the_one_function_that_answers(core: Outcome, what: str) -> None:
    source = core.one("appsync.DataSource", f"core-{what}-source")
    function = f"arn:aws:lambda:{_pulumi.REGION}:{_pulumi.ACCOUNT}:function:foreman-dev-{what}"
    assert source.inputs["type"] == "AWS_LAMBDA"
    assert source.inputs["lambdaConfig"] == {"functionArn": function}
    assert f"core-{what}-source-policy" in source.after
    allowed = core.allowed(f"core-{what}-source-policy")
    assert [statement["Resource"] for statement in allowed.values()] == [[function]]
    assert allowed["AnswerFields"]["Action"] == ["lambda:InvokeFunction"]
    (trusting,) = core.one("iam.Role", f"core-{what}-source-role").policy("assumeRolePolicy")
    assert trusting["Principal"] == {"Service": "appsync.amazonaws.com"}
    assert trusting["Condition"] == {"StringEquals": {"aws:SourceAccount": _pulumi.ACCOUNT}}


def test_a_request_can_be_neither_deep_nor_broad(core: Outcome) -> None:
    api = core.one("appsync.GraphQLApi", "core-api")
    assert api.inputs["queryDepthLimit"] == 10
    assert api.inputs["resolverCountLimit"] == 100


@pytest.mark.parametrize(("introspection", "config"), [(True, "ENABLED"), (False, "DISABLED")])
def test_the_schema_is_told_to_strangers_only_where_it_is_wanted(
    introspection: bool,  # noqa: FBT001 - a parameter of the test
    config: str,
) -> None:
    api = declared(introspection=introspection).one("appsync.GraphQLApi", "core-api")
    assert api.inputs["introspectionConfig"] == config


def test_the_apis_log_has_errors_and_no_payloads(core: Outcome) -> None:
    api = core.one("appsync.GraphQLApi", "core-api")
    assert api.inputs["logConfig"] == {
        "cloudwatchLogsRoleArn": f"arn:aws:iam::{_pulumi.ACCOUNT}:role/core-api-log-role-1a2b3c4",
        "fieldLogLevel": "ERROR",
        "excludeVerboseContent": True,
    }
    assert api.inputs["xrayEnabled"] is True
    group = core.one("cloudwatch.LogGroup", "core-api-log")
    assert group.inputs == {
        "name": "/aws/appsync/apis/core-api-id",
        "retentionInDays": 30,
        "kmsKeyId": KEY,
    }
    (write,) = core.one("iam.RolePolicy", "core-api-log-policy").policy()
    assert write["Resource"][0].endswith(":log-group:/aws/appsync/apis/core-api-id:*")


def test_the_records_function_may_do_what_it_does_with_one_table(core: Outcome) -> None:
    table = f"arn:aws:dynamodb:{_pulumi.REGION}:{_pulumi.ACCOUNT}:table/core-records-1a2b3c4"
    allowed = core.allowed("core-records-policy")
    assert set(allowed) == {"WriteOwnLog", "ReadOwnEnvironment", "SendTraces", "UseRecords", "OpenRecords"}
    assert allowed["UseRecords"]["Resource"] == [table]
    assert [action.removeprefix("dynamodb:") for action in allowed["UseRecords"]["Action"]] == [
        "BatchGetItem",
        "GetItem",
        "PartiQLInsert",
        "PartiQLUpdate",
        "Scan",
    ]
    assert allowed["OpenRecords"]["Resource"] == [KEY]


def test_the_jobs_function_only_reads(core: Outcome) -> None:
    table = f"arn:aws:dynamodb:{_pulumi.REGION}:{_pulumi.ACCOUNT}:table/core-ledger-1a2b3c4"
    allowed = core.allowed("core-jobs-policy")
    assert allowed["UseLedger"]["Action"] == ["dynamodb:GetItem", "dynamodb:Query"]
    assert allowed["UseLedger"]["Resource"] == [table]
    assert allowed["ListJobsByTime"]["Action"] == ["dynamodb:Query"]
    assert allowed["ListJobsByTime"]["Resource"] == [f"{table}/index/jobs-by-time"]
    assert allowed["OpenLedger"]["Action"] == ["kms:Decrypt", "kms:DescribeKey"]


def test_the_functions_answer_before_appsync_gives_up(core: Outcome) -> None:
    assert {function.inputs["timeout"] for function in core.of("lambda.Function")} == {29}


def test_dependencies_are_layers_for_the_python_and_the_processor_of_the_functions(core: Outcome) -> None:
    sources = {
        archive.inputs["key"]: archive.inputs["source"].path for archive in core.of("s3.BucketObjectv2")
    }
    assert sources == {
        "layers/dependencies.zip": f"{_given.PACKAGE}/layer.zip",
        "layers/polars.zip": f"{_given.PACKAGE}/polars.zip",
    }
    for layer in core.of("lambda.LayerVersion"):
        assert layer.inputs["compatibleRuntimes"] == ["python3.13"]
        assert layer.inputs["compatibleArchitectures"] == ["arm64"]
    for function in core.of("lambda.Function"):
        assert function.inputs["runtime"] == "python3.13"
        assert function.inputs["architectures"] == ["arm64"]
        assert function.inputs["code"].path == f"{_given.PACKAGE}/code.zip"
        assert function.inputs["layers"] == [
            f"arn:aws:lambda:{_pulumi.REGION}:{_pulumi.ACCOUNT}:layer:core-layers-dependencies:1"
        ]


def test_the_api_key_ends_when_it_is_told(core: Outcome) -> None:
    key = core.one("appsync.ApiKey", "core-api-key")
    assert key.inputs["expires"] == "2030-01-02T00:00:00Z"
    assert key.inputs["apiId"] == "core-api-id"


def parsed(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


NOW = datetime(2026, 11, 24, 13, 37, 42, tzinfo=UTC)


def test_a_keys_end_counted_by_hand() -> None:
    # 2026-11-24 is day 20,781 since 1970-01-01; a step is 30 days, and 692 * 30 = 20,760 is 2026-11-03;
    # 90 days after that is 2027-02-01
    assert api_key_expiry(NOW, 90) == "2027-02-01T00:00:00Z"


@pytest.mark.parametrize("days", [2, 3, 4, 30, 89, 90])
def test_a_key_never_lives_longer_than_it_may_nor_shorter_than_appsync_takes(days: int) -> None:
    for hours in range(0, days * 24, 5):
        now = NOW + timedelta(hours=hours)
        left = parsed(api_key_expiry(now, days)) - now
        assert timedelta(days=1) <= left <= timedelta(days=days)


def test_a_key_of_one_day_lives_an_hour_longer_at_most() -> None:
    for minutes in range(0, 48 * 60, 7):
        now = NOW + timedelta(minutes=minutes)
        left = parsed(api_key_expiry(now, 1)) - now
        assert timedelta(days=1) <= left <= timedelta(days=1, hours=1)


def test_an_unchanged_program_changes_the_key_three_times_in_its_life() -> None:
    ends = {api_key_expiry(NOW + timedelta(hours=hours), 90) for hours in range(90 * 24)}
    assert len(ends) in (3, 4)  # the first and the last step are cut
    assert {parsed(end).timetz() for end in ends} == {parsed("2026-01-01T00:00:00Z").timetz()}
