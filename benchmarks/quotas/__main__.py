"""The command: `python -m benchmarks.quotas --rows 100000000`, or `--rows 1000 --files-per-hour 10000`."""

import argparse
import json
from collections.abc import Iterator

import attrs

from benchmarks.quotas.model import Forecast, Load, forecast
from benchmarks.quotas.program import Measured, Program


def lines(found: Forecast) -> Iterator[str]:
    """The forecast as Markdown."""
    load = found.load
    files = f", {load.files_per_hour:,.0f} files an hour" if load.files_per_hour else ""
    yield f"{load.rows:,} rows a file{files}: way `{found.way}`, {found.chunks:,} chunks a file, "
    yield f"{found.rows_a_second:,.0f} rows a second."
    yield ""
    yield (
        "Seconds of a file: "
        + ", ".join(f"{name} {value:,.0f}" for name, value in found.seconds.items())
        + "."
    )
    of_what = "an hour" if load.files_per_hour else "the file"
    parts = ", ".join(f"{name} {value:,.2f}" for name, value in found.dollars.items() if value >= 0.005)  # noqa: PLR2004 - a cent
    yield f"Dollars of {of_what}: {sum(found.dollars.values()):,.2f} ({parts})."
    yield f"**Binding: {found.binding.name}, {found.binding.share:.0%}.** {found.binding.lift}."
    yield ""
    yield "| limit | used | of | share | what lifts it |"
    yield "| --- | ---: | ---: | ---: | --- |"
    for use in found.uses:
        name = use.name if use.checked or use.source == "the program" else f"{use.name} (unconfirmed)"
        used, limit = (f"{_number(value)} {use.unit}" for value in (use.used, use.limit))
        yield f"| {name} | {used} | {limit} | {use.share:.1%} | {use.lift} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004 - two digits are enough


def main() -> None:
    """Print a forecast. Every setting and every measured number has an option of its name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quotas", description=__doc__)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--files-per-hour", type=float, default=0)
    parser.add_argument("--json", action="store_true")
    for name in (*_numbers(Program), *_numbers(Measured)):
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=argparse.SUPPRESS)
    given = vars(parser.parse_args())
    found = forecast(
        Load(rows=given["rows"], files_per_hour=given["files_per_hour"]),
        attrs.evolve(Program(), **{name: int(given[name]) for name in _numbers(Program) if name in given}),
        attrs.evolve(Measured(), **{name: given[name] for name in _numbers(Measured) if name in given}),
    )
    shown = attrs.asdict(found) | {"binding": attrs.asdict(found.binding)}
    print(json.dumps(shown, indent=1) if given["json"] else "\n".join(lines(found)))  # noqa: T201 - this is a command


def _numbers(cls: type[Program | Measured]) -> list[str]:
    return [each.name for each in attrs.fields(cls) if each.type in (int, float)]


if __name__ == "__main__":
    main()
