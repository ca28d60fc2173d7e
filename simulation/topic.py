"""SNS: what was published.

A subscriber may get a message more than once, and tells copies by what the message says of itself:
https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from simulation.wire import Wire


@frozen
class Notice:
    """A message on the topic: when it went out, since when its sender had run, and what it says."""

    at: float
    sender_started: float
    subject: str
    message: str
    attributes: Mapping[str, str]


class Topic:
    """The client's `publish`."""

    def __init__(self, wire: Wire, published: Callable[[Notice], None]) -> None:
        self._wire = wire
        self._published = published

    def publish(self, **given: Any) -> dict[str, Any]:
        """Publish."""
        kernel = self._wire.kernel
        attributes = {
            name: value["StringValue"] for name, value in given.get("MessageAttributes", {}).items()
        }
        started = kernel.frame.started if kernel.frame else kernel.now

        def effect() -> dict[str, Any]:
            self._published(Notice(kernel.now, started, given["Subject"], given["Message"], attributes))
            return {"MessageId": "simulated"}

        return self._wire.call("sns", "Publish", given["Subject"], effect)
