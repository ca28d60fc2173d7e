"""The archives that Lambda runs: our code, and two layers of locked dependencies; same input, same bytes."""

from bundling.build import Bundle, build
from bundling.errors import BundleError, TooLarge
from bundling.target import Target

__all__ = ["Bundle", "BundleError", "Target", "TooLarge", "build"]
