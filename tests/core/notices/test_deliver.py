"""Subscriptions in a real table: once to each, digests without gaps and repeats."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from structlog.testing import capture_logs

from foreman_core.errors import Refused, Unavailable
from foreman_core.models import JobState
from foreman_core.notices.deliver import announce, deliver
from foreman_core.notices.deliveries import Deliveries
from foreman_core.notices.digest import send_digests
from foreman_core.notices.manage import Manager
from foreman_core.notices.message import document
from foreman_core.notices.subscriptions import Subscription, Subscriptions
from foreman_core.notices.topic import OutcomeTopics
from foreman_core.notices.webhook import Secrets, Undelivered
from local.aws import Aws
from tests.core.notices._given import AT, a_job

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient


class Queue:
    """An SQS client that keeps what was sent: to which subscription, and what."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        self.breaks = frozenset[str]()
        client: Any = self
        self.deliveries = Deliveries(client, "queue")

    def send_message_batch(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - as SQS has it
        Entries: Sequence[Mapping[str, str]],  # noqa: N803
    ) -> Mapping[str, Any]:
        assert QueueUrl == "queue"
        for entry in Entries:
            body = orjson.loads(entry["MessageBody"])
            if body["subscription"] in self.breaks:
                raise OSError("broken off")
            self.sent.append((body["subscription"], body["document"]))
        return {}


class Topics(OutcomeTopics):
    """The outcomes that were told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def send(self, told: Mapping[str, Any]) -> None:
        self.told.append(told["data"]["outcome"])


class Way:
    """Sends nothing; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.sent: list[tuple[str, str]] = []
        self.failures = failures

    def __call__(self, subscription: Subscription, told: Mapping[str, Any]) -> None:
        if self.failures:
            self.failures -= 1
            raise Undelivered("it answered HTTP 503")
        self.sent.append((subscription.id, told["id"]))


@pytest.fixture
def subscriptions(dynamodb: "DynamoDBClient", ledger_table: str) -> Subscriptions:
    return Subscriptions(dynamodb, ledger_table, keep=timedelta(days=30))


def subscribed(subscriptions: Subscriptions, name: str, **changed: Any) -> Subscription:  # noqa: ANN401
    made = Subscription(id=name, channel="mail", address=f"{name}@example.org", created_at=AT, **changed)
    subscriptions.put(made)
    return made


def told(number: int, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    return document(a_job(id=f"job-{number}", **changed))


def test_a_notice_goes_to_those_whose_customer_and_outcome_it_is(subscriptions: Subscriptions) -> None:
    subscribed(subscriptions, "all")
    subscribed(subscriptions, "acme", customer="acme")
    subscribed(subscriptions, "other", customer="other")
    subscribed(subscriptions, "failures", on=("failure",))
    queue, topics = Queue(), Topics()
    announce(subscriptions, queue.deliveries, topics, told(1))
    announce(subscriptions, queue.deliveries, topics, told(2, state=JobState.FAILED))
    assert [(to, what["data"]["job_id"]) for to, what in queue.sent] == [
        ("acme", "job-1"),
        ("all", "job-1"),
        ("acme", "job-2"),
        ("all", "job-2"),
        ("failures", "job-2"),
    ]
    assert topics.told == ["partial", "failure"]


def test_a_notice_that_comes_again_is_on_its_topic_once_and_delivered_once(
    subscriptions: Subscriptions,
) -> None:
    subscribed(subscriptions, "s")
    queue, topics, way = Queue(), Topics(), Way()
    for _ in range(2):
        announce(subscriptions, queue.deliveries, topics, told(1))
    done = [
        deliver(subscriptions, way, subscription_id=to, told=what, attempt=1) for to, what in queue.sent * 2
    ]
    assert (topics.told, way.sent) == (["partial"], [("s", "job-1-1")])
    assert done == [True, False, False, False]


def test_a_second_end_of_the_same_job_is_another_notice(subscriptions: Subscriptions) -> None:
    subscribed(subscriptions, "s")
    way, job = Way(), a_job()
    again = a_job(timeline=job.timeline * 2)
    for what in (document(job), document(again)):
        assert deliver(subscriptions, way, subscription_id="s", told=what, attempt=1)
    assert way.sent == [("s", "job-1-1"), ("s", "job-1-2")]


def test_what_did_not_get_through_shows_until_something_does(subscriptions: Subscriptions) -> None:
    subscribed(subscriptions, "s")
    way = Way(failures=1)
    with pytest.raises(Undelivered):
        deliver(subscriptions, way, subscription_id="s", told=told(1), attempt=3)
    failure = subscriptions.one("s").failure
    assert failure is not None
    assert (failure.what, failure.attempt) == ("it answered HTTP 503", 3)
    deliver(subscriptions, way, subscription_id="s", told=told(1), attempt=4)
    assert subscriptions.one("s").failure is None
    assert subscriptions.one("s").delivered_at is not None


def test_who_has_been_removed_gets_nothing_more(subscriptions: Subscriptions) -> None:
    subscription = subscribed(subscriptions, "s", digest="daily")
    subscriptions.collect(subscription, told(1))
    subscriptions.remove("s")
    way, queue = Way(), Queue()
    assert not deliver(subscriptions, way, subscription_id="s", told=told(1), attempt=1)
    subscriptions.delivered(subscription)  # a delivery that was under way brings nothing back
    assert list(subscriptions.all()) == []
    assert send_digests(subscriptions, queue.deliveries, "daily") == 0
    assert way.sent == []
    with pytest.raises(Refused) as refused:
        subscriptions.remove("s")
    assert refused.value.code == "not-found"


def jobs_of(queue: Queue) -> list[list[str]]:
    return [[job["job_id"] for job in what["data"]["latest"]] for _, what in queue.sent]


def test_every_job_is_in_exactly_one_digest(subscriptions: Subscriptions) -> None:
    subscribed(subscriptions, "s", digest="hourly")
    queue, topics = Queue(), Topics()
    announce(subscriptions, queue.deliveries, topics, told(1))
    announce(subscriptions, queue.deliveries, topics, told(2))
    announce(subscriptions, queue.deliveries, topics, told(1))
    assert send_digests(subscriptions, queue.deliveries, "daily") == 0
    assert send_digests(subscriptions, queue.deliveries, "hourly") == 1
    announce(subscriptions, queue.deliveries, topics, told(2))
    assert send_digests(subscriptions, queue.deliveries, "hourly") == 0
    announce(subscriptions, queue.deliveries, topics, told(3))
    assert send_digests(subscriptions, queue.deliveries, "hourly") == 1
    assert jobs_of(queue) == [["job-1", "job-2"], ["job-3"]]


def test_a_digest_that_was_broken_off_goes_out_the_next_time_as_it_was(subscriptions: Subscriptions) -> None:
    subscribed(subscriptions, "s", digest="hourly")
    queue, topics = Queue(), Topics()
    announce(subscriptions, queue.deliveries, topics, told(1))
    queue.breaks = frozenset("s")
    with pytest.raises(Unavailable, match="of 1 subscriptions did not go out"):
        send_digests(subscriptions, queue.deliveries, "hourly")
    queue.breaks = frozenset()
    announce(subscriptions, queue.deliveries, topics, told(2))
    assert send_digests(subscriptions, queue.deliveries, "hourly") == 2
    assert jobs_of(queue) == [["job-1"], ["job-2"]]
    assert [what["id"] for _, what in queue.sent] == ["digest-s-1-1", "digest-s-2-2"]


def test_a_digest_that_fails_keeps_no_other_back(subscriptions: Subscriptions) -> None:
    for name in ("a", "b", "c"):
        subscribed(subscriptions, name, digest="hourly")
    queue = Queue()
    announce(subscriptions, queue.deliveries, Topics(), told(1))
    queue.breaks = frozenset("b")
    with capture_logs() as logged, pytest.raises(Unavailable, match="of 1 subscriptions did not go out"):
        send_digests(subscriptions, queue.deliveries, "hourly")
    assert [to for to, _ in queue.sent] == ["a", "c"]
    (failure,) = (line for line in logged if line["event"] == "digest_failed")
    assert failure["subscription"] == "b"


def test_two_that_make_digests_up_at_once_make_one(subscriptions: Subscriptions) -> None:
    subscription = subscribed(subscriptions, "s", digest="hourly")
    subscriptions.collect(subscription, told(1))
    seen = subscriptions.one("s")
    subscriptions.seal(seen)
    subscriptions.seal(seen)
    assert [(span.first, span.last) for span in subscriptions.sealed(seen)] == [(1, 1)]


def test_entries_that_saw_the_same_subscription_get_numbers_of_their_own(
    subscriptions: Subscriptions,
) -> None:
    stale = subscribed(subscriptions, "s", digest="hourly")
    for number in (1, 2, 3):
        subscriptions.collect(stale, told(number))
    queue = Queue()
    send_digests(subscriptions, queue.deliveries, "hourly")
    assert jobs_of(queue) == [["job-1", "job-2", "job-3"]]


def test_a_digest_sums_up(subscriptions: Subscriptions) -> None:
    subscribed(subscriptions, "s", digest="daily")
    queue = Queue()
    announce(subscriptions, queue.deliveries, Topics(), told(1))
    announce(subscriptions, queue.deliveries, Topics(), told(2, state=JobState.FAILED))
    send_digests(subscriptions, queue.deliveries, "daily")
    ((_, what),) = queue.sent
    data = what["data"]
    assert (data["jobs"], data["outcomes"]) == (2, {"success": 0, "partial": 1, "failure": 1})
    assert data["states"] == {"partially_succeeded": 1, "failed": 1}
    assert (data["counts"]["read"], data["counts"]["rejected"]) == (8, 2)
    assert data["issues_by_code"] == {"format": 2, "required": 6, "type": 2}


@pytest.fixture
def manager(subscriptions: Subscriptions, kms: "KMSClient") -> Manager:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    secrets = Secrets(kms, key)
    return Manager(
        subscriptions=subscriptions,
        deliveries=Queue().deliveries,
        secrets=secrets,
        mails=False,
        allowed=(),
        resolve=lambda _host, _port: [ip_address("93.184.215.14")],
    )


def test_the_secret_of_a_webhook_is_shown_once_and_kept_as_ciphertext_bound_to_it(
    manager: Manager, aws: Aws, ledger_table: str
) -> None:
    added = manager.add({"channel": "webhook", "address": "https://hooks.example/a"})
    secret = added["secret"]
    assert secret.startswith("whsec_")
    assert [each["secret"] for each in manager.list()] == [None]
    stored = orjson.dumps(aws.client("dynamodb").scan(TableName=ledger_table)["Items"]).decode()
    assert secret not in stored
    assert secret.removeprefix("whsec_") not in stored
    sealed = manager.subscriptions.one(added["id"]).secret
    assert sealed is not None
    assert manager.secrets.open(added["id"], sealed) == secret
    with pytest.raises(aws.client("kms").exceptions.InvalidCiphertextException):
        manager.secrets.open("another subscription", sealed)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"channel": "mail", "address": "ops@example.org"}, "no-mail"),
        ({"channel": "pigeon", "address": "x"}, "bad-subscription"),
        ({"channel": "webhook", "address": "http://hooks.example/"}, "bad-webhook"),
        ({"channel": "webhook", "address": "https://h.example/", "customer": "a/b"}, "bad-subscription"),
        ({"channel": "webhook", "address": "https://h.example/", "on": ["never"]}, "bad-subscription"),
        ({"channel": "webhook", "address": "https://h.example/", "on": []}, "bad-subscription"),
        ({"channel": "webhook", "address": "https://h.example/", "digest": "yearly"}, "bad-subscription"),
        ({"channel": "webhook", "address": "https://h.example/" + "x" * 3000}, "bad-subscription"),
    ],
)
def test_a_subscription_that_cannot_work_is_refused(
    manager: Manager, given: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        manager.add(given)
    assert refused.value.code == code
    assert manager.list() == []
