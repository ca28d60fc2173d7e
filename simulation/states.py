"""Step Functions: the program's own state machine definition, interpreted, over the simulated services.

* an execution is durable: it goes on whatever its functions do (standard workflows):
  https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
* "StartExecution is idempotent … the same name and input as a running execution … same response", otherwise
  ExecutionAlreadyExists: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
* a task with `.waitForTaskToken` goes on when somebody answers with its token, or its time is over:
  https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
* Retry and Catch: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
* a distributed Map reads its items from S3, runs up to MaxConcurrency at once, and fails when more of them
  fail than it tolerates: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from attrs import define, field
from botocore.exceptions import BotoCoreError, ClientError

from simulation import asl
from simulation.asl import State
from simulation.functions import FunctionFailed, Functions
from simulation.kernel import Process
from simulation.wire import Wire, client_error

KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "Task": frozenset({"Resource", "TimeoutSeconds", "HeartbeatSeconds", "Retry", "Catch", "ResultSelector"}),
    "Map": frozenset(
        {
            "Label",
            "ItemReader",
            "ItemSelector",
            "MaxConcurrency",
            "ToleratedFailurePercentage",
            "ItemProcessor",
            "Retry",
            "Catch",
        }
    ),
    "Choice": frozenset({"Choices", "Default"}),
    "Succeed": frozenset(),
    "Fail": frozenset({"Error", "Cause"}),
    "Pass": frozenset({"Result"}),
    "Wait": frozenset({"Seconds"}),
}
COMMON: Final = {"Type", "Comment", "Next", "End", "Parameters", "InputPath", "OutputPath", "ResultPath"}

WAIT: Final = ".waitForTaskToken"
FIRST_LOOK_S: Final = 0.5
LONGEST_LOOK_S: Final = 600.0
"""A task that waits looks for its answer in growing intervals."""

Native = Callable[[Mapping[str, Any]], object]


class StateFailed(Exception):  # noqa: N818 - the error of a state, which its Retry and Catch look at
    """A state has failed: the error's name."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@define
class Execution:
    """A run of the state machine."""

    name: str
    input: str
    started_at: float
    status: str = "RUNNING"
    process: Process | None = None


@define(eq=False)
class StateMachine:
    """The state machine's executions, and the client's methods that start and look at them.

    `natives` are the AWS calls that a definition makes by itself, by resource; `read` gives an object's body.
    """

    wire: Wire
    functions: Functions
    definition: State
    natives: Mapping[str, Native]
    read: Callable[[str, str], bytes]
    now: Callable[[], datetime]
    started: Callable[[Execution], None]
    executions: dict[str, Execution] = field(factory=dict[str, Execution])
    waiting: dict[str, str | None] = field(factory=dict[str, str | None])
    tokens: int = 0

    def start_execution(self, **given: Any) -> dict[str, Any]:
        """StartExecution."""
        return self.wire.call("states", "StartExecution", given["name"], lambda: self._start(given))

    def describe_execution(self, **given: Any) -> dict[str, Any]:
        """DescribeExecution. ExecutionDoesNotExist for one that was never started:
        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
        """
        name = given["executionArn"].rpartition(":")[2]

        def effect() -> dict[str, Any]:
            if name not in self.executions:
                raise client_error("ExecutionDoesNotExist", "DescribeExecution")
            return {"status": self.executions[name].status}

        return self.wire.call("states", "DescribeExecution", name, effect, writes=False)

    def redrive_execution(self, **given: Any) -> dict[str, Any]:
        """RedriveExecution, as where there is none: what a stopped execution would go on with is not
        simulated.
        """

        def effect() -> dict[str, Any]:
            raise client_error("ExecutionNotRedrivable", "RedriveExecution")

        return self.wire.call("states", "RedriveExecution", given["executionArn"], effect, writes=False)

    def send_task_success(self, **given: Any) -> dict[str, Any]:
        """SendTaskSuccess. TaskTimedOut for a token that nobody waits with:
        https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
        """
        token = given["taskToken"]

        def effect() -> dict[str, Any]:
            if token not in self.waiting:
                raise client_error("TaskTimedOut", "SendTaskSuccess")
            self.waiting[token] = given["output"]
            return {}

        return self.wire.call("states", "SendTaskSuccess", token, effect)

    def _start(self, given: Mapping[str, Any]) -> dict[str, Any]:
        name, document = given["name"], given["input"]
        found = self.executions.get(name)
        if found is None:
            execution = Execution(name, document, self.wire.kernel.now)
            self.executions[name] = execution
            self.started(execution)
            execution.process = self.wire.kernel.spawn(name, lambda: self._run(execution))
        elif found.status != "RUNNING" or found.input != document:
            raise client_error("ExecutionAlreadyExists", "StartExecution")
        return {"executionArn": f"arn:execution:{name}"}

    def _run(self, execution: Execution) -> None:
        context = {"Execution": {"Name": execution.name, "Id": f"arn:execution:{execution.name}"}}
        try:
            self._walk(self.definition, orjson.loads(execution.input), context)
        except StateFailed as failure:
            execution.status = "FAILED"
            self.wire.note(f"execution fails: {failure.error}")
        else:
            execution.status = "SUCCEEDED"

    def _walk(self, machine: State, document: Any, context: Mapping[str, Any]) -> Any:
        name: str = machine["StartAt"]
        while True:
            state: State = machine["States"][name]
            unknown = set(state) - COMMON - KNOWN[state["Type"]]
            if unknown:
                raise AssertionError(f"{name}: the simulator does not know {sorted(unknown)}")
            entered = {**context, "State": {"Name": name, "EnteredTime": asl.iso(self.now())}}
            match state["Type"]:
                case "Succeed":
                    return document
                case "Fail":
                    raise StateFailed(state["Error"])
                case "Choice":
                    name = asl.chosen(state, document, entered)
                    continue
                case _:
                    following, document = self._enter(state, document, entered)
            if following is None:
                return document
            name = following

    def _enter(self, state: State, document: Any, context: Mapping[str, Any]) -> tuple[str | None, Any]:
        """Where a state goes on, and with what; None for the end."""
        given = asl.at(document, state.get("InputPath", "$"), context)
        try:
            result = self._with_retries(state, given, context)
        except StateFailed as failure:
            catcher = asl.matching(state.get("Catch", []), failure.error)
            if catcher is None:
                raise
            told = {"Error": failure.error, "Cause": "{}"}
            return catcher["Next"], asl.put(document, catcher.get("ResultPath", "$"), told)
        if "ResultSelector" in state:
            result = asl.parameters(state["ResultSelector"], result, context)
        whole = asl.put(document, state.get("ResultPath", "$"), result)
        return state.get("Next"), asl.at(whole, state.get("OutputPath", "$"), context)

    def _with_retries(self, state: State, given: Any, context: Mapping[str, Any]) -> Any:
        tried: dict[int, int] = {}
        while True:
            try:
                return self._do(state, given, context)
            except StateFailed as failure:
                retrier = asl.matching(state.get("Retry", []), failure.error)
                if retrier is None or tried.get(id(retrier), 0) >= retrier.get("MaxAttempts", 3):
                    raise
                wait = asl.longest_wait(retrier, tried.get(id(retrier), 0))
                tried[id(retrier)] = tried.get(id(retrier), 0) + 1
            full = retrier.get("JitterStrategy") == "FULL"
            self.wire.kernel.sleep(wait * (self.wire.random.random() if full else 1))

    def _do(self, state: State, given: Any, context: Mapping[str, Any]) -> Any:
        if state["Type"] == "Task" and state["Resource"].endswith(WAIT):
            return self._wait(state, given, context)
        payload = asl.parameters(state["Parameters"], given, context) if "Parameters" in state else given
        match state["Type"]:
            case "Task":
                return self._task(state["Resource"], payload)
            case "Map":
                return self._map(state, given, context)
            case "Wait":
                self.wire.kernel.sleep(state["Seconds"])
                return given
            case _:
                return state.get("Result", payload)

    def _wait(self, state: State, given: Any, context: Mapping[str, Any]) -> Any:
        """Hand out a token, and wait for the answer, whatever becomes of the call that hands it out."""
        self.tokens += 1
        token = f"token-{self.tokens}"
        payload = asl.parameters(state["Parameters"], given, {**context, "Task": {"Token": token}})
        self.waiting[token] = None
        deadline, look = self.wire.kernel.now + state["TimeoutSeconds"], FIRST_LOOK_S
        try:
            self._task(payload["FunctionName"], payload["Payload"])
            while self.waiting[token] is None:
                if self.wire.kernel.now >= deadline:
                    raise StateFailed("States.Timeout")
                self.wire.kernel.sleep(min(look, deadline - self.wire.kernel.now))
                look = min(look * 1.5, LONGEST_LOOK_S)
            return orjson.loads(self.waiting[token] or "{}")
        finally:
            del self.waiting[token]

    def _task(self, resource: str, payload: Any) -> Any:
        try:
            if resource in self.functions:
                # what goes in and comes out is JSON, whatever the function holds it for
                return orjson.loads(orjson.dumps(self.functions.invoke(resource, payload)))
            return self.natives[resource](payload)
        except FunctionFailed as failure:
            raise StateFailed(failure.error) from None
        except ClientError as failure:
            raise StateFailed(str(failure.response.get("Error", {}).get("Code"))) from None
        except BotoCoreError:
            raise StateFailed("States.TaskFailed") from None

    def _map(self, state: State, given: Any, context: Mapping[str, Any]) -> Any:
        reader = asl.parameters(state["ItemReader"]["Parameters"], given, context)
        try:
            items: list[Any] = orjson.loads(self.read(reader["Bucket"], reader["Key"]))
        except (ClientError, BotoCoreError):
            raise StateFailed("States.ItemReaderFailed") from None
        waiting: list[tuple[int, Any]] = list(enumerate(items))
        results: list[Any] = [None] * len(waiting)
        failed: list[int] = []

        def work() -> None:
            while waiting:
                index, item = waiting.pop(0)
                try:
                    results[index] = self._walk(state["ItemProcessor"], item, context)
                except StateFailed:
                    failed.append(index)

        kernel = self.wire.kernel
        label = f"{context['Execution']['Name']}/{state['Label']}"
        children = [kernel.spawn(label, work) for _ in range(min(state["MaxConcurrency"], len(waiting)))]
        for child in children:
            kernel.join(child)
        if len(failed) * 100 > state.get("ToleratedFailurePercentage", 0) * len(items):
            raise StateFailed("States.ExceedToleratedFailureThreshold")
        return results
