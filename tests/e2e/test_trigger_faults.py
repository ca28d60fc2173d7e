"""What can happen to the event of a file on its way, on the deployed program: one job all the same, or none.

The numbers are those of the table in docs/lost-events.md.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cli import _dead_letters as dead
from cli._target import of_local
from tests.e2e.client import Client, job_id, wait
from tests.e2e.test_files import customers, fates, unique

PARALLEL = 16


def event_of(client: Client, key: str, version_id: str) -> dict[str, Any]:
    """What Lambda hands to the intake function."""
    thing = {"key": key, "versionId": version_id, "sequencer": "00AB", "size": 1}
    record = {
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": client.outputs["intake_bucket"]}, "object": thing},
    }
    return {"Records": [message("m", json.dumps({"Records": [record]}))]}


def message(name: str, body: str) -> dict[str, Any]:
    """A message as Lambda takes it from the queue."""
    return {"messageId": name, "body": body, "attributes": {"ApproximateReceiveCount": "1"}}


def find_lost(client: Client) -> dict[str, Any]:
    """Call the finder as its schedule does, without waiting for events that may be on their way."""
    answer = client.functions.invoke(FunctionName="foreman-local-find_lost", Payload=b'{"grace_s": -5}')
    return json.loads(answer["Payload"].read())


def loaded_once(client: Client, job: str, customer: str) -> None:
    done = client.job_ended(job)
    assert (done["state"], fates(done)["created"]) == ("succeeded", 1)
    record = client.customer(customer)
    assert record is not None
    assert record["_meta"]["version"] == 1
    assert client.executions(job) == ["SUCCEEDED"]
    assert len(client.notices(job)) == 1


@pytest.mark.parametrize("times", [2, 10])
def test_f01_an_event_that_is_delivered_again_changes_nothing(client: Client, times: int) -> None:
    customer, key = unique(), f"incoming/again-{unique()}.csv"
    version = client.put(key, customers({"customer_id": customer}))
    client.announce(key, version, times=times)
    loaded_once(client, job_id(client.outputs["intake_bucket"], key, version), customer)
    client.announce(key, version, times=times)
    client.queue_is_empty()
    loaded_once(client, job_id(client.outputs["intake_bucket"], key, version), customer)


def test_f02_of_many_deliveries_at_once_one_counts(client: Client) -> None:
    customer, key = unique(), f"incoming/at-once-{unique()}.csv"
    with client.no_events():
        version = client.put(key, customers({"customer_id": customer}))
    payload = json.dumps(event_of(client, key, version)).encode()

    def deliver(_: int) -> object:
        answer = client.functions.invoke(FunctionName="foreman-local-intake", Payload=payload)
        return json.loads(answer["Payload"].read())

    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(deliver, range(PARALLEL)))
    assert answers == [{"batchItemFailures": []}] * PARALLEL
    loaded_once(client, job_id(client.outputs["intake_bucket"], key, version), customer)


def test_f03_of_two_versions_whose_events_are_lost_the_later_one_is_loaded(client: Client) -> None:
    customer, key = unique(), f"incoming/versions-{unique()}.csv"
    with client.no_events():
        first = client.put(key, customers({"customer_id": customer, "first_name": "Old"}))
        second = client.put(key, customers({"customer_id": customer, "first_name": "New"}))
    find_lost(client)
    bucket = client.outputs["intake_bucket"]
    older = client.job_ended(job_id(bucket, key, first))
    assert (older["state"], older["reason"]["code"]) == ("cancelled", "superseded")
    assert client.job_ended(job_id(bucket, key, second))["state"] == "succeeded"
    record = client.customer(customer)
    assert record is not None
    assert (record["first_name"], record["_meta"]["version"]) == ("New", 1)


def test_f04_an_event_of_a_version_that_is_gone_ends_with_a_reason(client: Client) -> None:
    key = f"incoming/gone-{unique()}.csv"
    with client.no_events():
        version = client.put(key, customers({"customer_id": unique()}))
    client.s3.delete_object(Bucket=client.outputs["intake_bucket"], Key=key, VersionId=version)
    client.announce(key, version)
    job = client.ended(key, version)
    assert (job["state"], job["reason"]["code"]) == ("failed", "object-gone")


def test_f05_a_file_whose_event_was_lost_is_found(client: Client) -> None:
    customer, key = unique(), f"incoming/lost-{unique()}.csv"
    with client.no_events():
        version = client.put(key, customers({"customer_id": customer}))
    job = job_id(client.outputs["intake_bucket"], key, version)
    assert job in find_lost(client)["jobs"]
    loaded_once(client, job, customer)
    assert job not in find_lost(client)["jobs"]


def test_f06_noise_is_passed_over_and_an_empty_file_is_told(client: Client) -> None:
    bucket, queue = client.outputs["intake_bucket"], client.outputs["intake_queue_url"]
    removed = event_of(client, f"incoming/{unique()}.csv", "v")["Records"][0]["body"]
    removed = removed.replace("ObjectCreated:Put", "ObjectRemoved:Delete")
    elsewhere = event_of(client, f"jobs/{unique()}.csv", "v")["Records"][0]["body"]
    for body in ('{"Service": "Amazon S3", "Event": "s3:TestEvent"}', removed, elsewhere):
        client.sqs.send_message(QueueUrl=queue, MessageBody=body)
    folder = client.put(f"incoming/{unique()}/", b"")
    client.queue_is_empty()
    letters = client.sqs.get_queue_attributes(
        QueueUrl=client.outputs["dead_letter_queue_url"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert letters["Attributes"]["ApproximateNumberOfMessages"] == "0"
    assert folder not in json.dumps(find_lost(client))
    key = f"incoming/{unique()}.csv"
    empty = client.ended(key, client.put(key, b""))
    assert (empty["state"], empty["reason"]["code"]) == ("failed", "empty-file")
    assert bucket


@pytest.mark.parametrize(
    "name",
    ["with space", "plus+sign", "100%25", "äöü 東京 🚲", "quote'\"", "a&b=c;d,e", "k" * 900],
    ids=lambda name: name[:8],
)
def test_f07_a_file_of_any_name_is_loaded_and_keeps_it(client: Client, name: str) -> None:
    key = f"incoming/{unique()}-{name}.csv"
    job = client.ended(key, client.put(key, customers({"customer_id": unique()})))
    assert (job["state"], job["source"]["key"]) == ("succeeded", key)


def test_a_poisonous_message_fails_alone_and_the_others_of_its_batch_are_loaded(client: Client) -> None:
    """F37: nine good messages, and one that is no document, in their midst."""
    customers_of = {f"incoming/good-{unique()}.csv": unique() for _ in range(9)}
    with client.no_events():
        versions = {
            key: client.put(key, customers({"customer_id": customers_of[key]})) for key in customers_of
        }
    bodies = [event_of(client, *each)["Records"][0]["body"] for each in versions.items()]
    batch = [message(str(number), body) for number, body in enumerate(bodies)]
    batch.insert(4, message("poison", '{"Records": [{"eventName": "ObjectCreated:Put"'))
    payload = json.dumps({"Records": batch}).encode()
    answer = client.functions.invoke(FunctionName="foreman-local-intake", Payload=payload)
    assert json.loads(answer["Payload"].read()) == {"batchItemFailures": [{"itemIdentifier": "poison"}]}
    for key, version in versions.items():
        loaded_once(client, job_id(client.outputs["intake_bucket"], key, version), customers_of[key])


def test_a_dead_letter_finds_back(client: Client) -> None:
    """F38: the emulator waits for a message's visibility time-out, so this one is put there by hand."""
    customer, key = unique(), f"incoming/letter-{unique()}.csv"
    with client.no_events():
        version = client.put(key, customers({"customer_id": customer}))
    body = event_of(client, key, version)["Records"][0]["body"]
    client.sqs.send_message(QueueUrl=client.outputs["dead_letter_queue_url"], MessageBody=body)
    target = of_local(client.stack)
    intake = dead.queues(target)["intake"]
    found = wait(lambda: list(dead.letters(client.sqs, intake)) or None, "the letter")
    (letter,) = [each for each in found if key in each.about]
    dead.send_back(client.sqs, intake, letter)
    loaded_once(client, job_id(client.outputs["intake_bucket"], key, version), customer)
