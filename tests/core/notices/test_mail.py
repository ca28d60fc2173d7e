"""Mail: what it looks like is judged by eye, what it holds here."""

import re
from html.parser import HTMLParser

import pytest

from foreman_core.models import Counts, JobState, Reason, Source
from foreman_core.notices.digest import digest
from foreman_core.notices.mail import mail
from foreman_core.notices.message import document
from foreman_core.notices.subscriptions import Span, Subscription
from tests.core.notices._given import AT, JOB, a_job

WEB = "https://app.example.org/"
HOSTILE = '<script>alert("x")</script>\r\nBcc: all@example.org.csv'


def texts(html: str) -> str:
    """What a reader sees, without the style."""
    seen: list[str] = []

    class Reader(HTMLParser):
        skipped = False

        def handle_starttag(self, tag: str, attrs: object) -> None:
            del attrs
            self.skipped = tag in {"style", "title"}

        def handle_endtag(self, tag: str) -> None:
            del tag
            self.skipped = False

        def handle_data(self, data: str) -> None:
            if not self.skipped:
                seen.append(data)

    Reader().feed(html)
    return " ".join(" ".join(seen).split())


def test_both_bodies_have_the_account_the_reasons_and_the_commands() -> None:
    made = mail(document(JOB), "s")
    for body in (re.sub(r"\s+", " ", made.text), texts(made.html)):
        assert "june.csv" in body
        for command in ("foreman rejects job-1 -o rejects.csv", "foreman job job-1"):
            assert command in body
    assert "created 1 unchanged 1 rejected 1 blank 1 rows read 4" in texts(made.html)
    assert "required 3 format 1 type 1" in texts(made.html)
    assert re.search(r"^ +4  rows read$", made.text, re.MULTILINE)
    for body in (made.text, texts(made.html)):
        assert "foreman subscriptions remove s" in body
    assert made.subject == "Foreman: partially succeeded: june.csv"


def test_there_is_a_link_where_the_address_of_the_web_page_is_known() -> None:
    link = "https://app.example.org/jobs/job-1"
    made = mail(document(JOB), "s", WEB)
    assert link in made.text
    assert re.findall(r'href="([^"]*)"', made.html) == [link]
    assert "href" not in mail(document(JOB), "s").html


def test_a_name_is_never_markup_and_never_a_header() -> None:
    source = Source(bucket="b", key="incoming/a.csv", version_id="v", name=HOSTILE)
    made = mail(document(a_job(source=source)), "s")
    assert "<script>" not in made.html
    assert "&lt;script&gt;" in made.html
    assert "\n" not in made.subject
    assert "\r" not in made.subject + made.text


def test_nothing_is_loaded_from_elsewhere() -> None:
    html = mail(document(JOB), "s", WEB).html
    assert not re.search(r"<(img|link|script|iframe)|url\(|@import", html)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.NEEDS_REVIEW, JobState.CANCELLED])
def test_a_reason_is_its_code_and_not_its_sentence(state: JobState) -> None:
    reason = Reason(code="unmapped-required-field", message="SENTENCE", command="SENTENCE")
    made = mail(document(a_job(state=state, counts=Counts(), issues_by_code={}, reason=reason)), "s")
    assert "unmapped-required-field" in made.text
    assert "unmapped-required-field" in made.html
    assert "SENTENCE" not in made.text + made.html + made.subject


def test_a_digest_counts_jobs_and_rows_and_names_the_files() -> None:
    subscription = Subscription(id="s", channel="mail", address="a@example.org", created_at=AT)
    entries = [document(JOB), document(a_job(id="job-2", state=JobState.FAILED))]
    made = mail(digest(subscription, Span(first=1, last=2), entries, at=AT), "s", WEB)
    assert made.subject == "Foreman: 2 jobs: 0 succeeded, 1 to look at, 1 failed"
    assert "rows read 8" in texts(made.html)
    assert made.text.count("june.csv: ") == 2
    assert "https://app.example.org/jobs/job-2" in made.html


def test_a_test_says_that_it_is_one() -> None:
    made = mail({"id": "test-1", "type": "test", "timestamp": AT, "data": {"subscription": "s"}}, "s")
    assert made.subject == "Foreman: this is a test"
    assert "foreman subscriptions test s" in made.text
    assert "foreman subscriptions test s" in texts(made.html)
