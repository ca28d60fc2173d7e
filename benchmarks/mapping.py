"""How often columns are matched right, wrongly, or not at all: Foreman and simpler ways, on labelled headers.

    .venv/bin/python -m benchmarks.mapping

Every header is a file with that one column. Precision is the share of right matches among all matches, recall
that of the columns with a field that were matched right; wrong are matches to another field than the label's,
or where there is none.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import yaml
from attrs import frozen
from rapidfuzz import fuzz

from foreman_core.mapping import propose
from foreman_core.schema import RecordSchema, find_schema
from foreman_core.schema.headers import fold

HEADERS: Final = Path(__file__).parents[1] / "tests" / "core" / "mapping" / "headers.yaml"

Matcher = Callable[[str], str | None]


@frozen
class Labelled:
    """A header and the field that it is; None for no field."""

    part: str
    group: str
    header: str
    field: str | None


@frozen
class Score:
    """What became of the headers."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """The share of right matches among all matches; 1 for none."""
        matches = self.right + self.wrong
        return self.right / matches if matches else 1.0

    @property
    def recall(self) -> float:
        """The share of right matches among the columns that have a field."""
        return self.right / (self.right + self.missed)


def labelled() -> Iterator[Labelled]:
    """The labelled headers."""
    document = yaml.load(HEADERS.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 - texts only
    for part, groups in document.items():
        for group, fields in groups.items():
            for field, headers in fields.items():
                for header in headers:
                    yield Labelled(part, group, header, None if field == "null" else field)


def matchers(schema: RecordSchema) -> dict[str, Matcher]:
    """Foreman, and what one would do without it."""
    names = {header: field.name for field in schema.fields for header in (field.name, *field.aliases)}
    folded = {fold(header): field for header, field in names.items()}

    def foreman(header: str) -> str | None:
        found = propose([header], schema).matches
        return found[0].field if found else None

    def best(scorer: Callable[[str, str], float], least: float) -> Matcher:
        def match(header: str) -> str | None:
            likeness = ((scorer(header.casefold(), name.casefold()), field) for name, field in names.items())
            score, field = max(likeness)
            return field if score >= least else None

        return match

    return {
        "Foreman": foreman,
        "names and aliases alone": lambda header: folded.get(fold(header)),
        "rapidfuzz ratio of 90": best(fuzz.ratio, 90),
        "rapidfuzz ratio of 80": best(fuzz.ratio, 80),
        "rapidfuzz token_set_ratio of 90": best(fuzz.token_set_ratio, 90),
        "rapidfuzz WRatio of 90": best(fuzz.WRatio, 90),
    }


def measured(match: Matcher, headers: list[Labelled]) -> Score:
    """What a matcher makes of the headers."""
    found = [(match(each.header), each.field) for each in headers]
    return Score(
        right=sum(field is not None and field == label for field, label in found),
        wrong=sum(field is not None and field != label for field, label in found),
        missed=sum(label is not None and field != label for field, label in found),
    )


def main() -> None:
    """Print the table of docs/mapping.md."""
    schema, headers = find_schema("customer"), list(labelled())
    for part in ("tuned", "held_out"):
        mine = [each for each in headers if each.part == part]
        with_field = sum(each.field is not None for each in mine)
        print(f"\n{part}: {len(mine)} headers, {with_field} of them with a field\n")  # noqa: T201 - a report
        print("| way | precision | recall | right | wrong | missed |")  # noqa: T201
        print("| --- | ---: | ---: | ---: | ---: | ---: |")  # noqa: T201
        for name, match in matchers(schema).items():
            score = measured(match, mine)
            shares = f"{score.precision:.1%} | {score.recall:.1%}"
            print(f"| {name} | {shares} | {score.right} | {score.wrong} | {score.missed} |")  # noqa: T201


if __name__ == "__main__":
    main()
