"""How long a delivery that failed waits."""

from random import Random
from typing import Any

import pytest

from foreman_core.notices.deliveries import Deliveries


class Client:
    def __init__(self) -> None:
        self.waits: list[int] = []

    def change_message_visibility(self, **given: Any) -> None:  # noqa: ANN401 - as SQS takes it
        assert (given["QueueUrl"], given["ReceiptHandle"]) == ("queue", "receipt")
        self.waits.append(given["VisibilityTimeout"])


@pytest.mark.parametrize(
    ("attempt", "least", "most"),
    [(1, 30, 60), (2, 60, 120), (5, 480, 960), (7, 1800, 3600), (10, 1800, 3600)],
)
def test_it_waits_twice_as_long_each_time_but_an_hour_at_most_and_never_in_step(
    attempt: int, least: int, most: int
) -> None:
    client: Any = Client()
    queue = Deliveries(client, "queue", Random(1))  # noqa: S311 - it keeps no secret
    for _ in range(200):
        queue.postpone("receipt", attempt=attempt, first_s=60)
    assert least <= min(client.waits) < max(client.waits) <= most
    assert len(set(client.waits)) > 20
