"""What of the locked packages travels to Lambda, and in which of the two layers."""

import importlib.metadata
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

POLARS: Final = frozenset({"polars", "polars-runtime-32"})
"""The distributions of the layer for functions that read whole files: five sixths of all bytes."""

AWS_SERVICES: Final = ("dynamodb", "kms", "s3", "sesv2", "sns", "sqs", "stepfunctions")
"""The services that the functions have clients for. botocore describes four hundred, in 15 MiB that do not
compress."""

_INSTALLERS_OWN: Final = ("/RECORD", "/INSTALLER", "/REQUESTED", "/direct_url.json", "/uv_cache.json")
_SUFFIXES: Final = (".pyc", ".pyi", *_INSTALLERS_OWN)
"""Never read at run time. METADATA stays, for packages ask for their version, and so do the licences."""

_FOLDERS: Final = (
    "bin/",  # console scripts: nobody calls them there
    # what a number's place, carrier and time zone are called: to parse, judge and format needs none of it
    "phonenumbers/carrierdata/",
    "phonenumbers/geodata/",
    "phonenumbers/tzdata/",
)
_SERVICE: Final = re.compile(r"botocore/data/(?P<name>[^/]+)/")


def files(folder: Path, prefix: str = "") -> Iterator[tuple[str, Path]]:
    """The files in a folder with their names in an archive, without what is hidden, compiled or a stub."""
    for file in folder.rglob("*"):
        inner = file.relative_to(folder)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in inner.parts)
        name = prefix + inner.as_posix()
        if file.is_file() and not hidden and not name.endswith(_SUFFIXES):
            yield name, file


def travels(name: str) -> bool:
    """Whether a file of an installed package, by its path in the installation, is of use to a function."""
    service = _SERVICE.match(name)
    if service is not None:
        return service["name"] in AWS_SERVICES
    return not name.startswith(_FOLDERS)


def of_polars(folder: Path) -> frozenset[str]:
    """The paths, relative to an installation, of the files that belong to the layer with Polars."""
    found = importlib.metadata.distributions(path=[str(folder)])
    return frozenset(
        file.as_posix()
        for distribution in found
        if distribution.name in POLARS
        for file in distribution.files or ()
    )
