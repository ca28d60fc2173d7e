"""The GraphQL API."""

import time
from datetime import datetime
from typing import Any, Final

from local.aws import Aws, autoname
from local.errors import LocalError
from local.resources.created import Created, Inputs

SCHEMA_SECONDS: Final = 30
NOT_APPLIED: Final = "query depth, resolver limit and introspection are stored, not applied"


def graphql_api(aws: Aws, name: str, given: Inputs) -> Created:
    """An API with its schema."""
    appsync = aws.client("appsync")
    extra = [
        {name: mode[name] for name in ("authenticationType", "userPoolConfig") if mode.get(name)}
        for mode in given.blocks("additionalAuthenticationProviders")
    ]
    made = appsync.create_graphql_api(
        name=given.get("name") or autoname(name),
        authenticationType=given["authenticationType"],
        additionalAuthenticationProviders=extra,
        introspectionConfig=given.get("introspectionConfig") or "ENABLED",
        queryDepthLimit=int(given.get("queryDepthLimit") or 0),
        resolverCountLimit=int(given.get("resolverCountLimit") or 0),
    )["graphqlApi"]
    api_id = made["apiId"]
    _define(appsync, api_id, given["schema"])
    outputs = {"arn": made["arn"], "uris": {"GRAPHQL": aws.graphql_url(api_id)}}
    return Created(api_id, outputs, note=NOT_APPLIED)


def _define(appsync: Any, api_id: str, schema: str) -> None:  # noqa: ANN401
    appsync.start_schema_creation(apiId=api_id, definition=schema.encode())
    deadline = time.monotonic() + SCHEMA_SECONDS
    while time.monotonic() < deadline:
        status = appsync.get_schema_creation_status(apiId=api_id)
        if status["status"] in {"SUCCESS", "ACTIVE"}:
            return
        if status["status"] == "FAILED":
            raise LocalError("schema", f"the emulator refuses the GraphQL schema: {status.get('details')}")
        time.sleep(0.05)
    raise LocalError("schema", f"the emulator did not take the GraphQL schema within {SCHEMA_SECONDS} s")


def api_key(aws: Aws, _name: str, given: Inputs) -> Created:
    """A key of an API."""
    expires = int(datetime.fromisoformat(given["expires"]).timestamp())
    made = aws.client("appsync").create_api_key(
        apiId=given["apiId"], expires=expires, description=given.get("description") or ""
    )["apiKey"]
    return Created(f"{given['apiId']}:{made['id']}", {"key": made["id"]}, note="its expiry is not applied")


def data_source(aws: Aws, _name: str, given: Inputs) -> Created:
    """A Lambda function behind an API."""
    made = aws.client("appsync").create_data_source(
        apiId=given["apiId"],
        name=given["name"],
        type=given["type"],
        serviceRoleArn=given["serviceRoleArn"],
        lambdaConfig={"lambdaFunctionArn": given["lambdaConfig"]["functionArn"]},
    )["dataSource"]
    return Created(f"{given['apiId']}-{given['name']}", {"arn": made["dataSourceArn"]})


def resolver(aws: Aws, _name: str, given: Inputs) -> Created:
    """A field and what answers it."""
    made = aws.client("appsync").create_resolver(
        apiId=given["apiId"],
        typeName=given["type"],
        fieldName=given["field"],
        kind=given["kind"],
        dataSourceName=given["dataSource"],
        code=given["code"],
        runtime={"name": given["runtime"]["name"], "runtimeVersion": given["runtime"]["runtimeVersion"]},
    )["resolver"]
    return Created(f"{given['apiId']}-{given['type']}-{given['field']}", {"arn": made["resolverArn"]})
