"""Every call to a simulated service: its turn, its fault, and the SDK's own retries, all in the trace."""

import hashlib
from collections.abc import Callable
from random import Random
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from simulation.faults import Fault, Faults
from simulation.kernel import Kernel, Killed

T = TypeVar("T")

ATTEMPTS: Final = 5
"""`handlers._clients.CONFIG`: "total_max_attempts" is 5, the first one included, in standard mode.
https://boto3.amazonaws.com/v1/documentation/api/latest/guide/retries.html"""

READ_TIMEOUT_S: Final = 20.0
CONNECT_TIMEOUT_S: Final = 3.0
BACKOFF_S: Final = 20.0
"""Standard mode waits a random part of 1, 2, 4 … s, at most 20 s (same page)."""

THROTTLED: Final = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "kms": "ThrottlingException",
    "s3": "SlowDown",
    "sns": "Throttled",
    "states": "ThrottlingException",
}


class Trace:
    """What happened, line by line; its hash is the run's fingerprint."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, now: float, who: str, what: str) -> None:
        """Note one step."""
        self.lines.append(f"{now:11.3f} {who:<28} {what}")

    @property
    def hash(self) -> str:
        """The first 16 hex digits of the sha256 over the lines."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()[:16]


class Wire:
    """The way to all services."""

    def __init__(self, kernel: Kernel, random: Random, faults: Faults, trace: Trace) -> None:
        self.kernel = kernel
        self.random = random
        self.faults = faults
        self._trace = trace

    def call(
        self, service: str, operation: str, about: str, effect: Callable[[], T], *, writes: bool = True
    ) -> T:
        """Make a call as the SDK does: up to five times, with what may happen to each of them.

        Gives back what `effect` does, or raises what boto3 would.
        """
        for attempt in range(1, ATTEMPTS + 1):
            fault = self.fault(writes=writes)
            self.pause()
            self.note(f"{service}.{operation} {about}" + (f"  !{fault}" if fault else ""))
            if fault is None:
                return self._answered(effect)
            error = self._faulted(fault, service, operation, effect)
            if fault == "expired" or attempt == ATTEMPTS:
                raise error
            self.kernel.sleep(self.random.uniform(0, min(2.0 ** (attempt - 1), BACKOFF_S)))
        raise AssertionError("unreachable: the last attempt raises")

    def fault(self, *, writes: bool) -> Fault | None:
        """What happens to a call that is made now."""
        return self.faults.of_call(self.kernel.now, writes=writes, mortal=self.kernel.frame is not None)

    def pause(self) -> None:
        """Let a call's time on the wire pass: others have their turns meanwhile."""
        drawn = self.random.random()
        if self.faults.happens("slow", self.kernel.now):
            self.kernel.sleep(1 + drawn * 15)
        else:
            self.kernel.sleep(0.002 + 0.03 * drawn)

    def note(self, what: str) -> None:
        """Write a step of the running process into the trace."""
        frame = self.kernel.frame
        self._trace.add(self.kernel.now, frame.name if frame else self.kernel.current.name, what)

    def _answered(self, effect: Callable[[], T]) -> T:
        answer = effect()
        if self.random.random() < 0.25:  # noqa: PLR2004 - the answer takes its time, and others see the effect
            self.pause()
        return answer

    def _faulted(self, fault: Fault, service: str, operation: str, effect: Callable[[], object]) -> Exception:
        """What the sender of a call that goes wrong sees; whether it takes effect, `fault` says."""
        match fault:
            case "throttled":
                return client_error(THROTTLED[service], operation)
            case "broken":
                return client_error("InternalServerError", operation)
            case "expired":
                return client_error("ExpiredTokenException", operation)
            case "dropped":
                self.kernel.sleep(CONNECT_TIMEOUT_S * self.random.random())
                return EndpointConnectionError(endpoint_url=f"https://{service}")
            case "lost-answer":
                _quietly(effect)
                self.kernel.sleep(READ_TIMEOUT_S * self.random.random())
            case "late":
                late = self.random.uniform(0, 3 * READ_TIMEOUT_S)
                self.kernel.spawn(f"late {operation}", lambda: self._late(operation, effect), after=late)
                self.kernel.sleep(READ_TIMEOUT_S * self.random.random())
            case "killed-before":
                raise Killed
            case "killed-after":
                _quietly(effect)
                raise Killed
        return ReadTimeoutError(endpoint_url=f"https://{service}")

    def _late(self, operation: str, effect: Callable[[], object]) -> None:
        self.note(f"takes effect now: {operation}")
        _quietly(effect)


def _quietly(effect: Callable[[], object]) -> None:
    """Let an effect happen whose answer nobody hears, be it good or bad."""
    try:
        effect()
    except ClientError:
        return


def client_error(code: str, operation: str, message: str = "") -> ClientError:
    """An error as boto3 raises it:
    https://boto3.amazonaws.com/v1/documentation/api/latest/guide/error-handling.html
    """
    response: Any = {"Error": {"Code": code, "Message": message or code}, "ResponseMetadata": {}}
    return ClientError(response, operation)
