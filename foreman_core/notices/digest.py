"""Digests: what many notices say, in one."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

import cattrs
import structlog

from foreman_core.errors import Unavailable
from foreman_core.models import Counts
from foreman_core.notices.deliveries import Deliveries
from foreman_core.notices.message import OUTCOMES
from foreman_core.notices.subscriptions import Digest, Span, Subscription, Subscriptions

LISTED: Final = 100
"""Jobs that a digest names; it counts all of them. So a digest fits into one message of SQS."""


def send_digests(subscriptions: Subscriptions, deliveries: Deliveries, every: Digest) -> int:
    """Send the digests of the subscriptions that want one so often; how many went out.

    A digest is made up before it goes out, and forgotten after that: what was broken off in between goes out
    the next time, under the id that it had. One that fails keeps no other back: it is logged, and Unavailable
    tells at the end how many failed.
    """
    log = structlog.get_logger()
    count = failed = 0
    for subscription in subscriptions.all():
        if subscription.digest != every:
            continue
        try:
            subscriptions.seal(subscription)
            for span in subscriptions.sealed(subscription):
                entries = subscriptions.entries(subscription, span)
                told = digest(subscription, span, entries, at=subscriptions.now())
                deliveries.send([subscription.id], told)
                subscriptions.sent(subscription, span)
                count += 1
        except Exception:  # whatever it is, the others have their digests
            log.exception("digest_failed", subscription=subscription.id)
            failed += 1
    if failed:
        raise Unavailable("digests-failed", f"The digests of {failed} subscriptions did not go out.")
    return count


def digest(
    subscription: Subscription, span: Span, entries: Iterable[Mapping[str, Any]], *, at: str
) -> dict[str, Any]:
    """The document of a digest: jobs per state and outcome, sums of rows, issues, the last jobs by name.

    Of the entries, no more than these last ones are in memory.
    """
    counts = Counter[str](cattrs.unstructure(Counts()))
    issues, reasons, outcomes, states = (Counter[str]() for _ in range(4))
    latest = deque[Mapping[str, Any]](maxlen=LISTED)
    first = last = at
    for number, entry in enumerate(entries):
        first, last = entry["timestamp"] if number == 0 else first, entry["timestamp"]
        each = entry["data"]
        counts.update(each["counts"])
        issues.update(each["issues_by_code"])
        outcomes[each["outcome"]] += 1
        states[each["state"]] += 1
        if each["reason"] is not None:
            reasons[each["reason"]] += 1
        latest.append(each)
    return {
        "id": f"digest-{subscription.id}-{span.first}-{span.last}",
        "type": "digest",
        "timestamp": at,
        "data": {
            "customer": subscription.customer,
            "from": first,
            "to": last,
            "jobs": states.total(),
            "outcomes": {outcome: outcomes[outcome] for outcome in OUTCOMES},
            "states": dict(states),
            "counts": dict(counts),
            "issues_by_code": dict(issues),
            "reasons": dict(reasons),
            "latest": [
                {name: each[name] for name in ("job_id", "state", "outcome", "customer", "file", "counts")}
                for each in latest
            ],
        },
    }
