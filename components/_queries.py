"""The saved queries of CloudWatch Logs Insights, by their names.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from collections.abc import Mapping
from typing import Final

CODES: Final = (
    *("required", "type", "format", "enum", "minimum", "maximum", "min-length", "max-length"),
    *("pattern", "unique", "missing-cell", "extra-cell", "encoding", "quote", "rule", "conflict"),
)
"""Why a row is rejected: the codes of issues."""

QUERIES: Final[Mapping[str, str]] = {
    "one-jobs-story": """\
fields @timestamp, function, level, event, what, was, state, chunk, seconds, code, error_type
| filter job_id = "job-…"
| sort @timestamp asc
| limit 1000""",
    "errors": """\
fields @timestamp, function, job_id, event, error_type, error_code, error_operation, where.0, trace_id
| filter level = "error"
| sort @timestamp desc
| limit 200""",
    "slowest-steps": """\
fields @timestamp, function, job_id, chunk, seconds, request_id
| filter event in ["step_done", "step_failed"]
| sort seconds desc
| limit 50""",
    "how-jobs-ended": """\
filter event = "job_moved" and state not in ["validating", "planned", "loading", "undoing"]
| stats count(*) as jobs, sum(counts.read) as rows, sum(counts.rejected) as rejected by state, code
| sort jobs desc""",
    "most-rejects": """\
filter event = "job_moved" and was = "loading" and counts.rejected > 0
| fields @timestamp, job_id, record_type, counts.read, counts.rejected,
    100 * counts.rejected / counts.read as percent
| sort percent desc
| limit 50""",
    "rejects-by-code": 'filter event = "job_moved" and was = "loading"\n| stats '
    + ", ".join(f"sum(`issues.{code}`) as `{code} issues`" for code in CODES),
    "throttled-writes": """\
filter event = "writes_throttled"
| stats sum(count) as writes by bin(1m), job_id
| sort writes desc""",
    "restarts": """\
filter (event = "job_changed" and what = "restarted") or (event = "job_moved" and code = "stuck")
| fields @timestamp, job_id, event, state, attempt, restarts, door
| sort @timestamp desc
| limit 100""",
}
