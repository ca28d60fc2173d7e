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

from bundling.archive import sha256, unzipped_size, write_zip
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
_LEFT_OUT: Final = {"__pycache__", "bin"}
_LEFT_OUT_ENDS: Final = (".pyc", ".pyi", "/RECORD", "/INSTALLER", "/REQUESTED", "/direct_url.json", "/.lock")


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

    Raises BundleError when the dependencies cannot be installed, TooLarge when Lambda would not take the result.
    """
    out.mkdir(parents=True, exist_ok=True)
    code, layer = out / "code.zip", out / "layer.zip"
    code_unzipped = write_zip(code, _own_files(project))
    cached = _layer(target, project / LOCK, cache)
    shutil.copyfile(cached, layer)
    bundle = Bundle(
        code=code,
        layer=layer,
        code_sha256=sha256(code),
        layer_sha256=sha256(layer),
        code_bytes=code.stat().st_size,
        layer_bytes=layer.stat().st_size,
        unzipped_bytes=code_unzipped + unzipped_size(layer),
    )
    check_limits(bundle)
    return bundle


def check_limits(bundle: Bundle) -> None:
    """Raise TooLarge, naming the largest packages, when Lambda would not take the archives."""
    for archive in (bundle.code, bundle.layer):
        if archive.stat().st_size > ZIPPED_LIMIT:
            raise TooLarge(_too_large(archive.name, archive.stat().st_size, ZIPPED_LIMIT, bundle))
    if bundle.unzipped_bytes > UNZIPPED_LIMIT:
        raise TooLarge(_too_large("code and layer unzipped", bundle.unzipped_bytes, UNZIPPED_LIMIT, bundle))


def _own_files(project: Path) -> Iterator[tuple[str, Path]]:
    for top in OURS:
        for file in (project / top).rglob("*"):
            name = file.relative_to(project).as_posix()
            if file.is_file() and _belongs(name):
                yield name, file


def _belongs(name: str) -> bool:
    return not _LEFT_OUT & set(name.split("/")) and not name.endswith(_LEFT_OUT_ENDS)


def _layer(target: Target, lock: Path, cache: Path) -> Path:
    key = hashlib.sha256(
        b"\0".join([lock.read_bytes(), *(part.encode() for part in target.uv_options)])
    ).hexdigest()[:16]
    cached = cache / f"{target.name}-{key}.zip"
    if not cached.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            _install(target, lock, Path(folder))
            write_zip(cached, _installed(Path(folder)))
    return cached


def _install(target: Target, lock: Path, folder: Path) -> None:
    command = [
        uv.find_uv_bin(),
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--link-mode=copy",
    ]
    command += ["--target", str(folder), *target.uv_options, "-r", str(lock)]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, no shell
            command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BundleError(f"uv did not install {lock.name} within {INSTALL_SECONDS} s.") from error
    if done.returncode != 0:
        raise BundleError(f"uv could not install {lock.name}: {done.stderr.strip()}")


def _installed(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in folder.rglob("*"):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and _belongs(name):
            yield f"python/{name}", file


def _too_large(what: str, size: int, limit: int, bundle: Bundle) -> str:
    import zipfile  # noqa: PLC0415 - only to explain a failure

    weights: Counter[str] = Counter()
    with zipfile.ZipFile(bundle.layer) as archive:
        for entry in archive.infolist():
            weights[entry.filename.split("/")[1]] += entry.file_size
    largest = ", ".join(f"{name} {weight / 1e6:.0f} MB" for name, weight in weights.most_common(3))
    return f"{what}: {size / 1e6:.0f} MB; Lambda takes {limit / 1e6:.0f} MB. The largest packages: {largest}."
