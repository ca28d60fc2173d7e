import json

import pytest

from components.intake import BATCH_SIZE, MAX_RECEIVES, VISIBILITY_S, Intake
from simulation import queue
from tests import _pulumi
from tests._pulumi import Outcome
from tests.components import _given

QUEUE = f"arn:aws:sqs:{_pulumi.REGION}:{_pulumi.ACCOUNT}:intake-events-1a2b3c4"
DEAD_LETTERS = f"arn:aws:sqs:{_pulumi.REGION}:{_pulumi.ACCOUNT}:intake-dead-letters-1a2b3c4"
TOPIC = f"arn:aws:sns:{_pulumi.REGION}:{_pulumi.ACCOUNT}:intake-notices-1a2b3c4"
FILES = "arn:aws:s3:::intake-files-bucket-1a2b3c4"
BUCKETS = ["intake-files", "intake-access-log"]


def declared(**changed: object) -> Outcome:
    return _pulumi.run(lambda: Intake("intake", _given.intake(**changed)))


@pytest.fixture(scope="module")
def intake() -> Outcome:
    return declared()


def test_the_simulated_queue_has_the_numbers_of_the_real_one() -> None:
    assert (queue.VISIBILITY_S, queue.MOST_RECEIVES) == (VISIBILITY_S, MAX_RECEIVES)
    assert queue.BATCH == BATCH_SIZE


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_is_private(intake: Outcome, name: str) -> None:
    block = dict(intake.one("s3.BucketPublicAccessBlock", f"{name}-no-public-access").inputs)
    assert block.pop("bucket") == f"{name}-bucket-1a2b3c4"
    assert block == {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    ownership = intake.one("s3.BucketOwnershipControls", f"{name}-ownership")
    assert ownership.inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_answers_over_tls_only(intake: Outcome, name: str) -> None:
    arn = f"arn:aws:s3:::{name}-bucket-1a2b3c4"
    deny = intake.one("s3.BucketPolicy", f"{name}-policy").policy()[0]
    assert deny["Effect"] == "Deny"
    assert deny["Resource"] == [arn, f"{arn}/*"]
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_keeps_versions_before_it_ends_them(intake: Outcome, name: str) -> None:
    versions = intake.one("s3.BucketVersioning", f"{name}-versions")
    assert versions.inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert versions.name in intake.one("s3.BucketLifecycleConfiguration", f"{name}-lifecycle").after


@pytest.mark.parametrize("name", BUCKETS)
def test_a_protected_bucket_stays_when_its_stack_goes(intake: Outcome, name: str) -> None:
    assert intake.one("s3.Bucket", f"{name}-bucket").protect
    assert not declared(protect=False).one("s3.Bucket", f"{name}-bucket").protect


def test_files_are_encrypted_under_the_stacks_key(intake: Outcome) -> None:
    (rule,) = intake.one("s3.BucketServerSideEncryptionConfiguration", "intake-files-encryption").inputs[
        "rules"
    ]
    assert rule["applyServerSideEncryptionByDefault"] == {
        "sseAlgorithm": "aws:kms",
        "kmsMasterKeyId": _given.KEY,
    }
    assert rule["bucketKeyEnabled"] is True


def test_everything_in_the_bucket_ends_some_day(intake: Outcome) -> None:
    rules = intake.one("s3.BucketLifecycleConfiguration", "intake-files-lifecycle").inputs["rules"]
    assert all(rule["status"] == "Enabled" for rule in rules)
    *expiring, aborting = rules
    assert {
        rule["filter"]["prefix"]: (rule["expiration"], rule["noncurrentVersionExpiration"])
        for rule in expiring
    } == {
        "incoming/": ({"days": 11}, {"noncurrentDays": 44}),
        "submitted/": ({"days": 22}, {"noncurrentDays": 44}),
        "jobs/": ({"days": 33}, {"noncurrentDays": 44}),
    }
    assert aborting["filter"] == {"prefix": ""}
    assert aborting["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 3}


def test_access_to_files_is_logged_where_only_s3_writes(intake: Outcome) -> None:
    logging = intake.one("s3.BucketLogging", "intake-files-access")
    assert logging.inputs["bucket"] == "intake-files-bucket-1a2b3c4"
    assert logging.inputs["targetBucket"] == "intake-access-log-bucket-1a2b3c4"
    assert "intake-access-log-policy" in logging.after
    _, allow = intake.one("s3.BucketPolicy", "intake-access-log-policy").policy()
    assert allow["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert allow["Action"] == "s3:PutObject"
    assert allow["Resource"] == ["arn:aws:s3:::intake-access-log-bucket-1a2b3c4/*"]
    assert allow["Condition"] == {
        "ArnLike": {"aws:SourceArn": FILES},
        "StringEquals": {"aws:SourceAccount": _pulumi.ACCOUNT},
    }


def test_every_dropped_object_is_announced_whatever_its_name(intake: Outcome) -> None:
    announcements = intake.one("s3.BucketNotification", "intake-announcements")
    assert announcements.inputs["bucket"] == "intake-files-bucket-1a2b3c4"
    assert announcements.inputs["queues"] == [
        {
            "queueArn": QUEUE,
            "events": ["s3:ObjectCreated:*"],
            "filterPrefix": "incoming/",
        }
    ]
    assert "intake-events-policy" in announcements.after


def test_only_this_bucket_may_fill_the_queue(intake: Outcome) -> None:
    deny, allow = intake.one("sqs.QueuePolicy", "intake-events-policy").policy()
    assert deny["Effect"] == "Deny"
    assert allow["Principal"] == {"Service": "s3.amazonaws.com"}
    assert allow["Action"] == "sqs:SendMessage"
    assert allow["Resource"] == QUEUE
    assert allow["Condition"] == {
        "ArnEquals": {"aws:SourceArn": FILES},
        "StringEquals": {"aws:SourceAccount": _pulumi.ACCOUNT},
    }


def test_an_event_is_tried_five_times_and_then_kept_for_two_weeks(intake: Outcome) -> None:
    queue = intake.one("sqs.Queue", "intake-events")
    assert json.loads(queue.inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": DEAD_LETTERS,
        "maxReceiveCount": 5,
    }
    assert intake.one("sqs.Queue", "intake-dead-letters").inputs["messageRetentionSeconds"] == 14 * 86_400


def test_an_event_stays_hidden_for_six_times_the_functions_time(intake: Outcome) -> None:
    # what Lambda's documentation asks for: a function that is throttled needs time to try again
    function = intake.one("lambda.Function", "intake-intake-function")
    queue = intake.one("sqs.Queue", "intake-events")
    assert queue.inputs["visibilityTimeoutSeconds"] >= 6 * function.inputs["timeout"]


@pytest.mark.parametrize("name", ["intake-events", "intake-dead-letters"])
def test_a_queue_is_encrypted_and_answers_over_tls_only(intake: Outcome, name: str) -> None:
    assert intake.one("sqs.Queue", name).inputs["kmsMasterKeyId"] == _given.KEY
    deny = intake.one("sqs.QueuePolicy", f"{name}-policy").policy()[0]
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_one_bad_event_does_not_hold_the_others_back(intake: Outcome) -> None:
    mapping = intake.one("lambda.EventSourceMapping", "intake-consumer")
    assert mapping.inputs["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping.inputs["eventSourceArn"] == QUEUE
    assert mapping.inputs["functionName"] == "foreman-dev-intake"


def test_the_function_takes_events_records_jobs_and_starts_them(intake: Outcome) -> None:
    allowed = intake.allowed("intake-intake-policy")
    assert allowed["TakeMessages"]["Resource"] == [QUEUE]
    assert allowed["UseLedger"]["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem"]
    assert allowed["UseLedger"]["Resource"] == [_given.LEDGER]
    assert allowed["StartJobs"]["Action"] == ["states:StartExecution"]
    assert allowed["StartJobs"]["Resource"] == [_given.MACHINE]
    actions = {action for statement in allowed.values() for action in statement["Action"]}
    assert not any(action.startswith("s3:") for action in actions)


def test_the_topic_is_encrypted_and_lets_alarms_of_this_account_speak(intake: Outcome) -> None:
    assert intake.one("sns.Topic", "intake-notices").inputs["kmsMasterKeyId"] == _given.KEY
    deny, alarms = intake.one("sns.TopicPolicy", "intake-notices-policy").policy()
    assert deny["Effect"] == "Deny"
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Resource"] == TOPIC
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": _pulumi.ACCOUNT}}


def test_nobody_is_mailed_unless_an_address_is_given(intake: Outcome) -> None:
    assert intake.of("sns.TopicSubscription") == []
    (mail,) = declared(notify_email="ops@example.org").of("sns.TopicSubscription")
    assert mail.inputs == {"topic": TOPIC, "protocol": "email", "endpoint": "ops@example.org"}


@pytest.mark.parametrize(
    ("name", "queue", "metric", "threshold"),
    [
        ("intake-lost-events", "intake-dead-letters-1a2b3c4", "ApproximateNumberOfMessagesVisible", 0),
        ("intake-late-events", "intake-events-1a2b3c4", "ApproximateAgeOfOldestMessage", 900),
    ],
)
def test_an_alarm_speaks_of_events_that_are_lost_or_late(
    intake: Outcome, name: str, queue: str, metric: str, threshold: int
) -> None:
    alarm = intake.one("cloudwatch.MetricAlarm", name)
    assert alarm.inputs["namespace"] == "AWS/SQS"
    assert alarm.inputs["metricName"] == metric
    assert alarm.inputs["dimensions"] == {"QueueName": queue}
    assert alarm.inputs["threshold"] == threshold
    assert alarm.inputs["comparisonOperator"] == "GreaterThanThreshold"
    assert alarm.inputs["alarmActions"] == [TOPIC]
    assert alarm.inputs["okActions"] == [TOPIC]
