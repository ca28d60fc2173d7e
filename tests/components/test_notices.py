import json

import pytest

from components.notices import DELIVER_BATCH, OUTCOMES, SECRETS, TIMEOUT_S, Notices
from foreman_core.notices import message, webhook
from tests import _pulumi
from tests._pulumi import Outcome
from tests.components import _given

PREFIX = f"{_pulumi.REGION}:{_pulumi.ACCOUNT}"
EVENTS = f"arn:aws:sqs:{PREFIX}:notices-events-1a2b3c4"
DELIVERIES = f"arn:aws:sqs:{PREFIX}:notices-deliveries-1a2b3c4"
DEAD_LETTERS = f"arn:aws:sqs:{PREFIX}:notices-events-dead-letters-1a2b3c4"


def declared(**changed: object) -> Outcome:
    return _pulumi.run(lambda: Notices("notices", _given.notices(**changed)))


@pytest.fixture(scope="module")
def notices() -> Outcome:
    return declared()


def test_the_outcomes_are_those_of_the_runtime_library() -> None:
    assert OUTCOMES == message.OUTCOMES


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_outcome_has_a_topic_that_is_encrypted_and_answers_over_tls_only(
    notices: Outcome, outcome: str
) -> None:
    assert notices.one("sns.Topic", f"notices-{outcome}").inputs["kmsMasterKeyId"] == _given.KEY
    (deny,) = notices.one("sns.TopicPolicy", f"notices-{outcome}-policy").policy()
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_only_notices_with_an_outcome_and_no_alarms_come_into_the_queue(notices: Outcome) -> None:
    subscription = notices.one("sns.TopicSubscription", "notices-events-subscription").inputs
    assert (subscription["topic"], subscription["endpoint"]) == (_given.TOPIC, EVENTS)
    assert json.loads(subscription["filterPolicy"]) == {"outcome": ["success", "partial", "failure"]}
    assert subscription["rawMessageDelivery"] is True


def test_what_the_topic_cannot_pass_on_is_a_dead_letter(notices: Outcome) -> None:
    subscription = notices.one("sns.TopicSubscription", "notices-events-subscription").inputs
    assert json.loads(subscription["redrivePolicy"]) == {"deadLetterTargetArn": DEAD_LETTERS}


@pytest.mark.parametrize(("name", "arn"), [("events", EVENTS), ("events-dead-letters", DEAD_LETTERS)])
def test_only_this_topic_may_fill_the_queue(notices: Outcome, name: str, arn: str) -> None:
    deny, allow = notices.one("sqs.QueuePolicy", f"notices-{name}-policy").policy()
    assert deny["Effect"] == "Deny"
    assert (allow["Principal"], allow["Action"]) == ({"Service": "sns.amazonaws.com"}, "sqs:SendMessage")
    assert allow["Resource"] == arn
    assert allow["Condition"] == {
        "ArnEquals": {"aws:SourceArn": _given.TOPIC},
        "StringEquals": {"aws:SourceAccount": _pulumi.ACCOUNT},
    }


@pytest.mark.parametrize(("name", "times"), [("notices-events", 5), ("notices-deliveries", 7)])
def test_what_fails_as_often_as_it_may_is_a_dead_letter(notices: Outcome, name: str, times: int) -> None:
    queue = notices.one("sqs.Queue", name).inputs
    assert json.loads(queue["redrivePolicy"]) == {
        "deadLetterTargetArn": DEAD_LETTERS.replace("notices-events", name),
        "maxReceiveCount": times,
    }
    assert queue["visibilityTimeoutSeconds"] >= 6 * TIMEOUT_S


@pytest.mark.parametrize(
    "name",
    [
        "notices-events",
        "notices-deliveries",
        "notices-events-dead-letters",
        "notices-deliveries-dead-letters",
    ],
)
def test_a_queue_is_encrypted_and_answers_over_tls_only(notices: Outcome, name: str) -> None:
    assert notices.one("sqs.Queue", name).inputs["kmsMasterKeyId"] == _given.KEY
    deny = notices.one("sqs.QueuePolicy", f"{name}-policy").policy()[0]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_a_batch_of_webhooks_that_all_time_out_ends_within_the_functions_time() -> None:
    assert DELIVER_BATCH * webhook.TOTAL_S < TIMEOUT_S


@pytest.mark.parametrize("name", ["notices-events-consumer", "notices-deliveries-consumer"])
def test_one_bad_message_does_not_hold_the_others_back(notices: Outcome, name: str) -> None:
    mapping = notices.one("lambda.EventSourceMapping", name).inputs
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]


def test_only_delivering_opens_secrets_and_only_the_api_seals_them(notices: Outcome) -> None:
    assert {"StringEquals": {"kms:EncryptionContext:purpose": webhook.PURPOSE}} == SECRETS
    found = {
        (role, action)
        for role in ("announce", "deliver", "digest", "subscriptions")
        for statement in notices.allowed(f"notices-{role}-policy").values()
        if statement.get("Condition") == SECRETS
        for action in statement["Action"]
    }
    assert found == {("deliver", "kms:Decrypt"), ("subscriptions", "kms:Encrypt")}


@pytest.mark.parametrize("role", ["announce", "deliver", "digest", "subscriptions"])
def test_a_function_sees_nothing_of_the_ledger_but_subscriptions_and_notices(
    notices: Outcome, role: str
) -> None:
    use = notices.allowed(f"notices-{role}-policy")["UseLedger"]
    assert use["Resource"] == [_given.LEDGER]
    assert use["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["SUBSCRIPTIONS", "SUBSCRIPTION#*", "NOTICE#*"]}
    }


def test_mail_comes_from_the_sender_alone_over_tls(notices: Outcome) -> None:
    rules = notices.one("sesv2.ConfigurationSet", "notices-mail").inputs
    assert rules["deliveryOptions"] == {"tlsPolicy": "REQUIRE"}
    assert rules["suppressionOptions"] == {"suppressedReasons": ["BOUNCE", "COMPLAINT"]}
    identity = notices.one("sesv2.EmailIdentity", "notices-sender").inputs
    assert (identity["emailIdentity"], identity["configurationSetName"]) == (
        "mail.example.org",
        "foreman-dev",
    )
    send = notices.allowed("notices-deliver-policy")["SendMail"]
    assert send["Action"] == ["ses:SendEmail"]
    assert send["Resource"] == [
        f"arn:aws:ses:{PREFIX}:identity/mail.example.org",
        f"arn:aws:ses:{PREFIX}:configuration-set/foreman-dev",
    ]
    assert send["Condition"] == {"StringEquals": {"ses:FromAddress": "foreman@mail.example.org"}}


def test_without_a_sender_there_is_no_mail() -> None:
    without = declared(mail_from=None)
    assert not [resource for resource in without.resources if "sesv2" in resource.type]
    assert "SendMail" not in without.allowed("notices-deliver-policy")
    function = without.one("lambda.Function", "notices-deliver-function")
    sending = json.loads(function.inputs["environment"]["variables"]["SENDING"])
    assert sending == {"networks": [], "retry_s": 60}


def test_digests_are_made_every_hour_and_at_an_hour_of_the_day() -> None:
    notices = declared(digest_hour=17)
    when = {
        json.loads(schedule.inputs["target"]["input"])["every"]: schedule.inputs["scheduleExpression"]
        for schedule in notices.of("scheduler.Schedule")
    }
    assert when == {"hourly": "cron(0 * * * ? *)", "daily": "cron(0 17 * * ? *)"}
    # a schedule whose role cannot open what it gives calls nobody
    assert notices.allowed("notices-digest-schedule-policy")["OpenWhatIsGiven"]["Action"] == ["kms:Decrypt"]


@pytest.mark.parametrize(
    ("name", "queue", "metric"),
    [
        (
            "notices-undelivered",
            "notices-deliveries-dead-letters-1a2b3c4",
            "ApproximateNumberOfMessagesVisible",
        ),
        ("notices-unannounced", "notices-events-dead-letters-1a2b3c4", "ApproximateNumberOfMessagesVisible"),
        ("notices-late", "notices-events-1a2b3c4", "ApproximateAgeOfOldestMessage"),
        ("notices-late-deliveries", "notices-deliveries-1a2b3c4", "ApproximateNumberOfMessagesVisible"),
    ],
)
def test_an_alarm_speaks_of_notices_that_are_lost_or_late(
    notices: Outcome, name: str, queue: str, metric: str
) -> None:
    alarm = notices.one("cloudwatch.MetricAlarm", name).inputs
    assert (alarm["metricName"], alarm["dimensions"]) == (metric, {"QueueName": queue})
    assert alarm["alarmActions"] == [_given.TOPIC]


def test_deliveries_are_late_when_nobody_takes_them_for_a_quarter_of_an_hour(notices: Outcome) -> None:
    alarm = notices.one("cloudwatch.MetricAlarm", "notices-late-deliveries").inputs
    assert (alarm["period"], alarm["evaluationPeriods"], alarm["threshold"]) == (60, 15, 0)


@pytest.mark.parametrize(
    ("name", "metric", "rate"),
    [
        ("notices-bounces", "Reputation.BounceRate", 0.05),
        ("notices-complaints", "Reputation.ComplaintRate", 0.001),
    ],
)
def test_an_alarm_speaks_before_ses_stops_mail(notices: Outcome, name: str, metric: str, rate: float) -> None:
    alarm = notices.one("cloudwatch.MetricAlarm", name).inputs
    assert (alarm["namespace"], alarm["metricName"], alarm["threshold"]) == ("AWS/SES", metric, rate)
    assert not alarm.get("dimensions")


def test_a_stack_without_mail_has_no_alarm_on_it() -> None:
    named = {alarm.name for alarm in declared(mail_from=None).of("cloudwatch.MetricAlarm")}
    assert not named & {"notices-bounces", "notices-complaints"}
