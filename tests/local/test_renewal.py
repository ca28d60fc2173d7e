"""What is brought up to date when a stored stack starts again."""

import io
from pathlib import Path
from typing import Any

import attrs
import pytest
from botocore.exceptions import ClientError

from bundling import Bundle
from local import renewal
from local.aws import Aws
from local.home import Home
from local.state import State
from local.status import ResourceStatus
from tests.local.doubles import always

MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:m"
STORED = State(
    pid=None,
    port=1000,
    region="eu-central-1",
    program="p",
    code="code-1",
    layer="layer-1",
    polars="polars-1",
    outputs={},
    resources=(
        ResourceStatus(renewal.FUNCTION, "f", "function-f", "process"),
        ResourceStatus(renewal.MACHINE, "m", MACHINE, "emulated"),
    ),
)


@attrs.define
class Client:
    """Any AWS client: it remembers what it was asked."""

    absent: str = ""
    asked: list[tuple[str, dict[str, Any]]] = attrs.field(factory=list[tuple[str, dict[str, Any]]])

    def __getattr__(self, operation: str) -> Any:  # noqa: ANN401
        def call(**arguments: Any) -> dict[str, Any]:  # noqa: ANN401
            if operation == self.absent:
                raise ClientError({"Error": {"Code": "NotFound"}}, operation)
            self.asked.append((operation, arguments))
            variables = {
                "GRAPHQL_URL": "http://127.0.0.1:1000/v1/apis/a/graphql",
                "ROWS": "500",
                "PYTHONPATH": "/layers/layer-1/python:/layers/polars-1/python",
            }
            return {"Environment": {"Variables": variables}}

        return call

    def invoke(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        self.asked.append(("invoke", arguments))
        return {"Payload": io.BytesIO(b'{"restarted": ["job-1"], "given_up": []}')}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()
    monkeypatch.setattr(Aws, "client", always(made))
    return made


@pytest.fixture
def aws() -> Aws:
    return Aws("http://127.0.0.1:2000", "eu-central-1", Path("/layers"))


def bundle(tmp_path: Path, code: str = "code-1", layer: str = "layer-1", polars: str = "polars-1") -> Bundle:
    (tmp_path / "code.zip").write_bytes(b"the code")
    return Bundle(
        code=tmp_path / "code.zip",
        layer=tmp_path / "layer.zip",
        polars=tmp_path / "polars.zip",
        code_sha256=code,
        layer_sha256=layer,
        polars_sha256=polars,
        code_bytes=8,
        layer_bytes=0,
        polars_bytes=0,
        unzipped_bytes=0,
    )


def test_a_stack_that_has_not_changed_is_left_alone(client: Client, aws: Aws, tmp_path: Path) -> None:
    renewal.renew_functions(aws, STORED, bundle(tmp_path), 1000, lambda _: None)
    assert client.asked == []


def test_new_code_replaces_the_old_and_nothing_else(client: Client, aws: Aws, tmp_path: Path) -> None:
    renewal.renew_functions(aws, STORED, bundle(tmp_path, code="code-2"), 1000, lambda _: None)
    assert client.asked == [
        ("update_function_code", {"FunctionName": "function-f", "ZipFile": b"the code"}),
    ]


@pytest.mark.parametrize(
    ("port", "layers"),
    [(2000, ("layer-1", "polars-1")), (1000, ("layer-2", "polars-1")), (1000, ("layer-1", "polars-2"))],
)
def test_addresses_and_dependencies_are_brought_up_to_date(
    client: Client, aws: Aws, tmp_path: Path, port: int, layers: tuple[str, str]
) -> None:
    layer, polars = layers
    renewal.renew_functions(aws, STORED, bundle(tmp_path, layer=layer, polars=polars), port, lambda _: None)
    (_, update) = client.asked
    assert update == (
        "update_function_configuration",
        {
            "FunctionName": "function-f",
            "Environment": {
                "Variables": {
                    "GRAPHQL_URL": "http://127.0.0.1:2000/v1/apis/a/graphql",
                    "ROWS": "500",
                    "PYTHONPATH": f"/layers/{layer}/python:/layers/{polars}/python",
                }
            },
        },
    )


@pytest.mark.parametrize("absent", ["get_function_configuration", "describe_state_machine"])
def test_a_stack_is_stored_when_all_that_it_is_made_of_is(client: Client, aws: Aws, absent: str) -> None:
    assert renewal.is_stored(aws, STORED.resources)
    client.absent = absent
    assert not renewal.is_stored(aws, STORED.resources)


def test_the_sweeper_starts_interrupted_jobs_again_without_waiting(client: Client, aws: Aws) -> None:
    told: list[str] = []
    sweeper = ResourceStatus(renewal.FUNCTION, "s", "foreman-local-sweep", "process")
    stored = attrs.evolve(STORED, resources=(*STORED.resources, sweeper))
    renewal.resume_jobs(aws, stored, told.append)
    assert told == ["resuming job-1"]
    asked = {"FunctionName": "foreman-local-sweep", "Payload": b'{"lease_s": 0}'}
    assert client.asked == [("invoke", asked)]


def test_queues_are_found_on_the_new_port(home: Home) -> None:
    stored = home.data / "state" / "sqs.json"
    renewal.move_queues(home, 2000)  # nothing is stored yet
    stored.parent.mkdir(parents=True)
    stored.write_text('{"a": "http://localhost:1000/000000000000/q", "b": "http://localhost:1000/?Action=x"}')
    renewal.move_queues(home, 2000)
    assert stored.read_text() == (
        '{"a": "http://localhost:2000/000000000000/q", "b": "http://localhost:1000/?Action=x"}'
    )
