"""What can go wrong with the local stack."""


class LocalError(Exception):
    """The local stack could not do it. `code` is stable; the message says why, and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
