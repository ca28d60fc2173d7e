"""Objects that are read ahead: in order, so many at once, and only as far as somebody asks."""

import threading
import uuid
from typing import TYPE_CHECKING

import pytest

from foreman_core.errors import Refused
from foreman_core.storage import READ_AT_ONCE, Files

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANY = 3 * READ_AT_ONCE
PATIENCE_S = 10


class Watched(Files):
    """A bucket that remembers what was read of it, and waits until READ_AT_ONCE readers are there at once."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        super().__init__(client, bucket)
        self.seen: list[str] = []
        self.together = threading.Barrier(READ_AT_ONCE)

    def read(self, key: str, *, start: int | None = None, end: int | None = None) -> bytes:
        self.seen.append(key)
        if len(self.seen) <= READ_AT_ONCE:
            self.together.wait(PATIENCE_S)
        return super().read(key, start=start, end=end)


@pytest.fixture
def bucket(s3: "S3Client") -> str:
    name = f"intake-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    for number in range(MANY):
        s3.put_object(Bucket=name, Key=f"{number}", Body=f"body {number}".encode())
    return name


KEYS = [f"{number}" for number in range(MANY)]
BODIES = [f"body {number}".encode() for number in range(MANY)]


@pytest.mark.parametrize("count", [0, 1, READ_AT_ONCE, READ_AT_ONCE + 1, MANY])
def test_objects_come_in_the_order_in_which_they_were_asked_for(
    s3: "S3Client", bucket: str, count: int
) -> None:
    assert [*Files(s3, bucket).read_each(KEYS[:count])] == BODIES[:count]


def test_so_many_are_read_at_once_and_none_before_there_is_a_place_for_it(
    s3: "S3Client", bucket: str
) -> None:
    files = Watched(s3, bucket)
    reading = files.read_each(KEYS)
    assert [next(reading) for _ in range(3)] == BODIES[:3]
    reading.close()
    assert sorted(files.seen, key=int) == KEYS[: READ_AT_ONCE + 2]


def test_one_that_is_gone_is_told_when_its_turn_comes(s3: "S3Client", bucket: str) -> None:
    reading = Files(s3, bucket).read_each([*KEYS[:10], "gone", *KEYS[10:]])
    assert [next(reading) for _ in range(10)] == BODIES[:10]
    with pytest.raises(Refused) as gone:
        next(reading)
    assert gone.value.code == "object-gone"
