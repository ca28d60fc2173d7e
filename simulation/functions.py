"""Lambda: the real handlers; an invocation has its time limit, may crash, and its answer may get lost.

* a synchronous invocation that fails is retried by its caller, not by Lambda:
  https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html
* a function that takes longer than its time-out is stopped:
  https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
* more invocations than there is concurrency for get TooManyRequestsException:
  https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
* Step Functions names an exception by its class, and what stops a function Lambda.Unknown, or, when it was
  its own time limit, Sandbox.Timedout:
  https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html and
  https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from attrs import frozen

from simulation.kernel import Killed, TimedOut
from simulation.wire import Wire

Handler = Callable[[Any, Any], Mapping[str, Any]]


@frozen
class Function:
    """A handler and its time limit in seconds."""

    name: str
    handler: Handler
    timeout_s: float


class FunctionFailed(Exception):  # noqa: N818 - what Lambda reports, not what we did
    """An invocation without an answer: the error's name, as the caller sees it."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Functions:
    """All functions, by name."""

    def __init__(self, wire: Wire, functions: Mapping[str, Function]) -> None:
        self._wire = wire
        self._functions = functions
        self._made = 0

    def __contains__(self, name: str) -> bool:
        return name in self._functions

    def invoke(self, name: str, event: Any) -> Any:
        """Run a function in the calling process. FunctionFailed when there is no answer."""
        wire, function = self._wire, self._functions[name]
        wire.pause()
        self._made += 1
        call = f"{name}/{self._made}"
        if wire.faults.happens("refused", wire.kernel.now):
            wire.note(f"{call}  !refused")
            raise FunctionFailed("Lambda.TooManyRequestsException")
        if wire.faults.happens("abandoned", wire.kernel.now, weight=3):
            return self._abandon(call, function, event)
        return self._run(call, function, event)

    def _abandon(self, call: str, function: Function, event: Any) -> None:
        """Let the function go on while its caller gives it up after a while."""
        wire = self._wire
        wire.note(f"{call}  !abandoned")
        wire.kernel.spawn(call, lambda: self._unheard(call, function, event))
        wire.kernel.sleep(wire.random.choice((0.05, 0.5, 5.0)) * wire.random.random())
        raise FunctionFailed("Lambda.Unknown")

    def _unheard(self, call: str, function: Function, event: Any) -> None:
        try:
            self._run(call, function, event)
        except FunctionFailed:
            return

    def _run(self, call: str, function: Function, event: Any) -> Any:
        with self._wire.kernel.inside(call, function.timeout_s):
            try:
                answer = function.handler(event, self._context())
            except TimedOut:
                error = "Sandbox.Timedout"
            except Killed:
                error = "Lambda.Unknown"
            except Exception as failure:  # noqa: BLE001 - Lambda reports whatever it is
                error = type(failure).__name__
                # the simulator's own, of which a handler passes on the name alone
                if error == AssertionError.__name__:
                    raise failure.__context__ or failure from None
            else:
                return answer
            self._wire.note(f"fails: {error}")
        raise FunctionFailed(error)

    def _context(self) -> SimpleNamespace:
        kernel = self._wire.kernel
        deadline = kernel.frame.deadline if kernel.frame else 0.0
        return SimpleNamespace(
            aws_request_id="simulated",
            get_remaining_time_in_millis=lambda: int((deadline - kernel.now) * 1000),
        )
