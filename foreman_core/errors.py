"""What can go wrong, split by what the caller does about it.

ForemanError
├── Refused      the input or the request is wrong: tell its author, never retry   (exit code 2)
│   ├── Invalid  a record that breaks rules of its schema: `issues` says which
│   └── Undecided  a file that can be read once somebody answers a question: `answers` says how
├── Conflict     somebody else was faster: read again and decide                   (state transitions, edits)
│   └── Moved    of a job that was seen before
└── Unavailable  Foreman or AWS failed: retry, then alarm                          (exit code 3)
    └── Corrupted  bytes of a file are not those that were sent

Faults of single rows are not exceptions: they are `models.Issue` values.
"""

from collections.abc import Sequence

from foreman_core.models import Issue


class ForemanError(Exception):
    """Base of everything Foreman raises on purpose. `code` is stable; the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Refused(ForemanError):  # noqa: N818
    """The input is unusable as a whole, for a stated reason."""


class Invalid(Refused):
    """A record breaks rules of its schema."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__("validation-failed", "The record breaks rules of its schema.")
        self.issues = tuple(issues)


class Undecided(Refused):
    """A file leaves a question open that Foreman does not guess at. `answers` are the options of the command
    line that answer it, each with its value; what only a person knows is in capitals.
    """

    def __init__(self, code: str, message: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__(code, message)
        self.answers = tuple(answers)


class Conflict(ForemanError):  # noqa: N818
    """The state that the request relies on has changed."""


class Moved(Conflict):
    """Something else was recorded of a job since it was seen: look again."""

    def __init__(self, job_id: str) -> None:
        super().__init__("state-changed", f"Job {job_id} has moved on; look at it, and ask again.")


class Unavailable(ForemanError):  # noqa: N818
    """A part that Foreman depends on did not answer as it must."""


class Corrupted(Unavailable):
    """What was read of an object is not what its hash was made of: it was damaged on its way, or where it
    lies.
    """
