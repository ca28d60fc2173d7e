import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import attrs
import pytest
from statelint.linter import Linter

from components._diagram import draw
from components._retries import RETRY
from components._state_machine import GUARD_S, HEARTBEAT_S, MAP_LABELS, TIMEOUT_S, Definition, definition
from simulation.asl import matching

FUNCTIONS = {
    role: f"arn:aws:lambda:eu-central-1:111122223333:function:foreman-dev-{role}" for role in TIMEOUT_S
}
GIVEN = Definition(
    functions=FUNCTIONS,
    bucket="the-bucket",
    ledger_table="the-ledger",
    topic_arn="the-topic",
    max_concurrency=7,
    tolerated_percent=40,
    approval_hours=48,
    work_queue_url="the-queue",
)
DOCUMENT: dict[str, Any] = definition(GIVEN)
STATES: dict[str, dict[str, Any]] = DOCUMENT["States"]
FAILURE_PATH = {"RecordFailure", "RecordFailureNatively", "NotifyFailure", "NotifyFailureNatively", "Failed"}


def everywhere() -> Iterator[tuple[str, dict[str, Any], dict[str, dict[str, Any]]]]:
    """Every state with its name and the states that it can go to, also those inside the maps."""
    for name, state in STATES.items():
        yield name, state, STATES
        if state["Type"] == "Map":
            inner = state["ItemProcessor"]["States"]
            for inner_name, inner_state in inner.items():
                yield f"{name}.{inner_name}", inner_state, inner


def targets(state: dict[str, Any]) -> Iterator[str]:
    if "Next" in state:
        yield state["Next"]
    if "Default" in state:
        yield state["Default"]
    for part in (*state.get("Choices", []), *state.get("Catch", [])):
        yield part["Next"]


def chosen(state: dict[str, Any], given: dict[str, Any]) -> str:
    for rule in state["Choices"]:
        present, equal = rule["And"]
        assert present == {"Variable": equal["Variable"], "IsPresent": True}
        if given.get(equal["Variable"].removeprefix("$.").removeprefix("did.")) == equal["StringEquals"]:
            return rule["Next"]
    return state["Default"]


def walk(start: str, given: dict[str, Any]) -> list[str]:
    """The states that a job passes when every task answers with `given`; no task fails."""
    passed: list[str] = []
    name = start
    while True:
        passed.append(name)
        state = STATES[name]
        if state["Type"] == "Choice":
            name = chosen(state, given)
        elif "Next" in state:
            name = state["Next"]
        else:
            return passed


def test_a_large_file_passes_every_step_in_order() -> None:
    assert walk("Route", {"start": "ingest"})[:3] == ["Route", "Ingest", "IsIngested"]
    assert walk("IsIngested", {"next": "map"}) == [
        *("IsIngested", "Validate", "IsValid", "PlanChunks", "Seal", "Gate"),
        *("MutateChunks", "Reconcile", "Notify", "Done"),
    ]


def test_a_small_file_is_the_work_of_two_functions() -> None:
    assert walk("IsIngested", {"next": "function"}) == [
        *("IsIngested", "PrepareInFunction", "IsPrepared", "Gate", "LoadInFunction", "Notify", "Done"),
    ]


def test_a_small_file_with_many_rows_is_planned_by_chunks() -> None:
    assert walk("IsPrepared", {"next": "plan"})[:4] == ["IsPrepared", "PlanChunks", "Seal", "Gate"]


def test_the_largest_files_go_through_the_queue() -> None:
    assert walk("IsIngested", {"next": "worker"}) == [
        *("IsIngested", "PrepareOnWorker", "Gate", "LoadOnWorker", "Notify", "Done"),
    ]


def test_a_plan_that_needs_an_approval_waits_and_is_looked_at_again() -> None:
    assert STATES["Gate"]["Choices"][0]["Next"] == "AwaitApproval"
    state = STATES["AwaitApproval"]
    assert state["Resource"] == "arn:aws:states:::lambda:invoke.waitForTaskToken"
    assert state["Parameters"] == {
        "FunctionName": FUNCTIONS["approval"],
        "Payload": {"job_id.$": "$.job_id", "attempt.$": "$.attempt", "token.$": "$$.Task.Token"},
    }
    assert state["TimeoutSeconds"] == 48 * 3600
    assert state["Next"] == "Seal"


def test_a_plan_that_nobody_approves_ends_in_a_notice_and_is_not_tried_again() -> None:
    state = STATES["AwaitApproval"]
    assert state["Catch"][0] == {
        "ErrorEquals": ["States.Timeout"],
        "ResultPath": "$.did",
        "Next": "ExpireApproval",
    }
    first = matching(state["Retry"], "States.Timeout")  # which States.ALL stands for, too
    assert first is not None
    assert first["MaxAttempts"] == 0
    assert walk("ExpireApproval", {}) == ["ExpireApproval", "Notify", "Done"]
    assert STATES["ExpireApproval"]["Parameters"]["expired"] is True


def test_work_that_nobody_takes_up_waits_for_half_a_day() -> None:
    """And a missed heartbeat is not taken for a crash."""
    rule = matching(STATES["LoadOnWorker"]["Retry"], "States.HeartbeatTimeout")
    assert rule is not None
    assert rule["ErrorEquals"] == ["States.HeartbeatTimeout"]
    assert (rule["MaxAttempts"] + 1) * HEARTBEAT_S == 12 * 3600
    assert GUARD_S > 12 * 3600
    names = [rule["ErrorEquals"] for rule in STATES["LoadOnWorker"]["Retry"]]
    assert names.index(["States.HeartbeatTimeout"]) < next(
        index for index, listed in enumerate(names) if "States.Timeout" in listed
    )


def test_a_record_that_is_refused_is_not_tried_again() -> None:
    """The job had ended, or another attempt is at work on it."""
    rule = matching(STATES["RecordFailureNatively"]["Retry"], "DynamoDB.ConditionalCheckFailedException")
    assert rule is not None
    assert rule["MaxAttempts"] == 0


def test_an_approved_plan_starts_at_its_seal() -> None:
    passed = walk("Route", {"start": "load", "next": "map"})
    assert passed == ["Route", "Seal", "Gate", "MutateChunks", "Reconcile", "Notify", "Done"]


def test_an_undo_finds_its_chunks_and_goes_the_way_of_every_plan() -> None:
    passed = walk("Route", {"start": "undo", "next": "map"})
    assert passed[:5] == ["Route", "Undo", "IsUndoable", "PlanChunks", "Seal"]


@pytest.mark.parametrize("choice", ["IsIngested", "IsUndoable", "IsValid", "Gate"])
@pytest.mark.parametrize("answer", [{"next": "stop"}, {}])
def test_a_job_that_stops_is_announced_and_ends(choice: str, answer: dict[str, str]) -> None:
    assert walk(choice, answer) == [choice, "Notify", "Done"]


def test_what_is_too_much_for_a_function_goes_to_a_worker() -> None:
    ways = {
        "PrepareInFunction": "PrepareOnWorker",
        "Validate": "PrepareOnWorker",
        "LoadInFunction": "LoadOnWorker",
    }
    for name, worker in ways.items():
        for error in (
            "Lambda.Unknown",
            "Sandbox.Timedout",
            "States.Timeout",
            "Runtime.OutOfMemory",
            "Paused",
        ):
            caught = matching(STATES[name]["Catch"], error)
            assert caught is not None
            assert caught["Next"] == worker, (name, error)


def test_a_worker_is_told_the_job_and_its_token_and_has_to_be_heard_of() -> None:
    for phase in ("prepare", "load"):
        state = STATES[f"{phase.capitalize()}OnWorker"]
        assert state["Resource"] == "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
        assert state["Parameters"]["QueueUrl"] == "the-queue"
        assert state["Parameters"]["MessageBody"] == {
            "job_id.$": "$.job_id",
            "attempt.$": "$.attempt",
            "phase": phase,
            "token.$": "$$.Task.Token",
        }
        assert 0 < state["HeartbeatSeconds"] < state["TimeoutSeconds"]


def test_without_workers_nothing_speaks_of_them() -> None:
    text = json.dumps(definition(attrs.evolve(GIVEN, work_queue_url=None)))
    assert "worker" not in text
    assert "sqs" not in text.replace("SQS.SqsException", "")


@pytest.mark.parametrize("queue", ["the-queue", None])
def test_the_language_accepts_the_definition(queue: str | None) -> None:
    """Judged by a linter of the Amazon States Language, which does not know what only AWS has."""
    for broken in (False, True):
        document = json.loads(json.dumps(definition(attrs.evolve(GIVEN, work_queue_url=queue))))
        for state in document["States"].values():
            if state["Type"] == "Map":
                del state["Label"], state["ItemReader"]["ReaderConfig"]
        if broken:
            document["States"]["Seal"]["Next"] = "Nowhere"
        found = Linter.validate(document)
        assert bool(found) is broken, found


def test_the_diagram_in_the_documentation_is_that_of_the_definition() -> None:
    page = (Path(__file__).parents[2] / "docs" / "state-machine.md").read_text()
    assert f"```mermaid\n{draw(DOCUMENT)}```\n" in page, draw(DOCUMENT)


def test_the_documentation_says_how_often_what_is_tried_again() -> None:
    page = (Path(__file__).parents[2] / "docs" / "state-machine.md").read_text()
    assert retry_table() in page, retry_table()


def retry_table() -> str:
    """The retry rules as the documentation has them."""
    lines = ["| error | tries again | first wait, at most | longest wait |", "| --- | --- | --- | --- |"]
    for rule in RETRY:
        errors = ", ".join(f"`{name}`" for name in cast("list[str]", rule["ErrorEquals"]))
        waits = [f"{rule[key]} s" if key in rule else "" for key in ("IntervalSeconds", "MaxDelaySeconds")]
        lines.append(f"| {errors} | {rule['MaxAttempts']} | {waits[0]} | {waits[1]} |")
    return "\n".join(lines) + "\n"


def test_every_target_exists_and_every_state_is_reached() -> None:
    for name, state, beside in everywhere():
        assert set(targets(state)) <= set(beside), name
    reached = {target for _, state, _ in everywhere() for target in targets(state)}
    reached |= {DOCUMENT["StartAt"], "PlanChunk", "MutateChunk"}
    assert reached == {name.rpartition(".")[2] for name, _, _ in everywhere()}


def test_every_task_has_a_time_limit_a_retry_and_a_way_out() -> None:
    tasks = [(name, state) for name, state, _ in everywhere() if state["Type"] == "Task"]
    assert len(tasks) == 18
    for name, state in tasks:
        assert state["TimeoutSeconds"] > 0, name
        *others, last = state["Retry"]
        assert last["ErrorEquals"] == ["States.ALL"], name
        assert all(rule["JitterStrategy"] == "FULL" for rule in (*others, last) if rule["MaxAttempts"]), name
        listed = [error for rule in others if rule["MaxAttempts"] for error in rule["ErrorEquals"]]
        assert len(set(listed)) == len(listed), name
        caught = {error for catcher in state["Catch"] for error in catcher["ErrorEquals"]}
        assert {"States.DataLimitExceeded", "States.ALL"} <= caught, name


def test_a_state_waits_longer_than_its_function_works() -> None:
    roles = {arn: role for role, arn in FUNCTIONS.items()}
    for name, state, _ in everywhere():
        role = roles.get(state.get("Resource", ""))
        if role:
            assert state["TimeoutSeconds"] > TIMEOUT_S[role], name
    assert DOCUMENT["TimeoutSeconds"] > 5 * max(TIMEOUT_S.values())


def test_every_function_has_its_state() -> None:
    used = set(strings(DOCUMENT))
    assert set(FUNCTIONS.values()) <= used


def test_whatever_fails_is_recorded_then_announced_then_fails_the_execution() -> None:
    for name, state in STATES.items():
        if state["Type"] in ("Task", "Map") and name not in FAILURE_PATH:
            assert [catcher for catcher in state["Catch"] if catcher["ResultPath"] == "$.error"] == [
                {"ErrorEquals": [error], "ResultPath": "$.error", "Next": "RecordFailure"}
                for error in ("States.DataLimitExceeded", "States.ALL")
            ]
    assert walk("RecordFailure", {}) == ["RecordFailure", "NotifyFailure", "Failed"]
    assert walk("RecordFailureNatively", {}) == ["RecordFailureNatively", "NotifyFailure", "Failed"]
    assert walk("NotifyFailureNatively", {}) == ["NotifyFailureNatively", "Failed"]
    assert STATES["Failed"]["Type"] == "Fail"


def test_when_our_own_code_is_broken_too_step_functions_records_and_announces_by_itself() -> None:
    assert STATES["RecordFailure"]["Catch"][0]["Next"] == "RecordFailureNatively"
    assert STATES["NotifyFailure"]["Catch"][0]["Next"] == "NotifyFailureNatively"
    assert STATES["RecordFailureNatively"]["Catch"][0]["Next"] == "NotifyFailure"
    assert STATES["NotifyFailureNatively"]["Catch"][0]["Next"] == "Failed"


def test_recording_a_failure_natively_claims_nothing_that_was_only_planned() -> None:
    given = STATES["RecordFailureNatively"]["Parameters"]
    for count in ("created", "updated", "deleted"):
        assert f"#counts.{count} = :none" in given["UpdateExpression"]
    assert given["ExpressionAttributeValues"][":none"] == {"N": "0"}


def test_the_notice_that_step_functions_sends_names_the_job_and_does_not_say_how_it_ended() -> None:
    given = STATES["NotifyFailureNatively"]["Parameters"]
    attribute = {"DataType": "String", "StringValue.$": "$.job_id"}
    assert given["MessageAttributes"] == {"job_id": attribute}
    assert "failed" not in given["Subject"]


def test_the_failing_function_is_told_the_error() -> None:
    assert STATES["RecordFailure"]["Parameters"] == {
        "job_id.$": "$.job_id",
        "attempt.$": "$.attempt",
        "error.$": "$.error",
    }


def test_recording_a_failure_natively_leaves_a_job_that_has_ended_as_it_is() -> None:
    update = STATES["RecordFailureNatively"]["Parameters"]
    assert update["TableName"] == "the-ledger"
    assert update["Key"] == {"pk": {"S.$": "States.Format('JOB#{}', $.job_id)"}, "sk": {"S": "JOB"}}
    values = update["ExpressionAttributeValues"]
    names = (":succeeded", ":partially", ":failed", ":cancelled", ":needs_review", ":undoing", ":undone")
    assert {values[name]["S"] for name in names} == {
        "succeeded",
        "partially_succeeded",
        "failed",
        "cancelled",
        "needs_review",
        "undoing",
        "undone",
    }
    assert f"NOT #state IN ({', '.join(names)})" in update["ConditionExpression"]
    assert "attribute_exists(pk)" in update["ConditionExpression"]
    # an older execution says nothing of a newer attempt
    assert "attempt = :attempt" in update["ConditionExpression"]
    assert values[":attempt"] == {"N.$": "States.Format('{}', $.attempt)"}
    assert values[":reason"]["M"]["code"] == {"S": "internal"}


def test_every_placeholder_of_the_native_update_is_used_and_defined() -> None:
    update = STATES["RecordFailureNatively"]["Parameters"]
    text = update["ConditionExpression"] + " " + update["UpdateExpression"]
    words = {word.strip("(),") for word in text.split()}
    assert {word for word in words if word.startswith(":")} == set(update["ExpressionAttributeValues"])
    assert {word.partition(".")[0] for word in words if word.startswith("#")} == set(
        update["ExpressionAttributeNames"]
    )


@pytest.mark.parametrize(
    ("name", "items", "tolerated"),
    [("PlanChunks", "$.did.chunks_key", 0), ("MutateChunks", "$.did.plan_key", 40)],
)
def test_a_map_reads_its_chunks_from_s3_and_is_bounded(name: str, items: str, tolerated: int) -> None:
    state = STATES[name]
    assert state["ItemReader"] == {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": "the-bucket", "Key.$": items},
    }
    assert state["MaxConcurrency"] == 7
    assert state["ToleratedFailurePercentage"] == tolerated
    assert state["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert state["ResultPath"] is None
    assert state["Label"] == name


def test_when_too_many_chunks_fail_the_rest_is_not_begun_and_the_others_are_accounted_for() -> None:
    first = STATES["MutateChunks"]["Catch"][0]
    assert first["ErrorEquals"] == ["States.ExceedToleratedFailureThreshold"]
    assert first["Next"] == "Reconcile"
    assert STATES["PlanChunks"]["Catch"][0]["Next"] == "RecordFailure"


def test_the_labels_that_permissions_are_made_of_are_those_of_the_maps() -> None:
    assert {state["Label"] for state in STATES.values() if state["Type"] == "Map"} == set(MAP_LABELS)
    assert all(len(label) <= 40 for label in MAP_LABELS)  # the limit of a label


def test_rows_never_travel_through_the_state() -> None:
    for name, state, _ in everywhere():
        if name in ("PlanChunks.PlanChunk", "MutateChunks.MutateChunk"):
            assert state["OutputPath"] is None, name
            assert "Parameters" not in state, name


def test_what_a_failed_chunk_says_quotes_nothing() -> None:
    causes = [state["Cause"] for _, state, _ in everywhere() if state["Type"] == "Fail"]
    assert len(causes) == 3
    assert not any("$" in cause for cause in causes)
    texts = [text for text in strings(DOCUMENT) if "$.error" in text]
    assert set(texts) == {"$.error"}


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in cast("dict[str, object]", value).values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from strings(inner)
