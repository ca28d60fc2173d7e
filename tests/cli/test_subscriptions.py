"""`subscriptions`: who is told of jobs."""

from typing import Any

import pytest

from tests.cli.conftest import SECRET, Foreman, Stack

FOUND: dict[str, Any] = {
    "id": "6c20583b3e8c",
    "channel": "webhook",
    "address": "https://hooks.example/a",
    "customer": "acme",
    "on": ["failure"],
    "digest": "off",
    "created_at": "2026-01-02T03:04:05.000Z",
    "delivered_at": None,
    "failure": None,
}


@pytest.fixture(autouse=True)
def subscribed(stack: Stack) -> None:
    stack.subscribed = [FOUND]


def test_a_webhook_is_added_and_its_secret_shown(foreman: Foreman, stack: Stack) -> None:
    url = FOUND["address"]
    done = foreman("subscriptions", "add", "--webhook", url, "--customer", "acme", "--on", "failure")
    assert done.code == 0
    assert SECRET in done.out
    assert f"./foreman subscriptions test {FOUND['id']}" in done.out
    assert "not shown again" in done.err
    assert stack.variables("addSubscription")["input"] == {
        "channel": "webhook",
        "address": url,
        "customer": "acme",
        "on": ["failure"],
        "digest": "off",
    }


def test_what_is_left_out_stands_for_all(foreman: Foreman, stack: Stack) -> None:
    document = foreman("subscriptions", "add", "--mail", "a@example.org", "--digest", "daily", "--json")
    assert document.document["id"] == FOUND["id"]
    assert stack.variables("addSubscription")["input"] == {
        "channel": "mail",
        "address": "a@example.org",
        "customer": None,
        "on": None,
        "digest": "daily",
    }


@pytest.mark.parametrize("given", [[], ["--mail", "a@example.org", "--webhook", "https://hooks.example/"]])
def test_it_is_either_mail_or_a_webhook(foreman: Foreman, stack: Stack, given: list[str]) -> None:
    assert foreman("subscriptions", "add", *given).code == 2
    assert stack.asked == []


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({}, "none yet"),
        ({"delivered_at": "2026-01-02T04:00:00.000Z"}, "2026-01-02 04:00:00"),
        (
            {"failure": {"at": "2026-01-02T05:00:00.000Z", "what": "it answered HTTP 500", "attempt": 3}},
            "failed 2026-01-02 05:00:00 (attempt 3): it answered HTTP 500",
        ),
    ],
)
def test_the_list_shows_how_the_last_delivery_went(
    foreman: Foreman, stack: Stack, changed: dict[str, Any], shown: str
) -> None:
    stack.subscribed = [{**FOUND, **changed}]
    done = foreman("subscriptions", "list")
    assert shown in " ".join(done.out.split())
    assert SECRET not in done.out


def test_as_json_the_list_is_what_the_api_gives(foreman: Foreman) -> None:
    assert foreman("subscriptions", "list", "--json").document == {"subscriptions": [FOUND]}


def test_without_subscriptions_it_says_how_to_add_one(foreman: Foreman, stack: Stack) -> None:
    stack.subscribed = []
    assert "./foreman subscriptions add" in foreman("subscriptions", "list").out


@pytest.mark.parametrize(
    ("command", "field"), [("remove", "removeSubscription"), ("test", "testSubscription")]
)
def test_one_is_named_by_its_id(foreman: Foreman, stack: Stack, command: str, field: str) -> None:
    done = foreman("subscriptions", command, FOUND["id"])
    assert done.code == 0
    assert FOUND["address"] in done.out
    assert stack.variables(field) == {"id": FOUND["id"]}
