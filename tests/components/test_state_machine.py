from collections.abc import Iterator
from typing import Any, cast

import pytest

from components._state_machine import MAP_LABELS, TIMEOUT_S, Definition, definition

FUNCTIONS = {
    role: f"arn:aws:lambda:eu-central-1:111122223333:function:foreman-dev-{role}" for role in TIMEOUT_S
}
DOCUMENT: dict[str, Any] = definition(
    Definition(
        functions=FUNCTIONS,
        bucket="the-bucket",
        ledger_table="the-ledger",
        topic_arn="the-topic",
        max_concurrency=7,
    )
)
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


def walk(start: str, given: dict[str, Any]) -> list[str]:
    """The states that a job passes when every task answers with `given`; no task fails."""
    passed: list[str] = []
    name = start
    while True:
        passed.append(name)
        state = STATES[name]
        if state["Type"] == "Choice":
            (rule,) = state["Choices"]
            present, equal = rule["And"]
            assert present == {"Variable": equal["Variable"], "IsPresent": True}
            value = given.get(equal["Variable"].removeprefix("$."))
            name = rule["Next"] if value == equal["StringEquals"] else state["Default"]
        elif "Next" in state:
            name = state["Next"]
        else:
            return passed


def test_a_dropped_file_passes_every_step_in_order() -> None:
    assert walk("Route", {"start": "ingest"})[:4] == ["Route", "IsUndo", "Ingest", "IsIngested"]
    assert walk("IsIngested", {"next": "validate"})[:3] == ["IsIngested", "Validate", "IsValid"]
    assert walk("IsValid", {"next": "plan"})[:4] == ["IsValid", "PlanChunks", "Seal", "IsSealed"]
    after_seal = walk("IsSealed", {"next": "load"})
    assert after_seal == ["IsSealed", "MutateChunks", "Reconcile", "Notify", "Done"]


def test_an_approved_plan_starts_at_its_seal() -> None:
    passed = walk("Route", {"start": "load", "next": "load"})
    assert passed == ["Route", "Seal", "IsSealed", "MutateChunks", "Reconcile", "Notify", "Done"]


def test_an_undo_finds_its_chunks_and_goes_the_way_of_every_plan() -> None:
    passed = walk("Route", {"start": "undo", "next": "plan"})
    assert passed[:6] == ["Route", "IsUndo", "Undo", "IsValid", "PlanChunks", "Seal"]


@pytest.mark.parametrize("choice", ["IsIngested", "IsValid", "IsSealed"])
@pytest.mark.parametrize("answer", [{"next": "stop"}, {}])
def test_a_job_that_stops_is_announced_and_ends(choice: str, answer: dict[str, str]) -> None:
    assert walk(choice, answer) == [choice, "Notify", "Done"]


def test_every_target_exists_and_every_state_is_reached() -> None:
    for name, state, beside in everywhere():
        assert set(targets(state)) <= set(beside), name
    reached = {target for _, state, _ in everywhere() for target in targets(state)}
    reached |= {DOCUMENT["StartAt"], "Chunk"}
    assert reached == {name.rpartition(".")[2] for name, _, _ in everywhere()}


def test_every_task_has_a_time_limit_a_retry_and_a_way_out() -> None:
    tasks = [(name, state) for name, state, _ in everywhere() if state["Type"] == "Task"]
    assert len(tasks) == 12
    for name, state in tasks:
        assert state["TimeoutSeconds"] > 0, name
        assert state["Retry"][0]["ErrorEquals"] == ["States.ALL"], name
        assert state["Retry"][0]["JitterStrategy"] == "FULL", name
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_a_state_waits_longer_than_its_function_works() -> None:
    roles = {arn: role for role, arn in FUNCTIONS.items()}
    for name, state, _ in everywhere():
        role = roles.get(state.get("Resource", ""))
        if role:
            assert state["TimeoutSeconds"] > TIMEOUT_S[role], name
    assert DOCUMENT["TimeoutSeconds"] > 5 * max(TIMEOUT_S.values())


def test_every_function_has_its_state() -> None:
    used = {state["Resource"] for _, state, _ in everywhere() if state["Type"] == "Task"}
    assert set(FUNCTIONS.values()) <= used


def test_whatever_fails_is_recorded_then_announced_then_fails_the_execution() -> None:
    for name, state in STATES.items():
        if state["Type"] in ("Task", "Map") and name not in FAILURE_PATH:
            (catch,) = state["Catch"]
            assert catch == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "RecordFailure"}
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
    assert STATES["RecordFailure"]["Parameters"] == {"job_id.$": "$.job_id", "error.$": "$.error"}


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
    ("name", "items", "tolerated"), [("PlanChunks", "$.chunks_key", 0), ("MutateChunks", "$.plan_key", 100)]
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


def test_the_labels_that_permissions_are_made_of_are_those_of_the_maps() -> None:
    assert {state["Label"] for state in STATES.values() if state["Type"] == "Map"} == set(MAP_LABELS)
    assert all(len(label) <= 40 for label in MAP_LABELS)  # the limit of a label


def test_rows_never_travel_through_the_state() -> None:
    for name, state, _ in everywhere():
        if name.endswith(".Chunk"):
            assert state["OutputPath"] == "$.index", name
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
