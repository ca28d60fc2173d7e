"""Why there are no archives."""


class BundleError(Exception):
    """The archives could not be built; `message` says why, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class TooLarge(BundleError):  # noqa: N818
    """Lambda would not take the archives."""
