"""Step Functions: the program's own state machine definition, interpreted, over the simulated services.

* an execution is durable: it goes on whatever its functions do (standard workflows):
  https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
* "StartExecution is idempotent … the same name and input as a running execution … same response", otherwise
  ExecutionAlreadyExists: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
* a task with `.waitForTaskToken` goes on when somebody answers with its token, or its time is over:
  https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
* Retry and Catch: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
* an execution that is aborted, or out of time, ends at once; functions that it has called go on, and nobody
  hears their answers: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
* a redriven one goes on in the state that it ended in, with the same input and its retries counted anew: it
  "reenters the Fail state and fails again", and of a distributed Map runs the unsuccessful children only:
  https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
* a distributed Map reads its items from S3, runs up to MaxConcurrency at once, and fails when more of them
  fail than it tolerates: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from attrs import define, field, frozen
from botocore.exceptions import BotoCoreError, ClientError

from simulation import asl
from simulation.asl import State
from simulation.faults import Happening
from simulation.functions import FunctionFailed, Functions
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
_NAMES: Final[Mapping[str, str]] = {
    "arn:aws:states:::dynamodb:updateItem": "DynamoDB",
    "arn:aws:states:::sns:publish": "SNS",
}
"""What the errors of a service begin with, by the resource that calls it."""
FIRST_LOOK_S: Final = 0.5
LONGEST_LOOK_S: Final = 600.0
"""A task that waits looks for its answer in growing intervals."""

ENDS: Final[Mapping[Happening, str]] = {"aborted": "ABORTED", "out-of-time": "TIMED_OUT"}
"""What ends an execution from outside, and the status that it has then."""

Native = Callable[[Mapping[str, Any]], object]


class StateFailed(Exception):  # noqa: N818 - the error of a state, which its Retry and Catch look at
    """A state has failed: the error's name."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Ended(Exception):  # noqa: N818 - nothing has failed
    """The execution was ended while a state was at work: nobody hears what comes of it."""


@define(eq=False)
class Execution:
    """A run of the state machine: the state that it is in or has ended in, what that was given, and what the
    children of its Map gave back so far, by their numbers.
    """

    name: str
    input: str
    state: str
    given: Any
    status: str = "RUNNING"
    redrives: int = 0
    children: dict[int, Any] = field(factory=dict[int, Any])

    @property
    def context(self) -> dict[str, Any]:
        """The context object."""
        return {"Execution": {"Name": self.name, "Id": f"arn:execution:{self.name}"}}


@frozen
class Drive:
    """An execution from its start or a redrive on, until it ends."""

    execution: Execution
    redrives: int

    @property
    def goes_on(self) -> bool:
        """Whether the execution has not ended since."""
        return self.execution.status == "RUNNING" and self.execution.redrives == self.redrives

    def check(self) -> None:
        """Ended when the execution has ended since."""
        if not self.goes_on:
            raise Ended


@define
class Waiting:
    """Who waits with a token, and the answer when there is one."""

    drive: Drive
    answer: str | None = None


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
    redriven: Callable[[Execution], None]
    executions: dict[str, Execution] = field(factory=dict[str, Execution])
    waiting: dict[str, Waiting] = field(factory=dict[str, Waiting])
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
        """RedriveExecution. ExecutionNotRedrivable for one that runs or has succeeded:
        https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
        """
        name = given["executionArn"].rpartition(":")[2]

        def effect() -> dict[str, Any]:
            execution = self.executions.get(name)
            if execution is None:
                raise client_error("ExecutionDoesNotExist", "RedriveExecution")
            if execution.status in ("RUNNING", "SUCCEEDED"):
                raise client_error("ExecutionNotRedrivable", "RedriveExecution")
            self.redriven(execution)
            execution.status = "RUNNING"
            execution.redrives += 1
            self._drive(execution)
            return {}

        return self.wire.call("states", "RedriveExecution", name, effect)

    def send_task_success(self, **given: Any) -> dict[str, Any]:
        """SendTaskSuccess. TaskTimedOut for a token that nobody waits with:
        https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
        """
        token = given["taskToken"]

        def effect() -> dict[str, Any]:
            if token not in self.waiting or not self.waiting[token].drive.goes_on:
                raise client_error("TaskTimedOut", "SendTaskSuccess")
            self.waiting[token].answer = given["output"]
            return {}

        return self.wire.call("states", "SendTaskSuccess", token, effect)

    def _start(self, given: Mapping[str, Any]) -> dict[str, Any]:
        name, document = given["name"], given["input"]
        found = self.executions.get(name)
        if found is None:
            execution = Execution(name, document, self.definition["StartAt"], orjson.loads(document))
            self.executions[name] = execution
            self.started(execution)
            self._drive(execution)
        elif found.status != "RUNNING" or found.input != document:
            raise client_error("ExecutionAlreadyExists", "StartExecution")
        return {"executionArn": f"arn:execution:{name}"}

    def _drive(self, execution: Execution) -> None:
        """Let an execution run on from the state that it is in."""
        drive = Drive(execution, execution.redrives)
        self.wire.kernel.spawn(execution.name, lambda: self._run(drive))

    def _endanger(self, drive: Drive) -> None:
        """Let a running execution be ended soon, or not, as faults will."""
        kernel = self.wire.kernel
        for how in ENDS:
            if self.wire.faults.happens(how, kernel.now):
                after = self.wire.random.choice((0.1, 1.0, 10.0)) * self.wire.random.random()
                kernel.spawn(
                    f"end of {drive.execution.name}", lambda how=how: self._end(drive, how), after=after
                )

    def _end(self, drive: Drive, how: Happening) -> None:
        if drive.goes_on:
            drive.execution.status = ENDS[how]
            self.wire.note(f"{drive.execution.name} in {drive.execution.state}  !{how}")

    def _run(self, drive: Drive) -> None:
        execution = drive.execution
        name: str | None = execution.state
        try:
            while name is not None:
                execution.state = name
                self._endanger(drive)
                name, execution.given = self._step(self.definition, name, execution.given, drive)
                execution.children = {}
        except Ended:
            return
        except StateFailed as failure:
            execution.status = "FAILED"
            self.wire.note(f"execution fails: {failure.error}")
        else:
            execution.status = "SUCCEEDED"

    def _step(self, machine: State, name: str, document: Any, drive: Drive) -> tuple[str | None, Any]:
        """Go through a state: where it goes on, and with what; None for the end."""
        state: State = machine["States"][name]
        unknown = set(state) - COMMON - KNOWN[state["Type"]]
        if unknown:
            raise AssertionError(f"{name}: the simulator does not know {sorted(unknown)}")
        entered = {"Name": name, "EnteredTime": asl.iso(self.now())}
        context = {**drive.execution.context, "State": entered}
        match state["Type"]:
            case "Succeed":
                return None, document
            case "Fail":
                raise StateFailed(state["Error"])
            case "Choice":
                return asl.chosen(state, document, context), document
            case _:
                return self._enter(state, document, context, drive)

    def _enter(
        self, state: State, document: Any, context: Mapping[str, Any], drive: Drive
    ) -> tuple[str | None, Any]:
        given = asl.at(document, state.get("InputPath", "$"), context)
        try:
            result = self._with_retries(state, given, context, drive)
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

    def _with_retries(self, state: State, given: Any, context: Mapping[str, Any], drive: Drive) -> Any:
        tried: dict[int, int] = {}
        while True:
            drive.check()
            try:
                result = self._do(state, given, context, drive)
            except StateFailed as failure:
                drive.check()
                retrier = asl.matching(state.get("Retry", []), failure.error)
                if retrier is None or tried.get(id(retrier), 0) >= retrier.get("MaxAttempts", 3):
                    raise
                wait = asl.longest_wait(retrier, tried.get(id(retrier), 0))
                tried[id(retrier)] = tried.get(id(retrier), 0) + 1
            else:
                drive.check()
                return result
            full = retrier.get("JitterStrategy") == "FULL"
            self.wire.kernel.sleep(wait * (self.wire.random.random() if full else 1))

    def _do(self, state: State, given: Any, context: Mapping[str, Any], drive: Drive) -> Any:
        if state["Type"] == "Task" and state["Resource"].endswith(WAIT):
            return self._wait(state, given, context, drive)
        payload = asl.parameters(state["Parameters"], given, context) if "Parameters" in state else given
        match state["Type"]:
            case "Task":
                return self._task(state["Resource"], payload)
            case "Map":
                return self._map(state, given, context, drive)
            case "Wait":
                self.wire.kernel.sleep(state["Seconds"])
                return given
            case _:
                return state.get("Result", payload)

    def _wait(self, state: State, given: Any, context: Mapping[str, Any], drive: Drive) -> Any:
        """Hand out a token, and wait for the answer, whatever becomes of the call that hands it out."""
        self.tokens += 1
        token = f"token-{self.tokens}"
        payload = asl.parameters(state["Parameters"], given, {**context, "Task": {"Token": token}})
        waiting = self.waiting[token] = Waiting(drive)
        deadline, look = self.wire.kernel.now + state["TimeoutSeconds"], FIRST_LOOK_S
        try:
            self._task(payload["FunctionName"], payload["Payload"])
            while waiting.answer is None:
                drive.check()
                if self.wire.kernel.now >= deadline:
                    raise StateFailed("States.Timeout")
                self.wire.kernel.sleep(min(look, deadline - self.wire.kernel.now))
                look = min(look * 1.5, LONGEST_LOOK_S)
            return orjson.loads(waiting.answer)
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
            code = str(failure.response.get("Error", {}).get("Code"))
            raise StateFailed(f"{_NAMES[resource]}.{code}") from None
        except BotoCoreError:
            raise StateFailed("States.TaskFailed") from None

    def _map(self, state: State, given: Any, context: Mapping[str, Any], drive: Drive) -> Any:
        reader = asl.parameters(state["ItemReader"]["Parameters"], given, context)
        try:
            items: list[Any] = orjson.loads(self.read(reader["Bucket"], reader["Key"]))
        except (ClientError, BotoCoreError):
            raise StateFailed("States.ItemReaderFailed") from None
        results = drive.execution.children
        waiting = [(index, item) for index, item in enumerate(items) if index not in results]
        failed: list[int] = []

        def work() -> None:
            while waiting:
                index, item = waiting.pop(0)
                try:
                    results[index] = self._child(state["ItemProcessor"], item, drive)
                except StateFailed:
                    failed.append(index)
                except Ended:
                    return

        kernel = self.wire.kernel
        label = f"{drive.execution.name}/{state['Label']}"
        children = [kernel.spawn(label, work) for _ in range(min(state["MaxConcurrency"], len(waiting)))]
        for child in children:
            kernel.join(child)
        if len(failed) * 100 > state.get("ToleratedFailurePercentage", 0) * len(items):
            raise StateFailed("States.ExceedToleratedFailureThreshold")
        return [results.get(index) for index in range(len(items))]

    def _child(self, machine: State, document: Any, drive: Drive) -> Any:
        """Run a child of a Map: what it gives back. StateFailed when it fails."""
        name: str | None = machine["StartAt"]
        while name is not None:
            name, document = self._step(machine, name, document, drive)
        return document
