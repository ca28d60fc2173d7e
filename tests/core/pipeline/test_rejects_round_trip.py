"""A rejects file that is put right and sent back."""

import io

from foreman_core.pipeline.check import check
from foreman_core.pipeline.outputs import RejectsWriter
from foreman_core.schema import find_schema
from tests._accepted import Accepted

HEADER = "customer_id,first_name,last_name,email,phone,country,postal_code,signup_date,plan\n"
ROW = "C-1,Ada,'=Test,nobody,+49 30 23125123,DE,10117,2024-01-31,free\n"


def test_cells_that_were_escaped_for_spreadsheets_come_back_as_they_were() -> None:
    schema = find_schema("customer")
    out = io.BytesIO()
    rejects = RejectsWriter(out, job_id="job-1")
    check(
        io.BytesIO((HEADER + ROW).encode()),
        name="a.csv",
        schema=schema,
        on_table=rejects.begin,
        on_rejected=rejects.write,
    )
    assert b",'+49 30 23125123," in out.getvalue()
    assert b",''=Test," in out.getvalue()

    put_right = out.getvalue().replace(b"nobody", b"ada@example.com")
    accepted = Accepted()
    report = check(io.BytesIO(put_right), name="rejects.csv", schema=schema, on_accepted=accepted)
    assert (report.counts.read, report.counts.accepted) == (1, 1)
    assert accepted.rows[0]["phone"] == "+493023125123"
    assert accepted.rows[0]["last_name"] == "'=Test"


def test_other_files_keep_such_marks() -> None:
    accepted = Accepted()
    body = (HEADER + ROW.replace("nobody", "ada@example.com")).encode()
    check(io.BytesIO(body), name="a.csv", schema=find_schema("customer"), on_accepted=accepted)
    assert accepted.rows[0]["last_name"] == "'=Test"
