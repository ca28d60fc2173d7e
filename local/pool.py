"""The user pool that a local stack is given: on AWS somebody else's, here made before the program is run."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from attrs import frozen

from local.aws import Aws

GROUPS: Final = ("operator", "viewer")
"""As `service/access.py` has them."""


@frozen
class Pool:
    """A user pool and its one client."""

    id: str
    client_id: str


def make_pool(aws: Aws) -> Pool:
    """Make a pool with the groups of the web service, and nobody in it yet."""
    pools = aws.client("cognito-idp")
    pool = pools.create_user_pool(PoolName="foreman-local")["UserPool"]["Id"]
    for group in GROUPS:
        pools.create_group(UserPoolId=pool, GroupName=group)
    client = pools.create_user_pool_client(
        UserPoolId=pool, ClientName="web", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )
    return Pool(pool, client["UserPoolClient"]["ClientId"])


def given(config: Mapping[str, str], pool: Pool) -> dict[str, str]:
    """The keys of the configuration that name the pool."""
    containers: dict[str, Any] = orjson.loads(config["foreman:containers"])
    containers["web"] = {**containers["web"], "userPoolClientId": pool.client_id}
    return {"foreman:userPoolId": pool.id, "foreman:containers": orjson.dumps(containers).decode()}
