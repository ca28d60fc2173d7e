"""How deliveries come into the queue, and how long one that failed waits."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import orjson
import pytest

from foreman_core.errors import Unavailable
from foreman_core.notices.deliveries import Deliveries


class Client:
    def __init__(self) -> None:
        self.waits: list[int] = []
        self.batches: list[list[str]] = []
        self.refuses: Mapping[str, str] = {}

    def send_message_batch(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - as SQS has it
        Entries: Sequence[Mapping[str, str]],  # noqa: N803
    ) -> Mapping[str, Any]:
        assert QueueUrl == "queue"
        assert 1 <= len({entry["Id"] for entry in Entries}) == len(Entries) <= 10
        named = {entry["Id"]: orjson.loads(entry["MessageBody"])["subscription"] for entry in Entries}
        self.batches.append([name for name in named.values() if name not in self.refuses])
        failed = [
            {"Id": number, "Code": self.refuses[name]}
            for number, name in named.items()
            if name in self.refuses
        ]
        return {"Failed": failed} if failed else {}

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


@pytest.mark.parametrize(("number", "sizes"), [(0, []), (1, [1]), (10, [10]), (25, [10, 10, 5])])
def test_deliveries_go_ten_at_a_time(number: int, sizes: list[int]) -> None:
    client: Any = Client()
    names = [str(each) for each in range(number)]
    Deliveries(client, "queue").send(names, {"id": "job-1-1"})
    assert [len(batch) for batch in client.batches] == sizes
    assert [name for batch in client.batches for name in batch] == names


def test_what_the_queue_does_not_take_is_told_after_all_the_others_are_in_it() -> None:
    client: Any = Client()
    client.refuses = {"3": "InternalError", "7": "InternalError", "12": "RequestThrottled"}
    with pytest.raises(Unavailable, match=r"3 of 25 deliveries: InternalError, RequestThrottled\."):
        Deliveries(client, "queue").send([str(each) for each in range(25)], {"id": "job-1-1"})
    assert [len(batch) for batch in client.batches] == [8, 9, 5]
