"""How late a file's job is."""

import pytest

from handlers.intake import _late  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("event_time", "late"),
    [
        ("2026-01-02T03:04:04.250Z", 0.75),
        ("2026-01-02T03:04:05.004Z", 0.0),  # S3's clock is a little ahead
        (None, None),
    ],
)
def test_a_job_is_late_by_the_time_from_the_event_to_its_record(
    event_time: str | None, late: float | None
) -> None:
    assert _late(event_time, "2026-01-02T03:04:05.000Z") == late
