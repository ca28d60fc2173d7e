import json
from typing import Any

import pytest

from components._state_machine import TIMEOUT_S, Definition, definition
from components.orchestration import Orchestration
from tests import _pulumi
from tests._pulumi import Outcome
from tests.components import _given

STEPS = sorted(TIMEOUT_S)
MACHINE = _given.MACHINE
RUNS = MACHINE.replace(":stateMachine:", ":execution:")
RETURNED = ["jobs/*/corrected.txt", "jobs/*/judged/*", "jobs/*/rejects.csv"]
ACCOUNTED = ["jobs/*/corrected.txt", "jobs/*/judged/*", "jobs/*/plan/*"]
COMPARED = {
    "ReadFiles": ["jobs/*/judged/*/accepted.jsonl", "jobs/*/plan/*"],
    "WriteFiles": ["jobs/*/plan/*"],
}


def arn(role: str) -> str:
    return f"arn:aws:lambda:{_pulumi.REGION}:{_pulumi.ACCOUNT}:function:foreman-dev-{role}"


def declared(**changed: object) -> Outcome:
    return _pulumi.run(lambda: Orchestration("o", _given.orchestration(**changed)))


@pytest.fixture(scope="module")
def orchestration() -> Outcome:
    return declared()


def resources_of(allowed: dict[str, dict[str, Any]], sid: str) -> list[str]:
    """The resources of a statement, the bucket's own part left out."""
    return [resource.removeprefix(f"{_given.BUCKET}/") for resource in allowed[sid]["Resource"]]


def test_there_is_a_function_for_every_step_one_for_the_api_and_two_that_watch(
    orchestration: Outcome,
) -> None:
    names = {function.inputs["name"] for function in orchestration.of("lambda.Function")}
    assert names == {f"foreman-dev-{role}" for role in [*STEPS, "imports", "sweep", "find_lost"]}


def test_the_machine_is_the_pure_document_with_the_real_names(orchestration: Outcome) -> None:
    machine = orchestration.one("sfn.StateMachine", "o-import")
    expected = definition(
        Definition(
            functions={role: arn(role) for role in STEPS},
            bucket="files",
            ledger_table="ledger",
            topic_arn=_given.TOPIC,
            max_concurrency=7,
            tolerated_percent=40,
            approval_hours=48,
            work_queue_url=None,
        )
    )
    assert json.loads(machine.inputs["definition"]) == expected
    assert len(machine.inputs["definition"]) < 1_000_000  # bytes that Step Functions takes


def test_the_machine_has_the_name_that_its_computed_arn_is_made_of(orchestration: Outcome) -> None:
    machine = orchestration.one("sfn.StateMachine", "o-import")
    assert machine.inputs["name"] == MACHINE.rpartition(":")[2]
    assert machine.inputs["type"] == "STANDARD"


def test_the_machines_log_has_every_step_and_no_data(orchestration: Outcome) -> None:
    machine = orchestration.one("sfn.StateMachine", "o-import")
    group = orchestration.one("cloudwatch.LogGroup", "o-log")
    assert group.inputs["name"] == "/aws/vendedlogs/states/foreman-dev-import"
    assert group.inputs["kmsKeyId"] == _given.KEY
    logging = dict(machine.inputs["loggingConfiguration"])
    assert logging.pop("logDestination").endswith(f":log-group:{group.inputs['name']}:*")
    assert logging == {"level": "ALL", "includeExecutionData": False}
    assert machine.inputs["tracingConfiguration"] == {"enabled": True}


def test_the_machine_is_encrypted_and_may_do_everything_before_it_exists(orchestration: Outcome) -> None:
    machine = orchestration.one("sfn.StateMachine", "o-import")
    assert machine.inputs["encryptionConfiguration"] == {
        "type": "CUSTOMER_MANAGED_KMS_KEY",
        "kmsKeyId": _given.KEY,
        "kmsDataKeyReusePeriodSeconds": 300,
    }
    assert "o-policy" in machine.after


def test_the_machine_may_run_its_steps_and_nothing_else(orchestration: Outcome) -> None:
    allowed = orchestration.allowed("o-policy")
    assert allowed["RunSteps"]["Action"] == ["lambda:InvokeFunction"]
    assert sorted(allowed["RunSteps"]["Resource"]) == [arn(role) for role in STEPS]
    assert resources_of(allowed, "ReadFiles") == ["jobs/*/chunks/*", "jobs/*/plan-chunks.json"]
    assert allowed["OpenFiles"]["Action"] == ["kms:Decrypt"]
    assert allowed["UseLedger"]["Action"] == ["dynamodb:UpdateItem"]
    assert allowed["SendNotice"]["Resource"] == [_given.TOPIC]


def test_the_machine_fans_out_into_itself(orchestration: Outcome) -> None:
    allowed = orchestration.allowed("o-policy")
    assert allowed["FanOut"]["Action"] == ["states:StartExecution"]
    assert allowed["FanOut"]["Resource"] == [MACHINE]
    assert allowed["WatchFanOut"]["Resource"] == [
        f"{RUNS}:*",
        f"{RUNS}/PlanChunks:*",
        f"{RUNS}/MutateChunks:*",
    ]
    assert allowed["GoOnFanningOut"]["Action"] == ["states:RedriveExecution"]
    assert allowed["GoOnFanningOut"]["Resource"] == [f"{RUNS}/PlanChunks:*", f"{RUNS}/MutateChunks:*"]
    assert allowed["SealOwnHistory"]["Condition"] == {
        "StringEquals": {
            "kms:EncryptionContext:aws:states:stateMachineArn": [
                MACHINE,
                f"{MACHINE}/PlanChunks",
                f"{MACHINE}/MutateChunks",
            ]
        }
    }


def test_a_role_is_assumed_by_step_functions_for_this_account_only(orchestration: Outcome) -> None:
    (statement,) = orchestration.one("iam.Role", "o-role").policy("assumeRolePolicy")
    assert statement["Principal"] == {"Service": "states.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": _pulumi.ACCOUNT}}


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        ("ingest", "GetItem PutItem UpdateItem"),
        ("undo", "GetItem PutItem Query UpdateItem"),
        ("validate", "GetItem PutItem Query UpdateItem"),
        ("prepare", "GetItem PutItem Query UpdateItem"),
        ("approval", "GetItem PutItem UpdateItem"),
        ("load", "GetItem PutItem Query UpdateItem"),
        ("plan", "GetItem PutItem"),
        ("seal", "GetItem PutItem Query UpdateItem"),
        ("mutate", "GetItem UpdateItem"),
        ("reconcile", "GetItem PutItem Query UpdateItem"),
        ("notify", "GetItem UpdateItem"),
        ("fail", "GetItem PutItem Query UpdateItem"),
        ("imports", "GetItem PutItem UpdateItem"),
        ("sweep", "GetItem PutItem Query UpdateItem"),
    ],
)
def test_a_function_uses_the_ledger_as_its_code_does(orchestration: Outcome, role: str, actions: str) -> None:
    statement = orchestration.allowed(f"o-{role}-policy")["UseLedger"]
    assert statement["Action"] == [f"dynamodb:{action}" for action in actions.split()]
    assert statement["Resource"] == [_given.LEDGER]


@pytest.mark.parametrize(
    ("role", "files"),
    [
        ("ingest", {"ReadUploads": ["incoming/*", "submitted/*"]}),
        (
            "validate",
            {
                "ReadUploads": ["incoming/*", "submitted/*"],
                "ReadFiles": RETURNED,
                "WriteFiles": ["jobs/*"],
            },
        ),
        (
            "prepare",
            {
                "ReadUploads": ["incoming/*", "submitted/*"],
                "ReadFiles": ["jobs/*/chunks/*", "jobs/*/plan/*", *RETURNED],
                "WriteFiles": ["jobs/*"],
            },
        ),
        ("approval", {}),
        (
            "load",
            {
                "WriteFiles": ["jobs/*"],
                "ReadUploads": ["incoming/*", "submitted/*"],
                "ReadFiles": ["jobs/*/plan-chunks.json", *ACCOUNTED],
            },
        ),
        ("undo", {"WriteFiles": ["jobs/*/chunks/*"]}),
        ("plan", COMPARED),
        ("seal", {"WriteFiles": ["jobs/*"], "ReadUploads": ["incoming/*"]}),
        ("mutate", COMPARED),
        (
            "reconcile",
            {
                "WriteFiles": ["jobs/*"],
                "ReadUploads": ["incoming/*", "submitted/*"],
                "ReadFiles": ACCOUNTED,
            },
        ),
        ("notify", {}),
        ("fail", {"WriteFiles": ["jobs/*"]}),
        ("imports", {"ReadUploads": ["submitted/*"]}),
        ("sweep", {"WriteFiles": ["jobs/*"]}),
    ],
)
def test_a_function_reaches_only_its_part_of_the_bucket(
    orchestration: Outcome, role: str, files: dict[str, list[str]]
) -> None:
    allowed = orchestration.allowed(f"o-{role}-policy")
    of_objects = [sid for sid in allowed if any(a.startswith("s3:") for a in allowed[sid]["Action"])]
    assert {sid: resources_of(allowed, sid) for sid in of_objects if sid != "TellGoneFromForbidden"} == files
    assert ("TellGoneFromForbidden" in allowed) == ("ReadUploads" in files)
    assert ("OpenFiles" in allowed) == bool(files)
    writes = "kms:GenerateDataKey" in allowed.get("OpenFiles", {}).get("Action", [])
    assert writes == ("WriteFiles" in files)


def test_uploads_are_read_in_the_version_that_was_announced(orchestration: Outcome) -> None:
    allowed = orchestration.allowed("o-ingest-policy")
    assert allowed["ReadUploads"]["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert allowed["TellGoneFromForbidden"]["Resource"] == [_given.BUCKET]


def test_records_are_compared_directly_and_written_through_one_field_of_the_api(
    orchestration: Outcome,
) -> None:
    plan = orchestration.allowed("o-plan-policy")["CompareWithRecords"]
    assert (plan["Action"], plan["Resource"]) == (["dynamodb:BatchGetItem"], [_given.RECORDS])
    mutate = orchestration.allowed("o-mutate-policy")["WriteRecordsThroughTheApi"]
    assert mutate["Action"] == ["appsync:GraphQL"]
    assert mutate["Resource"] == [f"{_given.API}/types/Mutation/fields/upsertCustomers"]
    for role in [*STEPS, "imports", "sweep", "find_lost"]:
        for sid, statement in orchestration.allowed(f"o-{role}-policy").items():
            touches = [resource for resource in statement["Resource"] if _given.RECORDS in resource]
            assert (sid == "CompareWithRecords") == bool(touches), (role, sid)


def test_only_who_tells_people_of_jobs_may_publish(orchestration: Outcome) -> None:
    publishing = {
        name for name, statement in orchestration.policies() if "sns:Publish" in statement["Action"]
    }
    assert publishing == {"o-approval-policy", "o-notify-policy", "o-policy", "o-sweep-policy"}


def test_only_the_api_who_watches_and_the_machine_itself_may_start_the_machine(
    orchestration: Outcome,
) -> None:
    starting = {
        name for name, statement in orchestration.policies() if "states:StartExecution" in statement["Action"]
    }
    assert starting == {"o-find_lost-policy", "o-imports-policy", "o-policy", "o-sweep-policy"}


@pytest.mark.parametrize("role", ["validate", "prepare", "load", "reconcile"])
def test_what_reads_whole_files_is_as_large_as_the_stack_says(orchestration: Outcome, role: str) -> None:
    function = orchestration.one("lambda.Function", f"o-{role}-function")
    assert function.inputs["memorySize"] == 2000
    assert function.inputs["ephemeralStorage"] == {"size": 3000}


def test_validation_cuts_chunks_as_long_as_the_stack_says(orchestration: Outcome) -> None:
    function = orchestration.one("lambda.Function", "o-validate-function")
    assert function.inputs["environment"]["variables"]["CHUNK_ROWS"] == "250"


def test_only_validation_judges_whole_files_and_has_polars(orchestration: Outcome) -> None:
    layers = {function.name: function.inputs["layers"] for function in orchestration.of("lambda.Function")}
    for role in ("validate", "prepare"):
        assert layers.pop(f"o-{role}-function") == ["arn:layer", "arn:polars"]
    assert len(layers) == len(STEPS) + 1
    assert all(named == ["arn:layer"] for named in layers.values())


@pytest.mark.parametrize("role", STEPS)
def test_a_function_has_the_time_that_its_state_counts_on(orchestration: Outcome, role: str) -> None:
    function = orchestration.one("lambda.Function", f"o-{role}-function")
    assert function.inputs["timeout"] == TIMEOUT_S[role]
    assert function.inputs["handler"] == f"handlers.{role}.handler"


def test_no_capacity_is_reserved_unless_it_is_asked_for(orchestration: Outcome) -> None:
    for function in orchestration.of("lambda.Function"):
        assert "reservedConcurrentExecutions" not in function.inputs
    reserved = {
        function.name: function.inputs["reservedConcurrentExecutions"]
        for function in declared(mutate_concurrency=5).of("lambda.Function")
        if "reservedConcurrentExecutions" in function.inputs
    }
    assert reserved == {"o-load-function": 5, "o-mutate-function": 5}


@pytest.mark.parametrize("role", [*STEPS, "imports", "sweep", "find_lost"])
def test_a_function_has_its_own_log_and_role_before_it_exists(orchestration: Outcome, role: str) -> None:
    function = orchestration.one("lambda.Function", f"o-{role}-function")
    assert {f"o-{role}-log", f"o-{role}-policy", f"o-{role}-role"} <= function.after
    group = orchestration.one("cloudwatch.LogGroup", f"o-{role}-log")
    assert group.inputs == {
        "name": f"/aws/lambda/foreman-dev-{role}",
        "retentionInDays": 30,
        "kmsKeyId": _given.KEY,
    }
    assert function.inputs["loggingConfig"] == {"logFormat": "Text", "logGroup": group.inputs["name"]}
    allowed = orchestration.allowed(f"o-{role}-policy")
    assert allowed["WriteOwnLog"]["Resource"][0].endswith(f":log-group:{group.inputs['name']}:*")


def test_a_machine_with_workers_may_put_work_into_their_queue() -> None:
    queue = f"arn:aws:sqs:{_pulumi.REGION}:{_pulumi.ACCOUNT}:work"
    outcome = declared(work_queue_url="https://work", work_queue_arn=queue, worker_bytes=10**9)
    allowed = outcome.allowed("o-policy")
    assert allowed["HandOutWork"]["Action"] == ["sqs:SendMessage"]
    assert allowed["HandOutWork"]["Resource"] == [queue]
    assert "https://work" in outcome.one("sfn.StateMachine", "o-import").inputs["definition"]


@pytest.mark.parametrize("role", ["ingest", "undo", "prepare", "seal"])
def test_who_decides_on_a_way_knows_the_sizes(orchestration: Outcome, role: str) -> None:
    variables = orchestration.one("lambda.Function", f"o-{role}-function").inputs["environment"]["variables"]
    assert (variables["FUNCTION_BYTES"], variables["FUNCTION_CHUNKS"]) == ("1000", "20")
    assert variables["WORKER_BYTES"] == "0"


def test_who_answers_for_a_person_may_answer_tasks_and_no_more_of_the_machine(orchestration: Outcome) -> None:
    answering = {
        name: statement["Action"]
        for name, statement in orchestration.policies()
        if "states:SendTaskSuccess" in statement["Action"]
    }
    names = ("o-approval-policy", "o-imports-policy", "o-sweep-policy")
    assert answering == {name: ["states:SendTaskSuccess"] for name in names}


def test_a_functions_environment_is_encrypted_and_opened_by_itself_alone(orchestration: Outcome) -> None:
    for function in orchestration.of("lambda.Function"):
        assert function.inputs["kmsKeyArn"] == _given.KEY
    statement = orchestration.allowed("o-seal-policy")["ReadOwnEnvironment"]
    assert statement["Action"] == ["kms:Decrypt"]
    assert statement["Condition"] == {
        "StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": arn("seal")}
    }


def test_without_tracing_nobody_may_send_traces() -> None:
    outcome = declared(runtime=_given.runtime(tracing=False))
    assert not any("xray" in json.dumps(statement) for _, statement in outcome.policies())
    modes = {function.inputs["tracingConfig"]["mode"] for function in outcome.of("lambda.Function")}
    assert modes == {"PassThrough"}
    assert outcome.one("sfn.StateMachine", "o-import").inputs["tracingConfiguration"] == {"enabled": False}


def test_imports_are_started_jobs_steered_and_mappings_remembered_through_the_api(
    orchestration: Outcome,
) -> None:
    fields = {(r.inputs["type"], r.inputs["field"]) for r in orchestration.of("appsync.Resolver")}
    names = ("startImport", "approvePlan", "undoJob", "retryJob", "cancelJob", "rememberMapping")
    assert fields == {("Mutation", name) for name in names}
    source = orchestration.one("appsync.DataSource", "o-imports-source")
    assert source.inputs["apiId"] == "api1"
    assert source.inputs["lambdaConfig"] == {"functionArn": arn("imports")}


@pytest.mark.parametrize(
    ("name", "namespace", "metric", "dimensions"),
    [
        ("o-failed", "AWS/States", "ExecutionsFailed", {"StateMachineArn": MACHINE}),
        ("o-timed-out", "AWS/States", "ExecutionsTimedOut", {"StateMachineArn": MACHINE}),
        ("o-api-errors", "AWS/AppSync", "5XXError", {"GraphQLAPIId": "api1"}),
    ],
)
def test_an_alarm_speaks_of_what_broke(
    orchestration: Outcome, name: str, namespace: str, metric: str, dimensions: dict[str, str]
) -> None:
    alarm = orchestration.one("cloudwatch.MetricAlarm", name)
    assert (alarm.inputs["namespace"], alarm.inputs["metricName"]) == (namespace, metric)
    assert alarm.inputs["dimensions"] == dimensions
    assert alarm.inputs["threshold"] == 0
    assert alarm.inputs["statistic"] == "Sum"
    assert alarm.inputs["treatMissingData"] == "notBreaching"
    assert alarm.inputs["alarmActions"] == [_given.TOPIC]


def test_the_sweeper_is_called_every_few_minutes_by_a_schedule_that_may_call_nothing_else(
    orchestration: Outcome,
) -> None:
    schedule = orchestration.one("scheduler.Schedule", "o-sweep-schedule")
    assert schedule.inputs["scheduleExpression"] == "rate(5 minutes)"
    assert schedule.inputs["target"]["arn"] == arn("sweep")
    assert "o-sweep-schedule-policy" in schedule.after
    allowed = orchestration.allowed("o-sweep-schedule-policy")
    assert {sid: statement["Resource"] for sid, statement in allowed.items()} == {
        "Call": [arn("sweep")],
        "OpenWhatIsGiven": [_given.KEY],
    }
    (trusted,) = orchestration.one("iam.Role", "o-sweep-schedule-role").policy("assumeRolePolicy")
    assert trusted["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": _pulumi.ACCOUNT}}


def test_the_finder_lists_dropped_files_reads_none_and_starts_jobs(orchestration: Outcome) -> None:
    schedule = orchestration.one("scheduler.Schedule", "o-find_lost-schedule")
    assert schedule.inputs["scheduleExpression"] == "rate(15 minutes)"
    allowed = orchestration.allowed("o-find_lost-policy")
    assert allowed["ListFiles"]["Action"] == ["s3:ListBucketVersions"]
    assert allowed["ListFiles"]["Condition"] == {"StringLike": {"s3:prefix": "incoming/*"}}
    assert not any("s3:GetObject" in statement["Action"] for statement in allowed.values())
    assert allowed["UseLedger"]["Action"] == [
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
    ]


def test_only_the_functions_that_end_jobs_sign_receipts(orchestration: Outcome) -> None:
    signing = {name for name, statement in orchestration.policies() if "kms:Sign" in statement["Action"]}
    assert signing == {"o-load-policy", "o-reconcile-policy"}
    assert orchestration.allowed("o-reconcile-policy")["SignReceipts"]["Resource"] == [_given.RECEIPT_KEY]


def test_the_sweeper_lists_jobs_at_work_and_sees_whether_they_run(orchestration: Outcome) -> None:
    allowed = orchestration.allowed("o-sweep-policy")
    assert allowed["ListJobsAtWork"]["Resource"] == [f"{_given.LEDGER}/index/jobs-at-work"]
    assert allowed["SeeJobs"]["Resource"] == [f"{RUNS}:*"]
    assert allowed["StartJobs"]["Resource"] == [MACHINE]
