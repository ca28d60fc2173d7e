"""Where the project lies."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
"""The project's root: Pulumi.yaml, schemas/ and sample.csv are here."""
