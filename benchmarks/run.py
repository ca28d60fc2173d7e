"""Measures whole processes in pairs with bare Polars.

    .venv/bin/python -m benchmarks.run                  every contest
    .venv/bin/python -m benchmarks.run small middle     these
    .venv/bin/python -m benchmarks.run --write          and the tables of benchmarks/README.md

The peers get an environment of their own, .foreman/bench-venv; files are made in .foreman/bench, and kept.
"""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.agreement import compare, expected_flags, found_flags
from benchmarks.contests import (
    BASE,
    CONTESTS,
    PEERS,
    PEERS_PYTHON,
    ROOT,
    WORK,
    Contest,
    command_of,
    write_shape_schema,
)
from benchmarks.measure import FailedError, Pairs, Usage, measure, measure_pairs
from benchmarks.report import Line, Result, store, tables, write

REQUIREMENTS: Final = Path(__file__).with_name("requirements.txt")
COMPARED_UP_TO: Final = 100_000
"""Rows up to which verdicts are compared: more would tell nothing else."""

_TIMEOUT: Final = 1800
_VERSIONS: Final = """
from importlib.metadata import version
names = ("polars", "dataframely", "pandera", "duckdb", "pydantic", "frictionless", "phonenumbers")
print(", ".join(f"{name} {version(name)}" for name in names))
"""
_JUDGES_NOTHING: Final = (BASE, "bare_polars_blocks", "foreman_accepted")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0, or 1 when a contender failed."""
    names = [contest.name for contest in CONTESTS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("contests", nargs="*", metavar="CONTEST", help=f"of {', '.join(names)}")
    parser.add_argument("--write", action="store_true", help="put the results into benchmarks/README.md")
    given = parser.parse_args(arguments)
    unknown = set(given.contests) - set(names)
    if unknown:
        parser.error(f"no contest: {', '.join(sorted(unknown))}")
    prepare()
    failures = 0
    for contest in CONTESTS:
        if not given.contests or contest.name in given.contests:
            failures += _hold(contest)
    if given.write:
        write()
    print(tables())  # noqa: T201 - this is a command
    return int(failures > 0)


def prepare() -> None:
    """Make the environment of the peers when it is not there or not as locked."""
    os.chdir(ROOT)
    WORK.mkdir(parents=True, exist_ok=True)
    stamp, wanted = PEERS / "locked", hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        uv = str(ROOT / ".venv" / "bin" / "uv")
        _do(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(PEERS))
        _do(
            uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(PEERS_PYTHON), str(REQUIREMENTS)
        )  # fmt: skip
        stamp.write_text(wanted, encoding="utf-8")
    write_shape_schema()


def _hold(contest: Contest) -> int:
    """Every contender in turn; how many failed."""
    if not contest.file.exists():
        _say(f"{contest.name}: making {contest.file.name}")
        _do(
            str(PEERS_PYTHON), "-m", "benchmarks.customers", str(contest.rows), str(contest.file),
            "--variant", contest.variant,
        )  # fmt: skip
    base = command_of(BASE, contest)
    measure(base)  # the file is in the page cache from here on
    bases: tuple[Usage, ...] = ()
    lines: list[Line] = []
    failures = 0
    for contender in contest.contenders:
        _say(f"{contest.name}: {contender}")
        try:
            pairs = measure_pairs(command_of(contender, contest), base, at_most=contest.pairs)
            verdicts = _verdicts(contender, contest)
        except FailedError as error:
            _say(f"{contest.name}: {contender} failed: {error}")
            failures += 1
            continue
        bases += pairs.base
        lines.append(_line(contender, contest, pairs, verdicts))
        _say(f"  {lines[-1].ratio:.2f} times bare Polars, {lines[-1].seconds:.2f} s; {verdicts}")
    if bases:
        lines.insert(0, _line(BASE, contest, Pairs(bases, bases), ""))
        store(Result(contest=contest.name, setting=_setting(contest), lines=tuple(lines)))
    return failures


def _line(contender: str, contest: Contest, pairs: Pairs, verdicts: str) -> Line:
    usages = pairs.own
    return Line(
        contender=contender,
        ratio=pairs.ratio,
        cpu_ratio=pairs.cpu_ratio,
        seconds=median(usage.wall for usage in usages),
        cpu_per_row=median(usage.cpu for usage in usages) / contest.rows * 1e6,
        memory=median(usage.memory for usage in usages),
        pairs=len(usages),
        verdicts=verdicts,
    )


def _verdicts(contender: str, contest: Contest) -> str:
    """How its flags differ from those that the file was made with; empty when they are not compared."""
    if contender in _JUDGES_NOTHING or contest.rows > COMPARED_UP_TO:
        return ""
    flags = WORK / "flags.csv"
    printed = measure(command_of(contender, contest, flags)).printed
    is_foreman = contender == "foreman"
    expected = expected_flags(contest.file, with_duplicates=not is_foreman)
    agreement = compare(expected, _of_shared_codes(found_flags(flags), contest))
    if not is_foreman:
        return agreement.verdict
    duplicates = json.loads(printed)["rows"]["duplicate"]
    return f"{agreement.verdict}, {duplicates} duplicates told apart"


def _of_shared_codes(flags: frozenset[tuple[int, str]], contest: Contest) -> frozenset[tuple[int, str]]:
    """A phone of another shape is `pattern` to the schema that Foreman has for it, `format` to the others."""
    if contest.phones == "library":
        return flags
    return frozenset((row, "format" if code == "pattern" else code) for row, code in flags)


def _setting(contest: Contest) -> str:
    command = [str(PEERS_PYTHON), "-c", _VERSIONS]
    listed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603 - ours
    return (
        f"{contest.file.stat().st_size / 1e6:.1f} MB, {os.cpu_count()} cores, {datetime.now(UTC).date()}, "
        f"Python {platform.python_version()}, {listed.stdout.strip()}."
    )


def _do(*command: str) -> None:
    subprocess.run(command, check=True, timeout=_TIMEOUT)  # noqa: S603 - commands of this module


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - progress


if __name__ == "__main__":
    sys.exit(main())
