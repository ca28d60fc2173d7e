"""Small requests made ahead of who waits for their answers."""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

AT_ONCE: Final = 8
"""Requests under way at once: fewer than the ten connections that a client of boto3 keeps open
(https://docs.aws.amazon.com/botocore/latest/reference/config.html, `max_pool_connections`)."""

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def ahead(request: Callable[[Asked], Answer], of: Sequence[Asked]) -> Generator[Answer]:
    """The answers to a request of each of these, in their order, up to AT_ONCE before somebody asks for them;
    of so few at all, one by one. An error is raised when its turn comes.
    """
    if len(of) <= AT_ONCE:
        yield from map(request, of)
        return
    with ThreadPoolExecutor(AT_ONCE, "ahead") as pool:
        answers = deque(pool.submit(request, each) for each in of[:AT_ONCE])
        for following in range(AT_ONCE, len(of) + AT_ONCE):
            yield answers.popleft().result()
            if following < len(of):
                answers.append(pool.submit(request, of[following]))
