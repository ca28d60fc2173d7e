"""The stack that a command talks to: where it is, and clients for it."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from attrs import field, frozen

from cli._paths import PROJECT
from foreman_core.errors import Refused, Unavailable
from local import stack as local_stack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from cli._api import Api

LOCAL: Final = "local"
PULUMI_SECONDS: Final = 120
SECRET: Final = frozenset({"api_key"})


@frozen(kw_only=True, slots=False)
class Target:
    """A running stack. `session` holds what boto3.client needs beside the service's name."""

    name: str
    outputs: Mapping[str, str]
    region: str
    endpoint: str | None = None
    session: Mapping[str, Any] = field(factory=dict[str, Any])

    @property
    def bucket(self) -> str:
        """The intake bucket."""
        return self.output("intake_bucket")

    def output(self, name: str) -> str:
        """One output of the stack; Refused when the stack has none of that name."""
        value = self.outputs.get(name)
        if not value:
            raise Refused("no-output", f"Stack {self.name} has no output {name}. Deploy it again: pulumi up.")
        return value

    @cached_property
    def s3(self) -> "S3Client":
        """An S3 client with time-outs."""
        return self.client("s3")

    def client(self, service: str) -> Any:  # noqa: ANN401 - the stubs know services by literal names only
        """A client of a service, with time-outs."""
        import boto3  # noqa: PLC0415 - a third of a second, for commands that only look
        from botocore.config import Config  # noqa: PLC0415 - as above

        # proxies={}: none for the loopback; None: whatever the environment says
        config = Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 4},
            proxies={} if self.endpoint else None,
        )
        return cast("Any", boto3).client(service, config=config, **self.session)

    def public(self) -> dict[str, object]:
        """What may be shown of the stack anywhere: its name, where it is, its outputs without secrets."""
        outputs = {name: value for name, value in self.outputs.items() if name not in SECRET}
        return {"stack": self.name, "endpoint": self.endpoint, "region": self.region, "outputs": outputs}

    def api(self) -> "Api":
        """The GraphQL client of this stack; use it as a context manager."""
        from cli._api import Api  # noqa: PLC0415 - gql takes half a second

        return Api(url=self.output("graphql_url"), api_key=self.output("api_key"))


def find(name: str) -> Target:
    """The stack called `name`. Refused when it does not run or cannot be found."""
    if name == LOCAL:
        running = local_stack.current()
        if running is None:
            raise Refused("stack-down", "The local stack is not running. Start it: ./foreman up")
        return of_local(running)
    outputs = pulumi_json("stack", "output", "--json", "--show-secrets", "--stack", name)
    plain = {key: value if isinstance(value, str) else json.dumps(value) for key, value in outputs.items()}
    if "region" not in plain:
        raise Refused("no-output", f"Stack {name} has no outputs. Deploy it first: pulumi up --stack {name}")
    return Target(name=name, outputs=plain, region=plain["region"], session={"region_name": plain["region"]})


def of_local(running: "local_stack.LocalStack") -> Target:
    """The Target of a local stack that runs."""
    return Target(
        name=LOCAL,
        outputs=running.outputs,
        region=running.region,
        endpoint=running.endpoint,
        session=running.session_kwargs(),
    )


def pulumi_json(*arguments: str) -> dict[str, Any]:
    """What a Pulumi command prints as JSON. Refused when there is no Pulumi CLI or no such stack."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise Refused(
            "no-pulumi",
            "Stacks other than the local one are found through the Pulumi CLI, which is not on the PATH. "
            "Install it (https://www.pulumi.com/docs/install), or leave --stack out.",
        )
    command = [pulumi, *arguments, "--non-interactive"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, no shell
            command, cwd=PROJECT, capture_output=True, text=True, timeout=PULUMI_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable("pulumi", f"{' '.join(command)} did not end within {PULUMI_SECONDS} s.") from error
    if done.returncode != 0:
        raise Refused("pulumi", f"{' '.join(command)} failed: {_last_line(done.stderr)}")
    return json.loads(done.stdout)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
