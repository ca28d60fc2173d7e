"""Digests: what many notices say, in one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import cattrs

from foreman_core.models import Counts
from foreman_core.notices.deliveries import Deliveries
from foreman_core.notices.message import OUTCOMES
from foreman_core.notices.subscriptions import Digest, Span, Subscription, Subscriptions

LISTED: Final = 100
"""Jobs that a digest names; it counts all of them. So a digest fits into one message of SQS."""


def send_digests(subscriptions: Subscriptions, deliveries: Deliveries, every: Digest) -> int:
    """Send the digests of the subscriptions that want one so often; how many went out.

    A digest is made up before it goes out, and forgotten after that: what was broken off in between goes out
    the next time, under the id that it had.
    """
    count = 0
    for subscription in subscriptions.all():
        if subscription.digest != every:
            continue
        subscriptions.seal(subscription)
        for span in subscriptions.sealed(subscription):
            entries = subscriptions.entries(subscription, span)
            told = digest(subscription, span, entries, at=subscriptions.now())
            deliveries.send(subscription.id, told)
            subscriptions.sent(subscription, span)
            count += 1
    return count


def digest(
    subscription: Subscription, span: Span, entries: Sequence[Mapping[str, Any]], *, at: str
) -> dict[str, Any]:
    """The document of a digest: jobs per state and outcome, sums of rows, issues, the last jobs by name."""
    data = [entry["data"] for entry in entries]
    counts = Counter[str](cattrs.unstructure(Counts()))
    issues = Counter[str]()
    reasons = Counter[str](each["reason"] for each in data if each["reason"] is not None)
    for each in data:
        counts.update(each["counts"])
        issues.update(each["issues_by_code"])
    outcomes = Counter(each["outcome"] for each in data)
    return {
        "id": f"digest-{subscription.id}-{span.first}-{span.last}",
        "type": "digest",
        "timestamp": at,
        "data": {
            "customer": subscription.customer,
            "from": entries[0]["timestamp"] if entries else at,
            "to": entries[-1]["timestamp"] if entries else at,
            "jobs": len(entries),
            "outcomes": {outcome: outcomes[outcome] for outcome in OUTCOMES},
            "states": dict(Counter(each["state"] for each in data)),
            "counts": dict(counts),
            "issues_by_code": dict(issues),
            "reasons": dict(reasons),
            "latest": [
                {name: each[name] for name in ("job_id", "state", "outcome", "customer", "file", "counts")}
                for each in data[-LISTED:]
            ],
        },
    }
