"""Building the archives: `code.zip` with what is ours, `layer.zip` with what is locked."""

import hashlib
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uv
from attrs import frozen

from bundling.archive import sha256, unzipped_sizes, write_zip
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
"""Bytes of one archive that is uploaded directly (same page)."""

INSTALL_SECONDS: Final = 600
LARGEST: Final = 3
_MIB: Final = 1024**2
_INSTALLERS_OWN: Final = ("/RECORD", "/INSTALLER", "/REQUESTED", "/direct_url.json", "/uv_cache.json")
_LEFT_OUT: Final = (".pyc", ".pyi", *_INSTALLERS_OWN)
"""Never read at run time. METADATA stays, for packages ask for their version, and so do the licences."""


@frozen(kw_only=True)
class Bundle:
    """The two archives; sizes in bytes, hashes in hex."""

    code: Path
    layer: Path
    code_sha256: str
    layer_sha256: str
    code_bytes: int
    layer_bytes: int
    unzipped_bytes: int


def build(target: Target, out: Path, *, project: Path = PROJECT, cache: Path = CACHE) -> Bundle:
    """Build both archives into `out`. The layer is built once for a lock and a target, then copied.

    BundleError when the dependencies cannot be installed, TooLarge when Lambda would not take the result.
    """
    out.mkdir(parents=True, exist_ok=True)
    code, layer = out / "code.zip", out / "layer.zip"
    write_zip(code, _own_files(project))
    shutil.copyfile(_layer(target, project / LOCK, cache), layer)
    bundle = Bundle(
        code=code,
        layer=layer,
        code_sha256=sha256(code),
        layer_sha256=sha256(layer),
        code_bytes=code.stat().st_size,
        layer_bytes=layer.stat().st_size,
        unzipped_bytes=sum(unzipped_sizes(code).values()) + sum(unzipped_sizes(layer).values()),
    )
    check_limits(bundle)
    return bundle


def check_limits(bundle: Bundle) -> None:
    """Raise TooLarge, naming the largest packages, when Lambda would not take the archives."""
    for what, size, limit in (
        ("code.zip has", bundle.code_bytes, ZIPPED_LIMIT),
        ("layer.zip has", bundle.layer_bytes, ZIPPED_LIMIT),
        ("Unzipped, code and layer have", bundle.unzipped_bytes, UNZIPPED_LIMIT),
    ):
        if size > limit:
            raise TooLarge(
                f"{what} {size / _MIB:.1f} MiB, and Lambda takes {limit / _MIB:.0f} MiB. "
                f"Unzipped, the largest parts are: {_largest(bundle)}."
            )


def _largest(bundle: Bundle) -> str:
    weights: Counter[str] = Counter()
    for name, size in unzipped_sizes(bundle.code).items():
        weights[name.split("/")[0]] += size
    for name, size in unzipped_sizes(bundle.layer).items():
        weights[name.removeprefix("python/").split("/")[0]] += size
    return ", ".join(f"{name} {size / _MIB:.1f} MiB" for name, size in weights.most_common(LARGEST))


def _own_files(project: Path) -> Iterator[tuple[str, Path]]:
    for top in OURS:
        yield from _files(project / top, f"{top}/")


def _files(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    for file in folder.rglob("*"):
        inner = file.relative_to(folder)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in inner.parts)
        name = prefix + inner.as_posix()
        if file.is_file() and not hidden and not name.endswith(_LEFT_OUT):
            yield name, file


def _layer(target: Target, lock: Path, cache: Path) -> Path:
    """The layer in the cache, built when there is none of this lock and this target."""
    key = hashlib.sha256(b"\0".join([lock.read_bytes(), target.identity.encode()])).hexdigest()[:16]
    cached = cache / f"{target.name}-{key}.zip"
    if not cached.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as made:
            folder = Path(made)
            _install(target, lock, folder)
            shutil.rmtree(folder / "bin", ignore_errors=True)  # console scripts: nobody calls them there
            write_zip(cached, _files(folder, "python/"))
    return cached


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
