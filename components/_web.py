"""The web service: its command, what it is told, and what it may do. Nothing here makes a resource."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi

from components._balancer import HEALTH_PATH, WEB_PORT
from components._container_settings import WebSettings
from components._iam import GET, PUT, QUERY, UPDATE, Statement, use_table
from components._ledger import JOBS_BY_TIME
from components._steps import (
    StepArgs,
    answer_tasks,
    open_files,
    read_files,
    tell_gone,
    use_ledger,
    write_files,
)
from components._sweeper import start_jobs

COMMAND: Final = (
    *("python", "-m", "gunicorn"),
    *("-c", "service/gunicorn.conf.py"),
    "service.app:create_app()",
)
HEALTH: Final = (
    "python",
    "-c",
    (
        "import ssl, urllib.request as web; "
        f"web.urlopen('https://127.0.0.1:{WEB_PORT}{HEALTH_PATH}', timeout=5, "
        "context=ssl._create_unverified_context())"
    ),
)
"""The certificate is the container's own, made for the balancer, which does not verify it either:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html"""
STOP_S: Final = 30


def environment(
    of: StepArgs, web: WebSettings, *, user_pool_id: str | None, keys_url: str
) -> Mapping[str, pulumi.Input[str]]:
    """Give what the service reads from its environment, beside what every container is told."""
    issuer = f"https://cognito-idp.{of.runtime.region}.amazonaws.com/{user_pool_id}"
    return {
        "FILES_KEY": of.runtime.key_arn,
        "INTAKE_BUCKET": of.bucket,
        "LEDGER_TABLE": of.ledger_table,
        "PORT": str(WEB_PORT),
        "RECORDS_TABLE": of.records_table,
        "RECORD_TYPE": of.record_schema.name,
        "STATE_MACHINE_ARN": of.state_machine_arn,
        "USER_POOL_CLIENT_ID": web.user_pool_client_id,
        "USER_POOL_ISSUER": issuer,
        "USER_POOL_KEYS_URL": keys_url,
    }


def permissions(of: StepArgs) -> Sequence[Statement]:
    """Give what the service may do: look at jobs and records, take files in, and start jobs again."""
    index = pulumi.Output.concat(of.ledger_table_arn, f"/index/{JOBS_BY_TIME}")
    return [
        *use_ledger(of, GET, PUT, QUERY, UPDATE),
        Statement(sid="ListJobsByTime", actions=[QUERY], resources=[index]),
        *use_table(
            "Records",
            of.records_table_arn,
            [GET, "dynamodb:Scan"],
            key_arn=of.runtime.key_arn,
            region=of.runtime.region,
        ),
        # a presigned request has the rights of who signs it
        write_files(of, "incoming/*"),
        read_files(of, "jobs/*/rejects.csv"),
        tell_gone(of, "s3:ListBucket"),
        open_files(of),
        *start_jobs(of),
        answer_tasks("states:SendTaskSuccess"),
    ]
