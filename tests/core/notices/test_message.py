"""What a notice says."""

from typing import Any

import orjson
import pytest

from foreman_core.models import UNDER_WAY, Counts, JobState, Reason
from foreman_core.notices import Notices, customer_of, document, subject, text
from foreman_core.notices.message import OUTCOMES
from tests.core.notices._given import AT, JOB, a_job


def test_a_notice_accounts_for_the_rows_and_says_how_to_fetch_the_rejects() -> None:
    assert text(document(JOB)).splitlines() == [
        "File:  june.csv",
        "Job:   job-1",
        "State: partially succeeded",
        "Rows:  4 read = 1 created + 1 unchanged + 1 rejected + 1 blank",
        "Issues: 3 required, 1 format, 1 type",
        "Next:  foreman rejects job-1 -o rejects.csv",
        "       foreman job job-1",
    ]


def test_the_document_for_machines_has_a_fixed_form() -> None:
    told = document(JOB)
    assert {name: value for name, value in told.items() if name != "data"} == {
        "id": "job-1-1",
        "type": "job.partial",
        "timestamp": AT,
    }
    data = told["data"]
    assert data["counts"]["read"] == 4
    assert {name: data[name] for name in ("job_id", "state", "outcome", "customer", "file", "reason")} == {
        "job_id": "job-1",
        "state": "partially_succeeded",
        "outcome": "partial",
        "customer": "acme",
        "file": "june.csv",
        "reason": None,
    }


def test_every_state_that_is_told_has_exactly_one_outcome() -> None:
    told = {
        state: document(a_job(state=state))["data"]["outcome"] for state in JobState if state not in UNDER_WAY
    }
    assert told == {
        JobState.SUCCEEDED: "success",
        JobState.UNDONE: "success",
        JobState.PARTIALLY_SUCCEEDED: "partial",
        JobState.NEEDS_REVIEW: "partial",
        JobState.PLANNED: "partial",
        JobState.FAILED: "failure",
        JobState.CANCELLED: "failure",
    }
    assert set(told.values()) == set(OUTCOMES)


@pytest.mark.parametrize(
    ("key", "customer"),
    [
        ("incoming/acme/june.csv", "acme"),
        ("incoming/acme/2026/june.csv", "acme"),
        ("incoming/june.csv", "default"),
        ("incoming//june.csv", "default"),
        ("submitted/0a1b/june.csv", "default"),
    ],
)
def test_the_first_folder_under_incoming_names_the_customer(key: str, customer: str) -> None:
    assert customer_of(key) == customer


def test_the_notice_of_an_undo_names_the_job_it_undoes_and_what_it_kept() -> None:
    counts = Counts(read=3, accepted=3, deleted=1, kept=1, conflict=1)
    undo = a_job(undoes="job-0", counts=counts, issues_by_code={})
    assert subject(document(undo)) == "Foreman: undo partially succeeded: june.csv"
    assert text(document(undo)).splitlines()[3:] == [
        "Undoes: job-0",
        "Rows:  3 read = 1 deleted + 1 kept + 1 conflict",
        "Next:  foreman job job-1",
    ]
    planned = a_job(undoes="job-0", state=JobState.PLANNED, dry_run=True)
    assert "Next:  foreman undo job-0" in text(document(planned)).splitlines()


def test_a_failure_says_why_by_its_code_and_never_by_the_sentence() -> None:
    reason = Reason(code="empty-file", message="SENTENCE", command="./foreman submit --set SENTENCE")
    failed = document(a_job(state=JobState.FAILED, counts=Counts(), reason=reason))
    assert "Why:   empty file (empty-file)" in text(failed).splitlines()
    assert "SENTENCE" not in text(failed) + orjson.dumps(failed).decode()


def test_a_plan_says_how_to_load_it() -> None:
    assert "Next:  foreman submit --plan job-1" in text(document(a_job(state=JobState.PLANNED)))


@pytest.mark.parametrize("name", ["kündigung.csv", "a\nb.csv", "x" * 300 + ".csv"])
def test_a_subject_is_one_line_of_ascii_below_100_characters(name: str) -> None:
    source = a_job().source
    made = subject(document(a_job(source=type(source)(bucket="b", key="k", version_id="v", name=name))))
    assert made.isascii()
    assert made.isprintable()
    assert len(made) < 100


def test_people_get_text_and_machines_get_json_with_attributes_to_filter_by() -> None:
    sent: list[dict[str, Any]] = []

    class Client:
        def publish(self, **given: Any) -> None:  # noqa: ANN401 - as SNS takes it
            sent.append(given)

    client: Any = Client()
    Notices(client, "the-topic").send(JOB)
    (given,) = sent
    bodies = orjson.loads(given["Message"])
    assert given["MessageStructure"] == "json"
    assert bodies["default"] == text(document(JOB))
    assert {orjson.loads(bodies[protocol])["id"] for protocol in ("sqs", "lambda", "https")} == {"job-1-1"}
    assert {name: value["StringValue"] for name, value in given["MessageAttributes"].items()} == {
        "job_id": "job-1",
        "state": "partially_succeeded",
        "outcome": "partial",
        "customer": "acme",
    }
