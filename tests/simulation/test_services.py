"""The simulated services, where they are more than a dictionary: expressions, states, processes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components._state_machine import TIMEOUT_S, Definition, definition
from simulation import asl
from simulation.expressions import holds
from simulation.faults import Faults
from simulation.functions import Function, Functions
from simulation.kernel import Kernel, Killed, TimedOut
from simulation.partiql import statement
from simulation.states import COMMON, KNOWN, StateMachine
from simulation.updates import updated
from simulation.wire import Trace, Wire

ITEM = {
    "pk": {"S": "a"},
    "n": {"N": "2"},
    "m": {"M": {"k": {"S": "v"}}},
    "l": {"L": [{"S": "x"}]},
}
VALUES = {":two": {"N": "2.0"}, ":three": {"N": "3"}, ":v": {"S": "v"}, ":w": {"S": "w"}, ":x": {"S": "x"}}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("attribute_exists(pk)", True),
        ("attribute_not_exists(pk) OR n = :two", True),
        ("#n > :two", False),
        ("#n < :three AND NOT #n = :three", True),
        ("#m.#k IN (:w, :v)", True),
        ("#m.nowhere = :v", False),
        ("NOT (n = :two AND #m.#k = :w)", True),
        ("begins_with(#m.#k, :v)", True),
        ("contains(l, :x)", True),
        ("pk = :two", False),
        ("pk <> :two", True),
        ("n BETWEEN :two AND :three", True),
    ],
)
def test_a_condition_is_read_as_dynamodb_reads_it(expression: str, *, expected: bool) -> None:
    assert holds(expression, ITEM, {"#n": "n", "#m": "m", "#k": "k"}, VALUES) is expected


def test_no_item_meets_only_what_asks_for_nothing() -> None:
    assert holds("attribute_not_exists(pk)", None, {}, {})
    assert not holds("pk = :v", None, {}, VALUES)


def test_an_update_sees_the_item_as_it_was() -> None:
    expression = (
        "SET #n = #n + :three, l = list_append(l, l), z = if_not_exists(z, :v) REMOVE #m.k ADD c :two"
    )
    changed = updated(expression, ITEM, {"#n": "n", "#m": "m"}, VALUES)
    assert changed == {
        "pk": {"S": "a"},
        "n": {"N": "5"},
        "m": {"M": {}},
        "l": {"L": [{"S": "x"}, {"S": "x"}]},
        "z": {"S": "v"},
        "c": {"N": "2.0"},
    }
    assert ITEM["m"] == {"M": {"k": {"S": "v"}}}


def test_a_statement_changes_one_item_on_condition() -> None:
    text = 'UPDATE "t" SET "n" = ? SET "o" = ? REMOVE "l" WHERE "pk" = ? AND "n" = ? AND "z" IS MISSING'
    bound = statement(text).bind([{"N": "3"}, {"S": "o"}, {"S": "a"}, {"N": "2"}])
    assert (bound.statement.table, bound.key, bound.holds(ITEM)) == ("t", "a", True)
    assert bound.changed(ITEM) == {"pk": {"S": "a"}, "n": {"N": "3"}, "o": {"S": "o"}, "m": ITEM["m"]}
    assert not bound.holds({**ITEM, "z": {"S": ""}})
    inserted = statement("INSERT INTO \"t\" VALUE {'pk': ?, 'n': ?}").bind([{"S": "b"}, {"N": "1"}])
    assert (inserted.key, inserted.values) == ("b", {"pk": {"S": "b"}, "n": {"N": "1"}})
    assert statement('DELETE FROM "t" WHERE "pk" = ?').bind([{"S": "a"}]).changed(ITEM) is None


def test_the_interpreter_knows_every_field_of_the_program_s_state_machine() -> None:
    document: Any = definition(
        Definition(
            functions={role: role for role in TIMEOUT_S},
            bucket="b",
            ledger_table="l",
            topic_arn="t",
            max_concurrency=1,
            tolerated_percent=50,
            approval_hours=1,
            work_queue_url=None,
        )
    )
    for state in document["States"].values():
        assert set(state) <= COMMON | KNOWN[state["Type"]]


def test_parameters_take_paths_and_formats() -> None:
    template = {"a.$": "$.x.y", "b": [{"c.$": "States.Format('JOB#{}/{}', $.x.y, $$.State.Name)"}], "d": 1}
    filled = asl.parameters(template, {"x": {"y": "z"}}, {"State": {"Name": "S"}})
    assert filled == {"a": "z", "b": [{"c": "JOB#z/S"}], "d": 1}
    with pytest.raises(AssertionError, match="not understood"):
        asl.parameters({"a.$": "States.UUID()"}, {}, {})


def test_a_result_is_put_where_it_belongs() -> None:
    assert asl.put({"a": 1}, "$.b.c", 2) == {"a": 1, "b": {"c": 2}}
    assert asl.put({"a": 1}, None, 2) == {"a": 1}
    assert asl.put({"a": 1}, "$", 2) == 2


def test_waits_between_retries_double_up_to_their_limit() -> None:
    retrier = {"IntervalSeconds": 2, "BackoffRate": 2, "MaxDelaySeconds": 30}
    assert [asl.longest_wait(retrier, tried) for tried in range(5)] == [2, 4, 8, 16, 30]


@pytest.mark.parametrize(
    ("names", "error", "expected"),
    [
        (["States.ALL"], "ValueError", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.TaskFailed"], "ValueError", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.Timeout"], "States.HeartbeatTimeout", True),
        (["States.HeartbeatTimeout"], "States.Timeout", False),
    ],
)
def test_names_stand_for_errors_as_in_step_functions(names: list[str], error: str, *, expected: bool) -> None:
    assert (asl.matching([{"ErrorEquals": names}], error) is not None) is expected


class Machine:
    """Executions of a map over three chunks, one after the other, each of which takes ten seconds."""

    def __init__(self, broken: int | None = None) -> None:
        self.kernel = Kernel()
        self.broken = broken
        self.worked: list[int] = []
        random = Random(0)  # noqa: S311 - a schedule, not a secret
        wire = Wire(self.kernel, random, Faults(random, 0.0, 0.0, (), frozenset()), Trace())
        chunk = {"Type": "Task", "Resource": "work", "End": True}
        self.states = StateMachine(
            wire=wire,
            functions=Functions(wire, {"work": Function("work", self._work, 900)}),
            definition={
                "StartAt": "Chunks",
                "States": {
                    "Chunks": {
                        "Type": "Map",
                        "Label": "Chunks",
                        "MaxConcurrency": 1,
                        "ItemReader": {"Parameters": {"Bucket": "b", "Key": "k"}},
                        "ItemProcessor": {"StartAt": "Chunk", "States": {"Chunk": chunk}},
                        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
                        "End": True,
                    },
                    "Failed": {"Type": "Fail", "Error": "E"},
                },
            },
            natives={},
            read=lambda _bucket, _key: b"[0, 1, 2]",
            now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
            started=lambda _: None,
            redriven=lambda _: None,
        )

    def _work(self, item: int, _context: object) -> Mapping[str, Any]:
        self.kernel.sleep(10)
        self.worked.append(item)
        if item == self.broken:
            raise ValueError
        return {}

    def start(self) -> None:
        self.kernel.spawn("start", lambda: self.states.start_execution(name="e", input="{}"))

    def end(self, status: str, after: float) -> None:
        def end() -> None:
            self.states.executions["e"].status = status

        self.kernel.spawn("end", end, after)

    def redrive(self, after: float) -> None:
        self.kernel.spawn("redrive", lambda: self.states.redrive_execution(executionArn="m:e"), after)

    def run(self) -> str:
        self.kernel.run()
        return self.states.executions["e"].status


@pytest.mark.parametrize("how", ["ABORTED", "TIMED_OUT"])
def test_an_execution_that_is_ended_begins_nothing_more_and_its_function_goes_on(how: str) -> None:
    machine = Machine()
    machine.start()
    machine.end(how, after=15)
    assert machine.run() == how
    assert machine.worked == [0, 1]


def test_a_redriven_execution_runs_those_chunks_that_nobody_heard_of() -> None:
    machine = Machine()
    machine.start()
    machine.end("ABORTED", after=15)
    machine.redrive(after=17)
    assert machine.run() == "SUCCEEDED"
    assert sorted(machine.worked) == [0, 1, 1, 2]


def test_an_execution_that_has_failed_is_redriven_into_its_fail_state() -> None:
    machine = Machine(broken=1)
    machine.start()
    machine.redrive(after=100)
    assert machine.run() == "FAILED"
    assert machine.worked == [0, 1, 2]
    assert machine.states.executions["e"].redrives == 1


@pytest.mark.parametrize("after", [5, 100])
def test_what_runs_or_has_succeeded_is_not_redriven(after: float) -> None:
    machine = Machine()
    machine.start()
    machine.redrive(after)
    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        machine.run()


def test_processes_take_turns_by_the_clock() -> None:
    kernel, seen = Kernel(), list[str]()

    def walk(name: str, pace: float) -> None:
        for _ in range(2):
            kernel.sleep(pace)
            seen.append(f"{name} {kernel.now:g}")

    slow = kernel.spawn("slow", lambda: walk("slow", 3))
    kernel.spawn("fast", lambda: walk("fast", 2))
    kernel.spawn("last", lambda: (kernel.join(slow), seen.append("last")))
    kernel.run()
    assert seen == ["fast 2", "slow 3", "fast 4", "slow 6", "last"]


def test_a_function_is_stopped_at_its_time_limit_and_what_breaks_in_a_process_is_raised() -> None:
    kernel, stopped = Kernel(), list[float]()

    def work() -> None:
        try:
            with kernel.inside("function", 5):
                kernel.sleep(10)
        except TimedOut:
            stopped.append(kernel.now)
        raise ValueError("broken")

    kernel.spawn("work", work)
    kernel.spawn("dead", lambda: (_ for _ in ()).throw(Killed))
    with pytest.raises(ValueError, match="broken"):
        kernel.run()
    assert stopped == [5]


def test_a_process_that_waits_for_ever_is_stopped_when_nothing_else_happens() -> None:
    kernel, seen = Kernel(), list[str]()
    other = kernel.spawn("other", lambda: kernel.join(kernel.current))

    def wait() -> None:
        kernel.join(other)
        seen.append("went on")

    kernel.spawn("waiting", wait)
    kernel.run()
    assert seen == []
