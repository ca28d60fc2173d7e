"""Following a job: patience with answers that fail, and what is drawn."""

import pytest
from rich.console import Console

from cli import _follow
from cli._api import Api
from cli._follow import LiveLine, PlainLines, follow
from cli._job import view
from cli._screen import steps
from foreman_core.errors import Unavailable
from tests.cli.conftest import API_KEY, JOB_ID, Stack, job


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_follow, "FIRST_WAIT", 0.01)


def api(server: Stack) -> Api:
    return Api(url=f"{server.endpoint}/graphql", api_key=API_KEY, timeout=5)


def test_a_few_failed_answers_do_not_end_it(server: Stack) -> None:
    server.jobs, server.failures = [job()], _follow.PATIENCE - 1
    with api(server) as asked:
        seen = follow(asked, JOB_ID, timeout=5, appear=5)
    assert seen.job.state == "succeeded"


def test_many_failed_answers_do(server: Stack) -> None:
    server.jobs, server.failures = [job()], _follow.PATIENCE
    with api(server) as asked, pytest.raises(Unavailable, match="HTTP 502"):
        follow(asked, JOB_ID, timeout=5, appear=5)


def test_a_load_does_not_rest_at_its_plan(server: Stack) -> None:
    server.jobs = [job(state="planned"), job(state="planned"), job(state="loading"), job()]
    with api(server) as asked:
        assert follow(asked, JOB_ID, timeout=5, appear=5).job.state == "succeeded"


def test_a_dry_run_does(server: Stack) -> None:
    server.jobs = [job(state="validating", mode="plan"), job(state="planned", mode="plan"), None]
    with api(server) as asked:
        assert follow(asked, JOB_ID, timeout=5, appear=5).job.state == "planned"


def test_steps_that_count_are_not_all_told_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with steps() as tell:
        tell("starting")
        for number in range(1, 100):
            tell(f"{number} resources: x")
        tell("done")
    assert capsys.readouterr().err.splitlines() == ["starting", "done"]


def test_lines_tell_every_state_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = PlainLines(JOB_ID)
    for answer in (None, view(job(state="loading")), view(job(state="loading"))):
        lines.see(answer)
    assert capsys.readouterr().err.splitlines() == [
        f"{JOB_ID}: received (2026-01-02T03:04:05.000000Z)",
        f"{JOB_ID}: loading (2026-01-02T03:04:07.500000Z)",
    ]


def test_the_live_line_shows_state_time_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(record=True, width=120, force_terminal=True)
    monkeypatch.setattr(_follow, "err", lambda: console)
    times = iter([10.0, 12.5, 12.5, 12.5, 12.5, 12.5])
    line = LiveLine(JOB_ID, clock=lambda: next(times, 12.5))
    line.see(view(job(state="loading", counts={"read": 1200, "created": 7})))
    console.print(line.picture())
    drawn = console.export_text()
    assert "loading  writing records  2.5 s" in drawn
    assert "1,200 rows read · 7 created" in drawn
