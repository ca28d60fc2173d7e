import json
from collections.abc import Callable
from typing import Any

import pulumi

from components._iam import (
    GET,
    NO_RESOURCE_LEVEL,
    PUT,
    READ_TABLE_KEY,
    TABLE_KEY,
    TRACE,
    UPDATE,
    Statement,
    deny_plain_http,
    key_through,
    policy,
    trust,
    use_table,
    write_log,
)
from components._key import ROOT_STATEMENT, key_policy
from tests import _pulumi


def statements_of(document: Callable[[], pulumi.Output[str]]) -> list[dict[str, Any]]:
    """The statements of a policy document."""
    outcome = _pulumi.run(lambda: pulumi.export("document", document()))
    read = json.loads(outcome.outputs["document"])
    assert read["Version"] == "2012-10-17"
    return list(read["Statement"])


def test_a_statement_is_written_as_iam_reads_it() -> None:
    statement = Statement(sid="DoIt", actions=["s3:PutObject", "s3:GetObject"], resources=["arn:a"])
    assert statement.document() == {
        "Sid": "DoIt",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": ["arn:a"],
    }


def test_a_policy_waits_for_arns_that_are_not_known_yet() -> None:
    def document() -> pulumi.Output[str]:
        arn = pulumi.Output.from_input("arn:later")
        return policy([Statement(sid="S", actions=["a:b"], resources=[arn])])

    (statement,) = statements_of(document)
    assert statement["Resource"] == ["arn:later"]


def test_the_key_is_used_through_one_service_only() -> None:
    statement = key_through("Open", "arn:key", "s3", "eu-central-1").document()
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_who_only_reads_a_table_cannot_encrypt_with_its_key() -> None:
    reading, writing = (
        use_table("T", "arn:table", actions, key_arn="arn:key", region="r")
        for actions in ([GET], [GET, PUT, UPDATE])
    )
    assert tuple(reading[1].actions) == READ_TABLE_KEY
    assert tuple(writing[1].actions) == TABLE_KEY
    assert [list(statement.resources) for statement in writing] == [["arn:table"], ["arn:key"]]


def test_a_role_trusts_one_service_on_behalf_of_one_account() -> None:
    (statement,) = statements_of(lambda: trust("states.amazonaws.com", account_id="111122223333"))
    assert statement["Principal"] == {"Service": "states.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_a_functions_role_has_no_condition_that_lambda_could_not_meet() -> None:
    (statement,) = statements_of(lambda: trust("lambda.amazonaws.com"))
    assert "Condition" not in statement


def test_plain_http_is_denied_to_everyone() -> None:
    statement = deny_plain_http("No", ["s3:*"], ["arn:bucket"])
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_log_is_written_to_and_never_made() -> None:
    (statement,) = statements_of(lambda: policy([write_log("arn:group")]))
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == ["arn:group:*"]


def test_every_action_without_a_resource_has_its_reason() -> None:
    assert set(TRACE.actions) <= set(NO_RESOURCE_LEVEL)
    assert all(len(reason) > 20 for reason in NO_RESOURCE_LEVEL.values())
    assert not any("*" in action for action in NO_RESOURCE_LEVEL)


def key_statements() -> dict[str, dict[str, Any]]:
    statements = statements_of(lambda: key_policy("111122223333", "eu-central-1"))
    return {statement["Sid"]: statement for statement in statements}


def test_only_the_account_itself_may_do_everything_with_the_key() -> None:
    statements = key_statements()
    root = statements.pop(ROOT_STATEMENT)
    assert root["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert root["Action"] == "kms:*"
    for sid, statement in statements.items():
        assert "*" not in "".join(statement["Action"]), sid
        assert list(statement["Principal"]) == ["Service"], sid
        assert "111122223333" in json.dumps(statement["Condition"]), sid


def test_the_services_that_use_the_key_on_their_own_are_these() -> None:
    services = {
        statement["Principal"]["Service"]
        for sid, statement in key_statements().items()
        if sid != ROOT_STATEMENT
    }
    assert services == {
        "logs.eu-central-1.amazonaws.com",
        "delivery.logs.amazonaws.com",
        "s3.amazonaws.com",
        "cloudwatch.amazonaws.com",
        "sns.amazonaws.com",
    }
