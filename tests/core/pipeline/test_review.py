"""Questions that a file leaves open, and the command that goes on."""

import io

import attrs
import pytest

from foreman_core.errors import Refused, Undecided
from foreman_core.models import Job, JobState, Options, Source
from foreman_core.pipeline.check import check
from foreman_core.pipeline.review import go_on
from foreman_core.schema import find_schema
from tests.core.reading._workbooks import xlsx

CUSTOMER = find_schema("customer")
REST = "first_name,last_name,email,country,signup_date,plan"
VALUES = "Ada,Byron,ada@example.com,GB,2024-01-31,free"


def a_job(name: str = "june.csv", *, options: Options | None = None) -> Job:
    return Job(
        id="job-1",
        state=JobState.VALIDATING,
        mode="load",
        record_type="customer",
        source=Source(bucket="intake", key=f"incoming/{name}", version_id="v", name=name),
        created_at="2026-06-01T10:00:00.000Z",
        updated_at="2026-06-01T10:00:00.000Z",
        options=options or Options(),
    )


def refusal(content: bytes, encoding: str | None = None) -> Refused:
    with pytest.raises(Refused) as refused:
        check(io.BytesIO(content), name="june.csv", schema=CUSTOMER, encoding=encoding)
    return refused.value


def question(content: bytes) -> Undecided:
    found = refusal(content)
    assert isinstance(found, Undecided), found.message
    return found


LIKELY = f"Kd Nummer alt,{REST}\n1,{VALUES}\n".encode()
WESTERN = "customer_id," + REST + "\n" + "".join(f"{n},Zoë{VALUES[3:]}\n" for n in range(3))
HEADED = "Straße," + WESTERN.replace("\n", ",\n").replace("\n", "\nx,", 3)

OPEN = [
    (
        LIKELY,
        (
            "./foreman map june.csv --schema customer --set 'Kd Nummer alt=customer_id' --remember && "
            "./foreman submit june.csv"
        ),
    ),
    (WESTERN.encode("cp1252"), "./foreman submit june.csv --encoding cp1252"),
    (HEADED.encode("cp1252"), "./foreman submit june.csv --encoding cp1252"),
    (WESTERN.encode("utf-16-le"), "./foreman submit june.csv --encoding utf-16-le"),
    (xlsx({"June": [["a"]], "July": [["b"]]}), "./foreman submit june.csv --sheet SHEET"),
]


@pytest.mark.parametrize(
    ("content", "command"),
    OPEN,
    ids=["likely column", "encoding", "encoding of the header", "utf-16 without a mark", "sheets"],
)
def test_a_question_comes_with_the_command_that_answers_it(content: bytes, command: str) -> None:
    assert go_on(a_job(), question(content)) == command


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (f"Shoe size,{REST}\n1,{VALUES}\n".encode(), None),
        (WESTERN.encode("cp1252"), "utf-8"),
        (b"%PDF-1.7\n", None),
        (f"1,{VALUES}\n".encode(), None),
    ],
    ids=["nothing like it", "the answer was wrong", "no table", "no header"],
)
def test_where_nothing_is_likely_there_is_no_question(content: bytes, encoding: str | None) -> None:
    assert not isinstance(refusal(content, encoding), Undecided)


def test_a_required_field_without_a_likely_column_is_left_to_the_person() -> None:
    content = f"Kd Nummer alt,{REST.replace('email,', '')}\n1,{VALUES.replace('ada@example.com,', '')}\n"
    assert question(content.encode()).answers == (
        ("--set", "Kd Nummer alt=customer_id"),
        ("--set", "COLUMN=email"),
    )


def test_what_was_said_before_is_said_again() -> None:
    options = Options(delimiter=";", sheet="a b", header=False, mapping="{}")
    asked = Undecided("unreadable-encoding", "…", [("--encoding", "cp1252")])
    job = attrs.evolve(a_job(options=options), mode="plan", again=True)
    assert go_on(job, asked) == (
        "./foreman plan june.csv --delimiter ';' --sheet 'a b' --mapping MAPPING --no-header "
        "--encoding cp1252 --again"
    )


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("a b.csv", "'a b.csv'"),
        ("$(reboot).csv", "'$(reboot).csv'"),
        ("-x.csv", "./-x.csv"),
        ("a\nb.csv", "FILE"),
        ("a\x1b[2Jb.csv", "FILE"),
    ],
)
def test_a_files_name_is_never_more_than_a_name(name: str, typed: str) -> None:
    asked = Undecided("not-a-table", "…", [("--sheet", "SHEET")])
    assert go_on(a_job(name), asked) == f"./foreman submit {typed} --sheet SHEET"


def test_a_column_with_control_characters_is_left_to_the_person() -> None:
    asked = Undecided("unmapped-required-field", "…", [("--set", "Ref\x1b[2J=customer_id")])
    assert "--set COLUMN=customer_id --remember" in go_on(a_job(), asked)
