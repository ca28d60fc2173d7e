"""The documents that the guide shows are those that are sent."""

import json
import re
from pathlib import Path
from typing import Any

from foreman_core.models import UNDER_WAY, JobState
from foreman_core.notices.digest import digest
from foreman_core.notices.message import OUTCOMES, document
from foreman_core.notices.subscriptions import Span, Subscription
from tests.core.notices._given import AT, JOB, a_job

GUIDE = (Path(__file__).parents[3] / "docs" / "notifications.md").read_text("utf-8")
SHOWN, SHOWN_DIGEST = map(json.loads, re.findall(r"^```json\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))


def keys(told: dict[str, Any]) -> tuple[list[str], ...]:
    data = told["data"]
    return list(told), list(data), list(data["counts"])


def test_the_document_of_a_notice_is_the_one_in_the_guide() -> None:
    assert keys(document(JOB)) == keys(SHOWN)


def test_the_document_of_a_digest_is_the_one_in_the_guide() -> None:
    subscription = Subscription(id="s", channel="mail", address="a@example.org", created_at=AT)
    made = digest(subscription, Span(first=1, last=1), [document(JOB)], at=AT)
    assert keys(made) == keys(SHOWN_DIGEST)
    assert list(made["data"]["latest"][0]) == list(SHOWN_DIGEST["data"]["latest"][0])


def test_the_outcome_of_each_state_is_the_one_in_the_guide() -> None:
    rows = re.findall(r"^\| (`[^|]*) \| `(\w+)`", GUIDE, re.MULTILINE)
    said = {state: outcome for states, outcome in rows for state in re.findall(r"`(\w+)`", states)}
    assert said == {
        state.value: document(a_job(state=state))["data"]["outcome"]
        for state in JobState
        if state not in UNDER_WAY
    }
    assert set(said.values()) == set(OUTCOMES)
