"""The arithmetic of scale: worked out by hand here, and what the program's own limits carry."""

import json
import subprocess
import sys

import pytest

from benchmarks.quotas.limits import PRICES, QUOTAS
from benchmarks.quotas.model import Forecast, Load, Use, forecast
from benchmarks.quotas.program import Measured, Program

HUNDRED_MILLION = Load(rows=100_000_000)
GIB = 1 << 30


def use(found: Forecast, name: str) -> Use:
    (one,) = [each for each in found.uses if name in each.name]
    return one


def test_chunks_writers_and_time_are_those_of_the_settings() -> None:
    found = forecast(
        HUNDRED_MILLION, Program(map_concurrency=10), Measured(chunk_load_s=1.25, chunk_plan_s=0.5)
    )
    assert (found.way, found.chunks) == ("map", 200_000)
    assert found.rows_a_second == 4_000  # ten times 500 rows in five quarters of a second
    assert found.seconds["mutate"] == 25_000
    assert found.seconds["plan"] == 10_000


def test_the_table_is_the_ceiling_of_many_writers() -> None:
    found = forecast(HUNDRED_MILLION, Program(map_concurrency=1_000), Measured(chunk_load_s=1))
    assert found.rows_a_second == 40_000
    assert found.seconds["mutate"] == 2_500
    assert use(found, "DynamoDB: write units of a table").share == 1


def test_a_record_of_more_than_a_kilobyte_takes_two_units() -> None:
    found = forecast(HUNDRED_MILLION, Program(map_concurrency=1_000), Measured(record_bytes=1_025))
    assert found.rows_a_second == 20_000
    assert found.dollars["DynamoDB writes"] == pytest.approx(125.4, abs=0.1)


def test_a_hundred_million_rows_cost_what_their_writes_do() -> None:
    dollars = forecast(HUNDRED_MILLION).dollars
    assert dollars["DynamoDB writes"] == pytest.approx(100 * PRICES["DynamoDB: million write units"], abs=0.5)
    assert dollars["DynamoDB reads"] == pytest.approx(12.65)
    assert dollars["Step Functions"] == pytest.approx(10.0, abs=0.01)
    assert dollars["AppSync"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (5_000, 10 * 3),  # an empty object and a comma each
        (500 * 1_000, 1_000 * 3),
    ],
)
def test_each_chunk_of_a_map_takes_three_bytes_of_its_results(rows: int, expected: int) -> None:
    found = forecast(Load(rows=rows), Program(function_bytes=0))
    assert use(found, "results of a map").used == expected


def test_a_file_of_eighty_gigabytes_is_identified_in_time() -> None:
    """Which every file has to be, whoever takes it then."""
    rows = int(80_000_000_000 / Measured().source_bytes)
    assert 0.9 < use(forecast(Load(rows=rows)), "seconds of ingest").share < 1


def test_a_map_cannot_carry_a_hundred_million_rows_and_it_is_said_why() -> None:
    found = forecast(HUNDRED_MILLION)
    beyond = {each.name for each in found.uses if each.share > 1}
    assert {
        "Foreman: seconds of reconcile",
        "Foreman: MB of disk of validate",
        "Step Functions: bytes of a state, the results of a map among them",
    } <= beyond
    assert found.binding.share == max(each.share for each in found.uses)


def test_what_the_disk_of_validation_holds_is_carried_by_all_other_steps_of_a_map() -> None:
    """Otherwise a file that is validated could never be loaded."""
    found = forecast(Load(rows=11_000_000))
    assert use(found, "disk of validate").share > 0.95
    assert {each.name: each.share for each in found.uses if each.share > 1} == {}


def test_a_worker_carries_a_hundred_million_rows_once_the_table_is_warm() -> None:
    found = forecast(HUNDRED_MILLION, Program(worker_bytes=GIB))
    assert found.way == "worker"
    assert [each.name for each in found.uses if each.share > 1] == [
        "DynamoDB: write units of a new table at first"
    ]


def test_ten_thousand_files_an_hour_are_bound_by_the_search_for_lost_files() -> None:
    found = forecast(Load(rows=1_000, files_per_hour=10_000))
    assert found.way == "function"
    assert found.rows_a_second == pytest.approx(2_777.8, abs=0.1)
    assert found.binding.name == "Foreman: seconds of a search for lost files"
    # a page of 1,000: listed, and ten requests of 100 jobs each, of which eight are under way at once
    assert found.binding.used == pytest.approx(10_000 * 24 * 90 / 1_000 * (0.1 + 10 * 0.025 / 8))
    others = [each for each in found.uses if each is not found.binding]
    assert max(each.share for each in others) < 0.7


def test_all_jobs_write_to_one_partition_of_the_index() -> None:
    found = forecast(Load(rows=1_000, files_per_hour=10_000))
    # 1,381 bytes are two units, eight times a job
    assert use(found, "jobs-by-time").used == pytest.approx(10_000 / 3_600 * 16)


def test_every_quota_says_where_it_is_written() -> None:
    for quota in QUOTAS.values():
        assert quota.source.startswith("https://docs.aws.amazon.com/")
        assert quota.limit > 0
    assert any(quota.checked is None for quota in QUOTAS.values())


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_the_command_takes_every_setting(more: list[str]) -> None:
    command = [
        sys.executable,
        "-m",
        "benchmarks.quotas",
        "--rows",
        "1000000",
        "--map-concurrency",
        "50",
        *more,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    if more:
        assert json.loads(done.stdout)["rows_a_second"] == pytest.approx(50 * 500 / 1.4)
    else:
        assert "| Foreman: seconds of reconcile |" in done.stdout
        assert "(unconfirmed)" in done.stdout
