"""`doctor`: what is missing on this machine, and what to do about it. It asks nobody on the network."""

import importlib.metadata
import os
import shutil
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

import attrs
from rich.table import Table
from rich.text import Text

from cli._command import command, json_option
from cli._paths import PROJECT
from cli._screen import say, show, table
from cli._text import emit, safe, size
from local.home import CACHE, home_at

LEAST_PYTHON: Final = (3, 11)
LEAST_DISK: Final = 1_000_000_000
"""The emulator's environment, the build caches and the archives take about half of this."""

Verdict = Literal["ok", "note", "missing"]


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that was looked at. `missing` stops Foreman from working, a `note` does not."""

    name: str
    verdict: Verdict
    found: str
    remedy: str = ""


@command("doctor", examples=["./foreman doctor", "./foreman doctor --json"])
@json_option
def doctor(*, as_json: bool) -> int:
    """Look at this machine: Python, packages, disk, ports, emulator, left-over state; and remedies.

    Exit code 2 when something that Foreman needs is missing.
    """
    findings = [look() for look in CHECKS]
    broken = [finding for finding in findings if finding.verdict == "missing"]
    if as_json:
        emit({"ok": not broken, "checks": [attrs.asdict(finding) for finding in findings]})
    else:
        show(_screen(findings))
        say()
        say(
            "All that Foreman needs is here."
            if not broken
            else f"Missing: {', '.join(item.name for item in broken)}."
        )
    return 2 if broken else 0


def _screen(findings: Sequence[Finding]) -> Table:
    style = {"ok": "green", "note": "yellow", "missing": "bold red"}
    made = table(("", "", "found", "what to do"), [])
    for item in findings:
        made.add_row(
            Text(item.verdict, style=style[item.verdict]),
            item.name,
            Text(safe(item.found)),
            Text(safe(item.remedy)),
        )
    return made


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info[:2] >= LEAST_PYTHON
    return Finding(
        name="Python",
        verdict="ok" if good else "missing",
        found=f"{version} at {sys.executable}",
        remedy="" if good else "Install Python 3.11 or newer, remove .venv, and run ./foreman again.",
    )


def _packages() -> Finding:
    wanted = (
        "attrs",
        "boto3",
        "cattrs",
        "gql",
        "orjson",
        "phonenumbers",
        "pulumi",
        "pulumi-aws",
        "rich-click",
    )
    absent = [name for name in wanted if not _installed(name)]
    return Finding(
        name="packages",
        verdict="missing" if absent else "ok",
        found=f"not installed: {', '.join(absent)}" if absent else f"{len(wanted)} of {len(wanted)}",
        remedy="Remove .venv and run ./foreman again: it installs the locked packages." if absent else "",
    )


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _uv() -> Finding:
    beside = Path(sys.executable).parent / "uv"
    where = str(beside) if beside.exists() else shutil.which("uv")
    return Finding(
        name="uv",
        verdict="ok" if where else "missing",
        found=where or "not found",
        remedy="" if where else "Remove .venv and run ./foreman again: it brings uv.",
    )


def _disk() -> Finding:
    free = shutil.disk_usage(PROJECT).free
    good = free >= LEAST_DISK
    return Finding(
        name="disk",
        verdict="ok" if good else "missing",
        found=f"{size(free)} free",
        remedy="" if good else f"Free {size(LEAST_DISK)}; .foreman and dist hold what can be built again.",
    )


def _writable() -> Finding:
    home = home_at(None).root
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    good = os.access(place, os.W_OK)
    return Finding(
        name="state folder",
        verdict="ok" if good else "missing",
        found=f"{home} can{'' if good else 'not'} be written",
        remedy="" if good else f"Take over {place} (chown), or name another folder in FOREMAN_HOME.",
    )


def _loopback() -> Finding:
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    except OSError as error:
        return Finding(
            name="loopback port",
            verdict="missing",
            found=f"127.0.0.1 takes no listener: {error.strerror}",
            remedy="Allow listening on 127.0.0.1 (sandbox or firewall rules).",
        )
    return Finding(name="loopback port", verdict="ok", found=f"127.0.0.1:{port} is free")


def _emulator() -> Finding:
    made = [mark.parent for mark in CACHE.glob("emulator-*/.complete")]
    if not made:
        return Finding(
            name="emulator",
            verdict="note",
            found="not installed yet",
            remedy="./foreman up installs it once.",
        )
    return Finding(name="emulator", verdict="ok", found=", ".join(map(str, made)))


def _stack() -> Finding:
    try:
        from local import stack, state  # noqa: PLC0415 - without its packages the other checks still help
    except ImportError as error:
        return Finding(
            name="local stack",
            verdict="missing",
            found=f"cannot be started: {error}",
            remedy="Remove .venv and run ./foreman again: it installs the locked packages.",
        )
    running = stack.current()
    if running is not None:
        return Finding(name="local stack", verdict="ok", found=f"{running.endpoint}, process {running.pid}")
    home = home_at(None)
    remembered = state.read(home)
    if remembered is None and home.state_file.exists():
        return _stale(f"{home.state_file} cannot be read")
    if remembered is not None and remembered.pid is not None:
        return _stale(f"its process {remembered.pid} has gone")
    return Finding(name="local stack", verdict="ok", found="not running")


def _stale(found: str) -> Finding:
    return Finding(name="local stack", verdict="note", found=found, remedy="./foreman up starts it again.")


def _proxy() -> Finding:
    names = [
        name
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        if os.environ.get(name) or os.environ.get(name.lower())
    ]
    skipped = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    if names and "127.0.0.1" not in skipped:
        return Finding(
            name="proxy",
            verdict="note",
            found=f"{', '.join(names)} set",
            remedy="Foreman goes round it; for other clients of the local stack: NO_PROXY=127.0.0.1",
        )
    return Finding(name="proxy", verdict="ok", found="nothing between here and 127.0.0.1")


def _pulumi() -> Finding:
    where = shutil.which("pulumi")
    return Finding(
        name="Pulumi CLI",
        verdict="ok" if where else "note",
        found=where or "not found",
        remedy="" if where else "Only to deploy to AWS: https://www.pulumi.com/docs/install",
    )


CHECKS: Final[tuple[Callable[[], Finding], ...]] = (
    _python,
    _packages,
    _uv,
    _disk,
    _writable,
    _loopback,
    _proxy,
    _emulator,
    _stack,
    _pulumi,
)
