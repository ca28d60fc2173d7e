"""What makes two things the same."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.identity import comparable_sequencer, content_hash, job_id, plan_id, undo_id


def test_the_same_delivery_gives_the_same_job() -> None:
    first = job_id(bucket="intake", key="incoming/a.csv", version_id="v1")
    assert first == job_id(bucket="intake", key="incoming/a.csv", version_id="v1")


def test_the_same_undo_of_the_same_job_is_the_same_job() -> None:
    ids = {undo_id(job, number) for job in ("job-1", "job-2") for number in (0, 1)}
    assert len(ids) == 4
    assert undo_id("job-1", 0) in ids
    assert {len(made) for made in ids} == {30}


def test_a_job_id_can_name_an_execution() -> None:
    # StartExecution: 1-80 characters; ours leave room for "-load"
    made = job_id(bucket="intake", key="incoming/ü ?*.csv", version_id="v1")
    assert made.startswith("job-")
    assert len(made) == 30
    assert set(made.removeprefix("job-")) <= set("abcdefghijklmnopqrstuvwxyz234567")


@given(st.tuples(st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text()))
def test_different_deliveries_give_different_jobs(a: tuple[str, str, str], b: tuple[str, str, str]) -> None:
    ids = [job_id(bucket=bucket, key=key, version_id=version) for bucket, key, version in (a, b)]
    assert (ids[0] == ids[1]) == (a == b)


def test_a_job_id_is_the_sha256_of_its_parts_with_their_lengths() -> None:
    digest = hashlib.sha256()
    for part in (b"intake", b"incoming/a.csv", b"v1"):
        digest.update(len(part).to_bytes(8, "big") + part)
    expected = "job-" + base64.b32encode(digest.digest()).decode().lower()[:26]
    assert job_id(bucket="intake", key="incoming/a.csv", version_id="v1") == expected


def test_a_content_hash_does_not_depend_on_order_blanks_or_a_trailing_zero() -> None:
    assert content_hash({"a": "x", "n": 1.0, "gone": None}) == content_hash({"n": 1, "a": "x"})


def test_a_content_hash_is_the_sha256_of_canonical_json() -> None:
    expected = hashlib.sha256('{"a":"ü","n":1.5,"tags":["x","y"]}'.encode()).hexdigest()
    assert content_hash({"tags": ["x", "y"], "n": 1.5, "a": "ü"}) == expected


def test_a_huge_number_has_a_hash() -> None:
    assert content_hash({"n": 1e21}) != content_hash({"n": 1e22})


@pytest.mark.parametrize(
    ("one", "other"), [({"a": "1"}, {"a": 1}), ({"a": "x"}, {"b": "x"}), ({"a": ["x"]}, {"a": "x"})]
)
def test_other_content_has_another_hash(one: dict[str, str], other: dict[str, str]) -> None:
    assert content_hash(one) != content_hash(other)


def test_a_plan_is_named_by_its_chunks_in_order_its_type_and_its_schema() -> None:
    def made(*hashes: str, record_type: str = "customer", version: str = "sha256:1") -> str:
        return plan_id(chunk_hashes=hashes, record_type=record_type, schema_version=version)

    ids = {
        made("a", "b"),
        made("b", "a"),
        made("ab"),
        made("a", "b", record_type="order"),
        made("a", "b", version="2"),
    }
    assert len(ids) == 5


def test_sequencers_compare_as_s3_says() -> None:
    # "right pad the shorter value with zeros and then do a lexicographic comparison"
    in_order = ["0055AED6DCD90281E5", "0055AED6DCD90281E6", "0055AED6DCD90281E60001", "0055aed6dcd90281e7"]
    assert sorted(in_order, key=comparable_sequencer) == in_order
    assert comparable_sequencer("00AB") == comparable_sequencer("00ab00")
