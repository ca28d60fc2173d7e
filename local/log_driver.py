"""What the log driver of ECS does: it passes what a process says on to its log group, a line an event.

It follows the file that the process writes, so that neither waits for the other, and ends when it is told to,
with what is there by then. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
"""

import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import IO, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.aws import Aws

POLL_S: Final = 0.5
MOST_BYTES: Final = 256 * 1024
MOST_LINES: Final = 5_000
"""Of a request, which takes four times and twice as many:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html"""


def whole_lines(log: IO[bytes]) -> list[bytes]:
    """The next lines of a file, as many as go into one request; without one that is being written still."""
    lines = log.readlines(MOST_BYTES)[:MOST_LINES]
    return lines if not lines or lines[-1].endswith(b"\n") else lines[:-1]


def follow(aws: Aws, group: str, file: Path, ended: threading.Event) -> None:
    """Pass the lines of a file on until the end; those that the emulator does not take, once more later."""
    client, stream = aws.client("logs"), f"task/{file.stem}/{time.time_ns()}"
    client.create_log_stream(logGroupName=group, logStreamName=stream)
    done, last = 0, False
    with file.open("rb") as log:
        while not last:
            last = ended.wait(POLL_S)
            log.seek(done)
            while lines := whole_lines(log):
                now = time.time_ns() // 1_000_000
                events = [{"timestamp": now, "message": line.decode(errors="replace")} for line in lines]
                try:
                    client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
                except (BotoCoreError, ClientError):
                    break
                done += sum(map(len, lines))
                log.seek(done)


def main() -> None:
    """`python -m local.log_driver ENDPOINT REGION GROUP FILE`."""
    endpoint, region, group, file = sys.argv[1:]
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    follow(Aws(endpoint, region, Path()), group, Path(file), ended)


if __name__ == "__main__":
    main()
