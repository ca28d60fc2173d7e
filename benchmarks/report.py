"""The results as tables, in benchmarks/README.md."""

import json
from pathlib import Path
from typing import Any, Final

from attrs import asdict, frozen

from benchmarks.contests import CONTESTS, WORK

README: Final = Path(__file__).with_name("README.md")
STORE: Final = WORK / "results.json"

_BEGIN: Final = "<!-- results: written by `python -m benchmarks.run --write` -->\n"
_END: Final = "<!-- end of results -->\n"
_HEAD: Final = (
    "| | times bare Polars | times its CPU | seconds | CPU µs a row | peak MiB | pairs | verdicts |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
)


@frozen(kw_only=True)
class Line:
    """One contender in one contest: medians. `verdicts` is empty where they were not compared."""

    contender: str
    ratio: float
    cpu_ratio: float
    seconds: float
    cpu_per_row: float
    memory: float
    pairs: int
    verdicts: str = ""


@frozen(kw_only=True)
class Result:
    """A contest; `setting` says when it was held, and between which versions."""

    contest: str
    setting: str
    lines: tuple[Line, ...]


def store(result: Result) -> None:
    """Keep it beside the results of the other contests, in place of an older one."""
    kept = _stored()
    kept[result.contest] = asdict(result)
    STORE.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def tables() -> str:
    """Every contest that has been held, as Markdown."""
    kept = _stored()
    parts: list[str] = []
    for contest in CONTESTS:
        if contest.name in kept:
            stored = kept[contest.name]
            rows = [_row(Line(**line)) for line in stored["lines"]]
            parts.append("\n".join([f"### {contest.title}", "", stored["setting"], "", *_HEAD, *rows, ""]))
    return "\n".join(parts)


def write() -> None:
    """Put the tables into the README, in place of the former ones."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    README.write_text(f"{before}{_BEGIN}\n{tables()}\n{_END}{after}", encoding="utf-8")


def _row(line: Line) -> str:
    return (
        f"| {line.contender} | {line.ratio:.1f} | {line.cpu_ratio:.1f} | {line.seconds:.2f} "
        f"| {line.cpu_per_row:.1f} | {line.memory:.0f} | {line.pairs} | {line.verdicts} |"
    )


def _stored() -> dict[str, Any]:
    return json.loads(STORE.read_text(encoding="utf-8")) if STORE.exists() else {}
