"""Queues and topics."""

from typing import Final

from local.aws import Aws, autoname
from local.resources.created import Created, Inputs, without_tls_statements

_QUEUE_ATTRIBUTES: Final = {
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "redrivePolicy": "RedrivePolicy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
}


def queue(aws: Aws, name: str, given: Inputs) -> Created:
    """A queue."""
    sqs = aws.client("sqs")
    physical = given.get("name") or autoname(name)
    attributes = {
        theirs: str(given[ours]) for ours, theirs in _QUEUE_ATTRIBUTES.items() if given.get(ours) is not None
    }
    url = sqs.create_queue(QueueName=physical, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    local_url = f"{aws.endpoint}/{aws.account}/{physical}"
    return Created(local_url, {"arn": arn, "url": local_url, "name": physical})


def queue_policy(aws: Aws, _name: str, given: Inputs) -> Created:
    """Who may do what with a queue."""
    document, note = without_tls_statements(given["policy"])
    if document is not None:
        aws.client("sqs").set_queue_attributes(QueueUrl=given["queueUrl"], Attributes={"Policy": document})
    return Created(given["queueUrl"], note=note)


def topic(aws: Aws, name: str, given: Inputs) -> Created:
    """A topic."""
    physical = given.get("name") or autoname(name)
    attributes = {"KmsMasterKeyId": given["kmsMasterKeyId"]} if given.get("kmsMasterKeyId") else {}
    arn = aws.client("sns").create_topic(Name=physical, Attributes=attributes)["TopicArn"]
    return Created(arn, {"arn": arn, "name": physical})


def topic_policy(aws: Aws, _name: str, given: Inputs) -> Created:
    """Who may publish."""
    document, note = without_tls_statements(given["policy"])
    if document is not None:
        aws.client("sns").set_topic_attributes(
            TopicArn=given["arn"], AttributeName="Policy", AttributeValue=document
        )
    return Created(given["arn"], note=note)


def subscription(aws: Aws, _name: str, given: Inputs) -> Created:
    """Who is told."""
    attributes = {"RawMessageDelivery": str(bool(given.get("rawMessageDelivery"))).lower()}
    for ours, theirs in (("filterPolicy", "FilterPolicy"), ("redrivePolicy", "RedrivePolicy")):
        if given.get(ours):
            attributes[theirs] = given[ours]
    arn = aws.client("sns").subscribe(
        TopicArn=given["topic"],
        Protocol=given["protocol"],
        Endpoint=given["endpoint"],
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    note = "stored; the emulator sends no mail for topics" if given["protocol"] == "email" else ""
    return Created(arn, {"arn": arn}, note=note)
