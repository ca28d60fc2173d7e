"""What stays behind is never missed: tried with the packages themselves."""

import ast
import subprocess
import sys
from pathlib import Path

import botocore
import botocore.session
import phonenumbers
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

from bundling.build import PROJECT
from bundling.contents import AWS_SERVICES, travels

WITHOUT_NAMES = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[1:2] in (["carrierdata"], ["geodata"], ["tzdata"]):
            raise ImportError(f"{name} stayed behind")

sys.meta_path.insert(0, Absent())
import phonenumbers as p

for region in sorted(p.SUPPORTED_REGIONS):
    number = p.parse(p.format_number(p.example_number(region), p.PhoneNumberFormat.NATIONAL), region)
    print(region, p.is_valid_number(number), p.format_number(number, p.PhoneNumberFormat.E164))
"""


@pytest.mark.parametrize(
    "name",
    [
        "botocore/client.py",
        "botocore/data/endpoints.json",
        "botocore/data/partitions.json",
        "botocore/data/dynamodb/2012-08-10/service-2.json.gz",
        "phonenumbers/data/region_DE.py",
        "phonenumbers/shortdata/region_DE.py",
        "tiny/bin/helper.py",
    ],
)
def test_what_is_read_travels(name: str) -> None:
    assert travels(name)


@pytest.mark.parametrize(
    "name",
    [
        "bin/tiny-command",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "botocore/data/dynamodbstreams/2012-08-10/service-2.json.gz",
        "phonenumbers/geodata/data0.py",
        "phonenumbers/carrierdata/__init__.py",
        "phonenumbers/tzdata/data0.py",
    ],
)
def test_what_is_never_read_stays_behind(name: str) -> None:
    assert not travels(name)


def asked_for(file: Path) -> set[str]:
    """The services that a module has boto3 make clients for."""
    return {
        argument.value
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"client", "create_client", "resource"}
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def test_the_services_that_travel_are_those_that_the_functions_ask_for() -> None:
    files = [file for top in ("handlers", "foreman_core") for file in (PROJECT / top).rglob("*.py")]
    assert set().union(*map(asked_for, files)) == set(AWS_SERVICES)


def test_clients_are_made_from_what_travels(tmp_path: Path) -> None:
    installed = Path(botocore.__file__).parents[1]
    for file in (installed / "botocore" / "data").rglob("*"):
        name = file.relative_to(installed)
        if file.is_file() and travels(name.as_posix()):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).symlink_to(file)
    session = botocore.session.Session()
    loader = Loader(
        extra_search_paths=[str(tmp_path / "botocore" / "data")], include_default_search_paths=False
    )
    session.register_component("data_loader", loader)
    session.set_credentials("test", "test")
    for service in AWS_SERVICES:
        client = session.create_client(service, region_name="eu-central-1")
        assert client.meta.endpoint_url.endswith("eu-central-1.amazonaws.com")
    with pytest.raises(UnknownServiceError):
        session.create_client("ec2", region_name="eu-central-1")


def test_phone_numbers_are_judged_without_the_names_of_places_and_carriers() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NAMES], capture_output=True, text=True, timeout=60, check=True
    )
    judged = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert len(judged) > 200
    for region, verdict in judged.items():
        example = phonenumbers.example_number(region)
        assert example is not None
        number = phonenumbers.parse(
            phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL), region
        )
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert verdict == f"{phonenumbers.is_valid_number(number)} {e164}"
