"""Loads `tests._pulumi` before the components, for it keeps the warnings of pulumi_aws about itself back."""

import tests._pulumi  # noqa: F401  # pyright: ignore[reportUnusedImport]
