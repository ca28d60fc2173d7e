"""Building the archives: `code.zip` with what is ours, two layers with what is locked."""

import hashlib
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uv
from attrs import frozen

from bundling import contents
from bundling.archive import link_or_copy, sha256, unzipped_sizes, write_zip
from bundling.errors import BundleError, TooLarge
from bundling.target import Target

PROJECT: Final = Path(__file__).resolve().parents[1]
CACHE: Final = PROJECT / ".foreman" / "cache" / "layers"
LOCK: Final = "requirements-lambda.txt"
OURS: Final = ("foreman_core", "handlers", "schemas")

UNZIPPED_LIMIT: Final = 250 * 1024**2
"""Bytes of code and layers together, unzipped:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

ZIPPED_LIMIT: Final = 50 * 1024**2
"""Bytes of an archive that is uploaded directly, as the code is (same page). The layers go through S3."""

INSTALL_SECONDS: Final = 600
LARGEST: Final = 3
_MIB: Final = 1024**2
_RULES: Final = Path(contents.__file__).read_bytes()


@frozen(kw_only=True)
class Bundle:
    """The archives: `layer` is for every function, `polars` only for those that read whole files.

    Sizes are in bytes, hashes in hex; `unzipped_bytes` is what a function with both layers has.
    """

    code: Path
    layer: Path
    polars: Path
    code_sha256: str
    layer_sha256: str
    polars_sha256: str
    code_bytes: int
    layer_bytes: int
    polars_bytes: int
    unzipped_bytes: int


def build(target: Target, out: Path, *, project: Path = PROJECT, cache: Path = CACHE) -> Bundle:
    """Build the archives into `out`. The layers are built once for a lock and a target, then linked.

    BundleError when the dependencies cannot be installed, TooLarge when Lambda would not take the result.
    """
    out.mkdir(parents=True, exist_ok=True)
    code, layer, polars = out / "code.zip", out / "layer.zip", out / "polars.zip"
    write_zip(code, _own_files(project))
    for cached, final in zip(_layers(target, project / LOCK, cache), (layer, polars), strict=True):
        link_or_copy(cached, final)
    bundle = Bundle(
        code=code,
        layer=layer,
        polars=polars,
        code_sha256=sha256(code),
        layer_sha256=sha256(layer),
        polars_sha256=sha256(polars),
        code_bytes=code.stat().st_size,
        layer_bytes=layer.stat().st_size,
        polars_bytes=polars.stat().st_size,
        unzipped_bytes=sum(sum(unzipped_sizes(archive).values()) for archive in (code, layer, polars)),
    )
    check_limits(bundle)
    return bundle


def check_limits(bundle: Bundle) -> None:
    """Raise TooLarge, naming the largest packages, when Lambda would not take the archives."""
    for what, size, limit in (
        ("code.zip has", bundle.code_bytes, ZIPPED_LIMIT),
        ("Unzipped, code and layers have", bundle.unzipped_bytes, UNZIPPED_LIMIT),
    ):
        if size > limit:
            raise TooLarge(
                f"{what} {size / _MIB:.1f} MiB, and Lambda takes {limit / _MIB:.0f} MiB. "
                f"Unzipped, the largest parts are: {_largest(bundle)}."
            )


def _largest(bundle: Bundle) -> str:
    weights: Counter[str] = Counter()
    for archive in (bundle.code, bundle.layer, bundle.polars):
        for name, size in unzipped_sizes(archive).items():
            weights[name.removeprefix("python/").split("/")[0]] += size
    return ", ".join(f"{name} {size / _MIB:.1f} MiB" for name, size in weights.most_common(LARGEST))


def _own_files(project: Path) -> Iterator[tuple[str, Path]]:
    for top in OURS:
        yield from contents.files(project / top, f"{top}/")


def _layers(target: Target, lock: Path, cache: Path) -> tuple[Path, Path]:
    """Both layers in the cache, built when there are none of this lock, this target and these contents."""
    made_of = [lock.read_bytes(), target.identity.encode(), _RULES]
    key = hashlib.sha256(b"\0".join(made_of)).hexdigest()[:16]
    layer, polars = cache / f"{target.name}-{key}.zip", cache / f"{target.name}-{key}-polars.zip"
    if not (layer.exists() and polars.exists()):
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as made:
            folder = Path(made)
            _install(target, lock, folder)
            _pack(folder, layer, polars)
    return layer, polars


def _pack(folder: Path, layer: Path, polars: Path) -> None:
    """Write an installation to the two layers."""
    apart = contents.of_polars(folder)
    kept = [(name, file) for name, file in contents.files(folder) if contents.travels(name)]
    write_zip(layer, ((f"python/{name}", file) for name, file in kept if name not in apart))
    write_zip(polars, ((f"python/{name}", file) for name, file in kept if name in apart))


def _install(target: Target, lock: Path, folder: Path) -> None:
    options = ["--quiet", "--no-deps", "--require-hashes", "--no-compile", "--link-mode=copy"]
    command = [uv.find_uv_bin(), "pip", "install", *options, *target.uv_options]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, no shell
            [*command, "--target", str(folder), "--requirements", str(lock)],
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BundleError(
            f"{lock.name} was not installed within {INSTALL_SECONDS} s; is PyPI reachable?"
        ) from error
    if done.returncode != 0:
        raise BundleError(f"{lock.name} could not be installed; is PyPI reachable? uv: {done.stderr.strip()}")
