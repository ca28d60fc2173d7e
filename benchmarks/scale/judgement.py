"""What a scenario has to show at its end: findings that hold, or do not."""

from collections.abc import Iterator
from typing import Any, Final

from attrs import define, field, frozen

SPOKEN_OF: Final = 5
"""Examples that a finding is shown with."""


@frozen
class Finding:
    """One thing that must be so: what was expected, and what was found."""

    what: str
    expected: object
    found: object

    @property
    def holds(self) -> bool:
        """Whether it is so."""
        return self.expected == self.found


@define
class Judgement:
    """All findings of a scenario, and its figures."""

    findings: list[Finding] = field(factory=list[Finding])
    figures: dict[str, Any] = field(factory=dict[str, Any])

    def expect(self, what: str, expected: object, found: object) -> None:
        """Add a finding."""
        self.findings.append(Finding(what, expected, found))

    def expect_none(self, what: str, wrong: list[str]) -> None:
        """Add the finding that there is nothing of this kind; some of what there is are shown."""
        self.expect(
            what, [], wrong[:SPOKEN_OF] + [f"and {len(wrong) - SPOKEN_OF} more"] * (len(wrong) > SPOKEN_OF)
        )

    @property
    def holds(self) -> bool:
        """Whether everything is as it must be."""
        return all(finding.holds for finding in self.findings)

    def lines(self) -> Iterator[str]:
        """For people."""
        for finding in self.findings:
            if finding.holds:
                yield f"holds   {finding.what}: {finding.found}"
            else:
                yield f"FAILS   {finding.what}: expected {finding.expected}, found {finding.found}"
        for name, value in self.figures.items():
            yield f"        {name}: {value}"
