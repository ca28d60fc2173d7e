"""Where the project and its local state lie."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
"""The project's root: Pulumi.yaml, schemas/ and sample.csv are here."""

STATE = PROJECT / ".foreman"
"""All local state; git ignores it."""
