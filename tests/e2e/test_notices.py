"""Notices on their way out of the deployed program: mail to the emulator, webhooks to this process."""

import time
from collections.abc import Generator
from typing import Any

import orjson
import pytest
import requests
from standardwebhooks import Webhook

from tests.core.notices._given import Receiver, receiver
from tests.e2e.client import Client, job_id, wait
from tests.e2e.test_files import customers, unique

ADD = """mutation($input: AddSubscriptionInput!) { addSubscription(input: $input) { id secret } }"""
LIST = "{ subscriptions { id secret delivered_at failure { what attempt } } }"
CANARIES = {
    "first_name": "Canaryfirst",
    "last_name": "Canarylast",
    "email": "canary@secret.example",
    "phone": "+493023125199",
    "postal_code": "99999canary",
}


@pytest.fixture
def server() -> Generator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def customer() -> str:
    return f"customer-{unique()}"


@pytest.fixture
def hook(client: Client, server: Receiver, customer: str) -> Generator[dict[str, Any]]:
    """A webhook of this customer, which ends with the test."""
    added = add(client, channel="webhook", address=server.url, customer=customer)
    yield added
    remove(client, added["id"])


def add(client: Client, **given: object) -> dict[str, Any]:
    return client.data(ADD, input=given)["addSubscription"]


def remove(client: Client, subscription: str) -> None:
    client.data("mutation($id: ID!) { removeSubscription(id: $id) { id } }", id=subscription)


def listed(client: Client, subscription: str) -> dict[str, Any]:
    return next(each for each in client.data(LIST)["subscriptions"] if each["id"] == subscription)


def mails(client: Client, address: str) -> list[dict[str, Any]]:
    answer = requests.get(f"{client.stack.endpoint}/_ministack/ses/messages", timeout=10).json()
    found = [mail for account in answer["messages"].values() for mail in account]
    return [mail for mail in found if address in mail["To"]]


def drop(client: Client, customer: str, body: bytes | None = None) -> dict[str, Any]:
    body = customers({"customer_id": unique()}) if body is None else body
    return client.drop(f"{customer}/{unique()}.csv", body)


def test_a_job_is_told_by_mail_and_by_a_signed_webhook_to_its_customer_only(
    client: Client, server: Receiver, hook: dict[str, Any], customer: str
) -> None:
    mail = add(client, channel="mail", address=f"{customer}@example.org", customer=customer)
    other = add(client, channel="mail", address=f"other-{customer}@example.org", customer="other")
    job = drop(client, customer)
    (sent,) = wait(lambda: mails(client, f"{customer}@example.org") or None, "the mail")
    wait(lambda: server.requests or None, "the webhook")
    ((path, said, body),) = server.requests
    told = Webhook(hook["secret"]).verify(body, said)
    assert path == "/hook?a=b"
    assert (told["data"]["job_id"], told["data"]["customer"]) == (job["id"], customer)
    assert (told["type"], said["webhook-id"]) == ("job.success", told["id"])
    assert sent["Source"] == "foreman@example.org"
    assert sent["Subject"] == f"Foreman: succeeded: {job['source']['name']}"
    assert f"foreman job {job['id']}" in sent["BodyText"]
    assert f"foreman job {job['id']}" in sent["BodyHtml"]
    assert mails(client, f"other-{customer}@example.org") == []
    assert listed(client, hook["id"])["delivered_at"] is not None
    assert listed(client, hook["id"])["secret"] is None
    for each in (mail, other):
        remove(client, each["id"])


def test_a_webhook_that_fails_twice_gets_the_notice_in_the_end(
    client: Client, server: Receiver, hook: dict[str, Any], customer: str
) -> None:
    server.statuses = [503, 500, 204]
    drop(client, customer)
    wait(lambda: len(server.requests) == 3 or None, "three attempts")
    wait(lambda: listed(client, hook["id"])["delivered_at"], "the delivery to show")
    assert len({said["webhook-id"] for _, said, _ in server.requests}) == 1
    for _, said, body in server.requests:
        Webhook(hook["secret"]).verify(body, said)
    assert listed(client, hook["id"])["failure"] is None


def dead_letters(client: Client, subscription: str) -> list[dict[str, Any]] | None:
    queue = client.outputs["notices_dead_letter_queue_url"]
    answer = client.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=1)
    bodies = [orjson.loads(message.get("Body", "")) for message in answer.get("Messages", [])]
    return [body for body in bodies if body["subscription"] == subscription] or None


def test_a_webhook_that_never_works_is_a_dead_letter_and_holds_nobody_up(
    client: Client, server: Receiver, hook: dict[str, Any], customer: str
) -> None:
    server.statuses = [500]
    with receiver() as healthy:
        works = add(client, channel="webhook", address=healthy.url, customer=customer)
        job = drop(client, customer)
        wait(lambda: healthy.requests or None, "the webhook that works")
        (letter,) = wait(lambda: dead_letters(client, hook["id"]), "the dead letter")
        assert letter["document"]["data"]["job_id"] == job["id"]
        assert listed(client, hook["id"])["failure"] == {"what": "it answered HTTP 500", "attempt": 5}
        assert len(server.requests) == 5
        assert len(healthy.requests) == 1
        remove(client, works["id"])


@pytest.mark.usefixtures("hook")
def test_a_notice_that_is_delivered_again_is_sent_once(
    client: Client, server: Receiver, customer: str
) -> None:
    address = f"{customer}@example.org"
    mail = add(client, channel="mail", address=address, customer=customer)
    job = drop(client, customer)
    wait(lambda: (server.requests and mails(client, address)) or None, "both")
    ((_, _, body),) = server.requests
    told = orjson.loads(body)
    names = ("job_id", "state", "outcome", "customer")
    client.sns.publish(  # as if the step had been cut off before it could record that the notice is out
        TopicArn=client.outputs["notification_topic_arn"],
        Message=body.decode(),
        MessageAttributes={name: {"DataType": "String", "StringValue": told["data"][name]} for name in names},
    )
    end = drop(client, customer)
    wait(lambda: (len(server.requests) > 1 and len(mails(client, address)) > 1) or None, "the next ones")
    time.sleep(1)
    ids = [said["webhook-id"].rpartition("-")[0] for _, said, _ in server.requests]
    assert ids == [job["id"], end["id"]]
    assert len(mails(client, address)) == 2
    remove(client, mail["id"])


def test_an_end_is_on_the_topic_of_its_outcome_and_on_no_other(client: Client) -> None:
    queues = {outcome: subscribe(client, outcome) for outcome in ("success", "partial", "failure")}
    good = drop(client, "default")
    bad = drop(client, "default", unique().encode())
    found: dict[str, set[str]] = {outcome: set() for outcome in queues}

    def both() -> bool | None:
        for outcome, queue in queues.items():
            for message in client.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get(
                "Messages", []
            ):
                notice = orjson.loads(message.get("Body", ""))
                found[outcome].add(orjson.loads(notice["Message"])["data"]["job_id"])
        return True if good["id"] in found["success"] and bad["id"] in found["failure"] else None

    wait(both, "both on their topics")
    assert not {good["id"], bad["id"]} & found["partial"]
    assert good["id"] not in found["failure"]
    assert bad["id"] not in found["success"]


def subscribe(client: Client, outcome: str) -> str:
    url = client.sqs.create_queue(QueueName=f"tests-{outcome}-{unique()}")["QueueUrl"]
    arn = client.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = orjson.dumps({"Version": "2012-10-17", "Statement": [allow]}).decode()
    client.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    client.sns.subscribe(TopicArn=client.outputs[f"{outcome}_topic_arn"], Protocol="sqs", Endpoint=arn)
    return url


def test_a_digest_tells_of_every_job_once(client: Client, server: Receiver, customer: str) -> None:
    digest = add(client, channel="webhook", address=server.url, customer=customer, digest="hourly")
    jobs = [drop(client, customer)["id"] for _ in range(2)]

    def made() -> bool | None:
        client.functions.invoke(FunctionName="foreman-local-digest", Payload=b'{"every": "hourly"}')
        told = [orjson.loads(body)["data"]["latest"] for _, _, body in server.requests]
        return sum(len(each) for each in told) >= 2 or None

    wait(made, "the digests")
    client.functions.invoke(FunctionName="foreman-local-digest", Payload=b'{"every": "hourly"}')
    time.sleep(1)
    told = [orjson.loads(body) for _, _, body in server.requests]
    assert [job["job_id"] for each in told for job in each["data"]["latest"]] == jobs
    assert {each["type"] for each in told} == {"digest"}
    remove(client, digest["id"])


def test_a_test_arrives(client: Client, server: Receiver, hook: dict[str, Any]) -> None:
    client.data("mutation($id: ID!) { testSubscription(id: $id) { id } }", id=hook["id"])
    wait(lambda: server.requests or None, "the test")
    ((_, said, body),) = server.requests
    assert Webhook(hook["secret"]).verify(body, said)["data"] == {"subscription": hook["id"]}


@pytest.mark.usefixtures("hook")
def test_no_value_of_a_row_is_in_any_message(client: Client, server: Receiver, customer: str) -> None:
    address = f"{customer}@example.org"
    mail = add(client, channel="mail", address=address, customer=customer)
    row = ",".join(CANARIES.values()).encode()
    bodies = [
        customers({"customer_id": unique(), **CANARIES}),
        customers({"customer_id": unique(), **CANARIES, "email": "canary-no-address", "plan": "canary-plan"}),
        row + b"\n" + row + b"\n",  # no header: the first row is taken for one
        customers({"customer_id": unique()}, {"customer_id": unique(), **CANARIES, "country": "canaryland"}),
    ]
    jobs = [drop(client, customer, body) for body in bodies]
    assert {job["state"] for job in jobs} >= {"succeeded", "failed", "partially_succeeded"}
    # the reason of this one quotes a header, which in a file without one would be a row
    asked = customers({"customer_id": unique()}).replace(b"customer_id", b"Kd Nummer alt")
    key = f"incoming/{customer}/{unique()}.csv"
    waiting = job_id(client.outputs["intake_bucket"], key, client.put(key, asked))
    jobs.append(client.job_in(waiting, "needs_review"))
    assert "Kd Nummer alt" in jobs[-1]["reason"]["message"]
    wait(lambda: len(server.requests) >= len(jobs) or None, "the webhooks")
    wait(lambda: len(mails(client, address)) >= len(jobs) or None, "the mails")
    told = [orjson.dumps(client.notices(job["id"])).decode() for job in jobs]
    told += [body.decode() for _, _, body in server.requests]
    told += [orjson.dumps(mail).decode() for mail in mails(client, address)]
    assert len(told) >= 3 * len(jobs)
    for message in told:
        assert "canary" not in message.lower()
        assert "Kd Nummer alt" not in message
        assert CANARIES["phone"] not in message
    remove(client, mail["id"])
