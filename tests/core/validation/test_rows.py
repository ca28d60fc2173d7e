"""Rows of a file: shape, every fault in one pass, keys over the whole file, rules over several fields."""

from collections import Counter

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from foreman_core.mapping import map_columns
from foreman_core.models import Issue, SourceRow
from foreman_core.reading import Unreadable
from foreman_core.schema import Before, Constraints, Field, OneOf, RecordSchema, RequiredIf
from foreman_core.validation import Fate, Judge, Verdict

REQUIRED = Constraints(required=True)
PERSON = RecordSchema(
    name="person",
    plural="persons",
    fields=(
        Field(name="id", constraints=REQUIRED),
        Field(name="phone", format="phone", country_field="country"),
        Field(name="country", format="country"),
        Field(name="age", type="integer", constraints=Constraints(minimum=0)),
        Field(name="born", type="date"),
        Field(name="died", type="date"),
    ),
    primary_key="id",
    version="sha256:0",
)
COLUMNS = ("id", "phone", "country", "age", "born", "died")


def judge_all(
    schema: RecordSchema, *rows: tuple[str, ...], columns: tuple[str, ...] | None = None
) -> list[Verdict]:
    judge = Judge(schema, map_columns(columns or tuple(field.name for field in schema.fields), schema))
    return [judge.judge(SourceRow(number, number + 1, cells)) for number, cells in enumerate(rows, 1)]


def judge(schema: RecordSchema, *cells: str) -> Verdict:
    (verdict,) = judge_all(schema, cells)
    return verdict


def found(verdict: Verdict) -> list[tuple[str | None, str]]:
    return [(issue.field, issue.code) for issue in verdict.issues]


def fates(verdicts: list[Verdict]) -> list[Fate]:
    return [verdict.fate for verdict in verdicts]


def test_an_accepted_row_has_every_field_in_the_order_of_the_schema() -> None:
    verdict = judge(PERSON, "7", "030 901820", "Germany", "007", "", "")
    assert verdict.fate == "accepted"
    assert verdict.accepted is not None
    assert (verdict.accepted.row, verdict.accepted.line) == (1, 2)
    assert list(verdict.accepted.values.items()) == [
        ("id", "7"), ("phone", "+4930901820"), ("country", "DE"), ("age", 7), ("born", None), ("died", None),
    ]  # fmt: skip


def test_all_faults_of_a_row_are_found_at_once() -> None:
    verdict = judge(PERSON, "", "12", "Nowhere", "-1", "soon", "2020-02-30")
    assert verdict.fate == "rejected"
    assert found(verdict) == [
        ("id", "required"), ("phone", "format"), ("country", "format"), ("age", "minimum"), ("born", "type"),
        ("died", "type"),
    ]  # fmt: skip


def test_an_issue_says_where_it_is_and_what_was_there() -> None:
    (verdict,) = judge_all(PERSON, ("1", "many"), columns=("ID", "Age"))
    (issue,) = verdict.issues
    assert evolve(issue, message="…") == Issue(
        row=1, line=2, field="age", column="Age", code="type", message="…", value="many"
    )


def test_long_values_are_shown_in_part() -> None:
    (issue,) = judge(PERSON, "1", "", "", "9" * 2000 + "x", "", "").issues
    assert issue.value == "9" * 1000 + "…"


def test_a_phone_number_is_read_in_the_country_of_its_row_wherever_that_stands() -> None:
    numbers = [
        (verdict.accepted or judge(PERSON, "x").accepted).values["phone"]  # pyright: ignore[reportOptionalMemberAccess]
        for verdict in judge_all(
            PERSON,
            ("1", "020 7946 0018", "UK", "", "", ""),
            ("2", "02 34 56 78 90", "France", "", "", ""),
        )
    ]
    assert numbers == ["+442079460018", "+33234567890"]


def test_the_default_country_stands_in_for_a_blank_one() -> None:
    fields = tuple(
        evolve(field, default_country="DE") if field.name == "phone" else field for field in PERSON.fields
    )
    verdict = judge(evolve(PERSON, fields=fields), "1", "030 901820", "", "", "", "")
    assert verdict.fate == "accepted"


def test_a_row_of_nothing_but_space_is_blank() -> None:
    rows: list[tuple[str, ...]] = [(), ("",), ("", "", "", "", "", ""), (" ", "\t", "\u00a0"), ("",) * 9]
    assert fates(judge_all(PERSON, *rows)) == ["blank"] * 5


def test_cells_that_are_missing_are_one_issue_at_the_first_of_them() -> None:
    verdict = judge(PERSON, "1", "", "DE")
    assert verdict.fate == "rejected"
    assert found(verdict) == [("age", "missing-cell")]


def test_a_required_field_that_is_missing_is_told_once() -> None:
    required_last = evolve(PERSON, fields=(*PERSON.fields, Field(name="plan", constraints=REQUIRED)))
    assert found(judge(required_last, "1", "", "", "", "", "")) == [("plan", "missing-cell")]


def test_cells_too_many_are_one_issue_even_when_they_are_empty() -> None:
    for extra in (("x",), ("",), ("x", "y")):
        verdict = judge(PERSON, "1", "", "", "", "", "", *extra)
        assert verdict.fate == "rejected"
        assert found(verdict) == [(None, "extra-cell")]


def test_a_record_that_could_not_be_read_is_rejected() -> None:
    issue = Issue(row=1, line=2, field=None, column=None, code="quote", message="…")
    judge = Judge(PERSON, map_columns(COLUMNS, PERSON))
    assert judge.judge(Unreadable(SourceRow(1, 2, ('"a"b',)), issue)) == Verdict("rejected", (issue,))


def test_columns_that_are_no_field_are_not_judged() -> None:
    (verdict,) = judge_all(PERSON, ("1", "\x00anything"), columns=("id", "notes"))
    assert verdict.fate == "accepted"


# keys


def keyed(*unique_keys: tuple[str, ...]) -> RecordSchema:
    fields = (Field(name="id", constraints=REQUIRED, normalise=("lower",)), Field(name="a"), Field(name="b"))
    return RecordSchema(
        name="t", plural="ts", fields=fields, primary_key="id", version="sha256:0", unique_keys=unique_keys
    )


def test_a_key_that_a_row_before_has_is_rejected_with_the_place_of_that_row() -> None:
    first, second = judge_all(keyed(), ("1", "x", ""), ("1", "y", ""))
    assert (first.fate, second.fate) == ("accepted", "rejected")
    assert found(second) == [("id", "unique")]
    assert "row 1 (line 2)" in second.issues[0].message


def test_keys_are_compared_as_they_are_stored() -> None:
    assert fates(judge_all(keyed(), ("A", "x", ""), ("a", "y", ""))) == ["accepted", "rejected"]


def test_a_row_that_repeats_an_accepted_one_is_a_duplicate_without_issues() -> None:
    verdicts = judge_all(keyed(("a",)), ("1", "x", ""), ("2", "y", ""), ("1", "x", ""), ("1", "x", ""))
    assert fates(verdicts) == ["accepted", "accepted", "duplicate", "duplicate"]
    assert verdicts[2].issues == ()


def test_a_repeat_has_the_same_cells_not_the_same_values() -> None:
    assert fates(judge_all(keyed(), ("A", "x", ""), ("a", "x", ""))) == ["accepted", "rejected"]


def test_a_rejected_row_holds_its_key_too() -> None:
    schema = evolve(keyed(), fields=(*keyed().fields, Field(name="n", type="integer")))
    verdicts = judge_all(schema, ("1", "", "", "many"), ("1", "", "", "5"), ("1", "", "", "many"))
    assert fates(verdicts) == ["rejected"] * 3
    assert found(verdicts[1]) == [("id", "unique")]
    assert found(verdicts[2]) == [("n", "type"), ("id", "unique")]


def test_further_keys_may_have_several_fields() -> None:
    verdicts = judge_all(
        keyed(("a", "b")), ("1", "x", "y"), ("2", "x", "z"), ("3", "x", "y"), ("4", "xy", "")
    )
    assert fates(verdicts) == ["accepted", "accepted", "rejected", "accepted"]
    assert found(verdicts[2]) == [("a", "unique")]
    assert "a and b" in verdicts[2].issues[0].message


def test_a_blank_makes_no_key() -> None:
    assert fates(judge_all(keyed(("a",)), ("1", "", ""), ("2", "", ""))) == ["accepted", "accepted"]


def test_the_parts_of_a_key_do_not_run_together() -> None:
    assert fates(judge_all(keyed(("a", "b")), ("1", "xy", "z"), ("2", "x", "yz"))) == ["accepted", "accepted"]


def test_a_key_of_a_warning_field_only_warns() -> None:
    schema = keyed(("a",))
    schema = evolve(schema, fields=(schema.fields[0], Field(name="a", severity="warning"), schema.fields[2]))
    verdicts = judge_all(schema, ("1", "x", ""), ("2", "x", ""), ("2", "x", ""))
    assert fates(verdicts) == ["accepted", "accepted", "duplicate"]
    assert [issue.severity for issue in verdicts[1].issues] == ["warning"]


@given(
    st.lists(
        st.tuples(st.sampled_from("12"), st.sampled_from(["x", "y", ""]), st.sampled_from(["7", "many"])),
        max_size=12,
    )
)
def test_fates_over_a_file_are_those_of_the_definition(rows: list[tuple[str, ...]]) -> None:
    fields = (Field(name="id", constraints=REQUIRED), Field(name="a"), Field(name="n", type="integer"))
    schema = evolve(keyed(("a",)), fields=fields)
    expected: list[str] = []
    for index, row in enumerate(rows):
        before = rows[:index]
        accepted = [row for row, fate in zip(before, expected, strict=True) if fate == "accepted"]
        if row in accepted:
            expected.append("duplicate")
        elif (
            any(row[0] == other[0] or (row[1] and row[1] == other[1]) for other in before) or row[2] == "many"
        ):
            expected.append("rejected")
        else:
            expected.append("accepted")
    verdicts = judge_all(schema, *rows)
    assert fates(verdicts) == expected
    assert sum(Counter(fates(verdicts)).values()) == len(rows)


# rules


def ruled(*rules: RequiredIf | OneOf | Before) -> RecordSchema:
    return evolve(PERSON, rules=rules)


def test_before_is_strict_and_silent_where_either_is_blank() -> None:
    schema = ruled(Before(earlier="born", later="died"))
    cases = {
        ("1815-12-10", "1852-11-27"): [],
        ("1852-11-27", "1815-12-10"): [("born", "rule")],
        ("1815-12-10", "1815-12-10"): [("born", "rule")],
        ("1815-12-10", ""): [],
        ("", "1815-12-10"): [],
        ("1815-12-10", "never"): [("died", "type")],
    }
    for (born, died), expected in cases.items():
        assert found(judge(schema, "1", "", "", "", born, died)) == expected


def test_required_if_looks_at_another_field() -> None:
    schema = ruled(RequiredIf(field="age", when="country", is_one_of=("DE", "FR")))
    assert found(judge(schema, "1", "", "Germany", "", "", "")) == [("age", "rule")]
    assert found(judge(schema, "1", "", "Germany", "5", "", "")) == []
    assert found(judge(schema, "1", "", "GB", "", "", "")) == []
    assert found(judge(schema, "1", "", "Germany", "five", "", "")) == [("age", "type")]


def test_one_of_wants_a_value_somewhere() -> None:
    schema = ruled(OneOf(fields=("phone", "age")))
    assert found(judge(schema, "1", "", "", "", "", "")) == [(None, "rule")]
    assert found(judge(schema, "1", "", "", "5", "", "")) == []
    assert found(judge(schema, "1", "12", "DE", "", "", "")) == [("phone", "format")]


def test_a_rule_may_warn() -> None:
    verdict = judge(ruled(OneOf(fields=("phone", "age"), severity="warning")), "1", "", "", "", "", "")
    assert verdict.fate == "accepted"
    assert [issue.severity for issue in verdict.issues] == ["warning"]


def test_a_default_country_needs_no_country_field() -> None:
    field = Field(name="phone", format="phone", default_country="DE")
    schema = RecordSchema(
        name="t", plural="ts", fields=(Field(name="id", constraints=Constraints(required=True)), field),
        primary_key="id", version="sha256:0",
    )  # fmt: skip
    verdict = Judge(schema, map_columns(["id", "phone"], schema)).judge(SourceRow(1, 2, ("1", "030 901820")))
    assert verdict.accepted is not None
    assert verdict.accepted.values["phone"] == "+4930901820"
