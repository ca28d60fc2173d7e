"""A record type's GraphQL API: AppSync's schema language, its fields by resolver, and the loader's documents.

Everything is made from the schema file alone. Scalars and directives are AppSync's:
https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html
https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from foreman_core.models import Counts
from foreman_core.schema.model import DATE_TYPES, Field, FieldType, RecordSchema

Line = tuple[str, str | None]
"""One field of a type: `name: Type`, and what the documentation says of it."""

JOB_FIELDS: Final = (("Query", "job"), ("Query", "jobs"), ("Query", "jobAudit"), ("Query", "jobProgress"))
"""(type, field) of what the ledger answers."""

IMPORT_FIELDS: Final = tuple(
    ("Mutation", name)
    for name in ("startImport", "approvePlan", "undoJob", "retryJob", "cancelJob", "rememberMapping")
)
"""(type, field) of what starts or continues a job, and says how files are read."""

SUBSCRIPTION_FIELDS: Final = (
    ("Query", "subscriptions"),
    *(("Mutation", f"{what}Subscription") for what in ("add", "remove", "test")),
)
"""(type, field) of who is told of the ends of jobs."""

_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1  # https://spec.graphql.org/October2021/#sec-Int

_META: Final[tuple[Line, ...]] = (
    ("version: Int!", "Counts the writes of this record from 1"),
    ("content_hash: String!", "The hash of the values"),
    ("job_id: ID", "The job that wrote it; null after a single edit"),
    ("row: Int", "The row of the file that it came from, counted from 1"),
    ("line: Int", "The physical line on which that row starts"),
    ("file: String", "The name of that file"),
    ("created_at: AWSDateTime!", None),
    ("updated_at: AWSDateTime!", None),
)

_OUTPUT_TYPES: Final[dict[FieldType, str]] = {
    "string": "String",
    "number": "Float",
    "integer": "Float",
    "boolean": "Boolean",
    "date": "AWSDate",
    "datetime": "AWSDateTime",
    "list": "[String!]",
}

_FILTER_TYPES: Final[dict[FieldType, str]] = {
    "number": "NumberFilter",
    "integer": "NumberFilter",
    "boolean": "BooleanFilter",
    "list": "ListFilter",
}

_FILTERS: Final[dict[str, tuple[Line, ...]]] = {
    "StringFilter": tuple(
        (f"{operator}: String", None) for operator in ("eq", "begins_with", "contains", "ge", "le")
    ),
    "NumberFilter": tuple((f"{operator}: Float", None) for operator in ("eq", "ge", "le")),
    "BooleanFilter": (("eq: Boolean", None),),
    "ListFilter": (("contains: String", None),),
}

_OUTCOME: Final[tuple[Line, ...]] = (
    ("row: Int!", None),
    ("id: ID", None),
    ("outcome: String!", "applied, already_applied, conflict or rejected"),
    ("version: Int", "The version that the record has now"),
    ("errorType: String", None),
    ("message: String", None),
)

_OPTIONS: Final[tuple[Line, ...]] = (
    ("encoding: String", None),
    ("delimiter: String", "The character between cells"),
    ("sheet: String", "The sheet of a workbook, by name or by number from 1"),
    ("mapping: String", "A mapping file, as JSON"),
)
_HEADER: Final = "Whether a line names the columns"

_JOB_TYPES: Final[dict[str, tuple[Line, ...]]] = {
    "Job": (
        ("id: ID!", None),
        ("state: String!", "Where the job stands, from received to succeeded"),
        ("mode: String!", "load, plan for a dry run, or undo"),
        ("record_type: String!", None),
        ("source: JobSource!", None),
        ("created_at: AWSDateTime!", None),
        ("updated_at: AWSDateTime!", None),
        ("counts: JobCounts!", None),
        ("again: Boolean!", "Whether content that was loaded before may be loaded again"),
        ("options: JobOptions!", "How the file is read, as far as somebody has said it"),
        ("plan_id: ID", "The hash that seals the plan"),
        ("chunks: Int!", None),
        ("reason: JobReason", "Why it ended as it did"),
        ("duplicate_of: ID", "The job that has the same content"),
        ("undoes: ID", "The job that this one puts back"),
        ("dry_run: Boolean!", "Whether an undo stops at its plan"),
        ("awaits_approval: Boolean!", "Whether its plan is loaded only once a person has approved it"),
        ("attempt: Int!", "The number of the execution that works on it, from 1"),
        ("cancelling: Boolean!", "Whether it stops before its next chunk"),
        ("corrects: ID", "The job whose rejected rows this one brings back"),
        ("corrections: Int!", "How many such jobs are in its counts"),
        ("audits: Int!", "How many events its audit trail has"),
        ("audit_head: String", "The hash of the last of them"),
        ("issues_by_code: AWSJSON!", None),
        ("issues_by_field: AWSJSON!", None),
        ("changes_by_field: AWSJSON!", "How many rows of the plan change each field"),
        ("timeline: [JobMoment!]!", None),
        ("notified_at: AWSDateTime", None),
    ),
    "JobSource": (
        ("bucket: String!", None),
        ("key: String!", None),
        ("version_id: String!", None),
        ("name: String!", None),
        ("bytes: Float", None),
        ("sha256: String", None),
    ),
    "JobCounts": tuple((f"{attribute.name}: Int!", None) for attribute in attrs.fields(Counts)),
    "JobReason": (
        ("code: String!", None),
        ("message: String!", None),
        ("command: String", "What to type to go on, if a command does that"),
    ),
    "JobOptions": (*_OPTIONS, ("header: Boolean!", _HEADER)),
    "JobMoment": (("state: String!", None), ("at: AWSDateTime!", None)),
    "JobProgress": (
        ("planned: Int!", "Chunks that are planned"),
        ("loaded: Int!", "Those of them that are loaded"),
    ),
    "JobPage": (("items: [Job!]!", None), ("nextToken: String", None)),
}

_START_IMPORT: Final[tuple[Line, ...]] = (
    ("key: String!", "The object's key in the intake bucket"),
    ("version_id: String!", None),
    ("name: String!", "The file's own name"),
    ("mode: String!", "load, or plan for a dry run"),
    ("again: Boolean", "Load content that was loaded before"),
    ("options: ImportOptionsInput", "How the file is read; what is left out is found out"),
)

_REMEMBERED: Final[tuple[Line, ...]] = (
    ("signature: ID!", "What files with the same columns have in common"),
    ("record_type: String!", None),
)

_SUBSCRIPTION: Final[tuple[Line, ...]] = (
    ("id: ID!", None),
    ("channel: String!", "mail or webhook"),
    ("address: String!", "A mail address, or the URL of a webhook"),
    ("customer: String", "Whose files it is about: the folder under incoming/, or default; null for all"),
    ("on: [String!]!", "Of success, partial and failure"),
    ("digest: String!", "off, hourly or daily"),
    ("created_at: AWSDateTime!", None),
    ("delivered_at: AWSDateTime", "When something last got through"),
    ("failure: DeliveryFailure", "What last did not get through, if nothing has since"),
    ("secret: String", "What a webhook's signatures are made with; only in the answer to its addition"),
)

_FAILURE: Final[tuple[Line, ...]] = (
    ("at: AWSDateTime!", None),
    ("what: String!", None),
    ("attempt: Int!", "The number of the attempt, from 1"),
)

_ADD_SUBSCRIPTION: Final[tuple[Line, ...]] = (
    ("channel: String!", "mail or webhook"),
    ("address: String!", "A mail address, or the URL of a webhook"),
    ("customer: String", "Only this customer's files"),
    ("on: [String!]", "Of success, partial and failure; all when left out"),
    ("digest: String", "off, hourly or daily"),
)


def graphql_schema(schema: RecordSchema, *, user_pool: bool) -> str:
    """The API of one record type, in AppSync's schema language; the same text for the same schema.

    AWS_IAM is the default authorization. People come in by the API key too, and by the user pool if there is
    one; `upsert…` and the types that only it answers with are for IAM alone.
    """
    names = _Names(schema)
    people = " @aws_api_key @aws_iam" + (" @aws_cognito_user_pools" if user_pool else "")
    query, mutation = _operations(schema, names, people)
    doc = _doc(schema.title, schema.description)
    blocks = [
        "schema {\n  query: Query\n  mutation: Mutation\n}",
        _block("type", "Query", query),
        _block("type", "Mutation", mutation),
        _block(
            "type",
            names.type,
            _record_lines(schema),
            directives=people,
            doc=doc,
        ),
        _block("type", "RecordMeta", _META, directives=people, doc="Where a record comes from"),
        _block("type", names.page, _page_lines(names), directives=people),
        _block("input", names.filter, _filter_lines(schema), doc="Every condition must hold"),
        *(_block("input", name, _FILTERS[name]) for name in _filters_of(schema)),
        _block(
            "input", names.input, _input_lines(schema), doc="Values as they come: every fault is reported"
        ),
        _block("input", names.upsert_input, _upsert_lines(names)),
        _block("input", names.upsert_row, _row_lines(names)),
        _block("type", names.upsert_result, [("outcomes: [RowOutcome!]!", None)], directives=" @aws_iam"),
        _block("type", "RowOutcome", _OUTCOME, directives=" @aws_iam", doc="What became of one row"),
        *(_block("type", name, lines, directives=people) for name, lines in _JOB_TYPES.items()),
        _block("input", "StartImportInput", _START_IMPORT),
        _block("input", "ImportOptionsInput", (*_OPTIONS, ("header: Boolean", _HEADER))),
        _block("type", "RememberedMapping", _REMEMBERED, directives=people),
        _block("type", "NoticeSubscription", _SUBSCRIPTION, directives=people),
        _block("type", "DeliveryFailure", _FAILURE, directives=people),
        _block("input", "AddSubscriptionInput", _ADD_SUBSCRIPTION),
    ]
    return "\n\n".join(blocks) + "\n"


def record_fields(schema: RecordSchema) -> tuple[tuple[str, str], ...]:
    """(type, field) of what the records answer: reading, single edits, and the upsert."""
    names = _Names(schema)
    return (
        ("Query", names.one),
        ("Query", names.many),
        ("Mutation", names.upsert),
        ("Mutation", f"create{names.type}"),
        ("Mutation", f"update{names.type}"),
        ("Mutation", f"delete{names.type}"),
    )


def upsert_field(schema: RecordSchema) -> str:
    """The mutation that writes the rows of a chunk: `upsertCustomers`."""
    return _Names(schema).upsert


def record_selection(schema: RecordSchema) -> str:
    """Every field of a record, for the selection set of a query."""
    meta = " ".join(_name(line) for line, _ in _META)
    return " ".join([*schema.by_name, f"_meta {{ {meta} }}"])


def upsert_document(schema: RecordSchema) -> str:
    """The operation that sends a chunk; its one variable is `input`."""
    names = _Names(schema)
    outcome = " ".join(_name(line) for line, _ in _OUTCOME)
    operation = names.upsert[:1].upper() + names.upsert[1:]
    return (
        f"mutation {operation}($input: {names.upsert_input}!) "
        f"{{ {names.upsert}(input: $input) {{ outcomes {{ {outcome} }} }} }}"
    )


def name_clash(schema: RecordSchema) -> str | None:
    """The GraphQL name that this record type would define a second time, or None (`job` is taken)."""
    names = _Names(schema)
    types = ["Query", "Mutation", "Subscription", "RecordMeta", "RowOutcome", "StartImportInput"]
    types += ["ImportOptionsInput", "RememberedMapping", "NoticeSubscription", "DeliveryFailure"]
    types += ["AddSubscriptionInput"]
    types += [*_FILTERS, *_JOB_TYPES, *_SCALARS, *names.types]
    operations = [name for _, name in (*_FIXED_FIELDS, *record_fields(schema))]
    return next((name for group in (types, operations) for name in group if group.count(name) > 1), None)


_FIXED_FIELDS: Final = (*JOB_FIELDS, *IMPORT_FIELDS, *SUBSCRIPTION_FIELDS)

_SCALARS: Final = (
    "ID",
    "Int",
    "Float",
    "String",
    "Boolean",
    "AWSDate",
    "AWSTime",
    "AWSDateTime",
    "AWSTimestamp",
    "AWSEmail",
    "AWSJSON",
    "AWSURL",
    "AWSPhone",
    "AWSIPAddress",
)


class _Names:
    """What the types and operations of a record type are called."""

    def __init__(self, schema: RecordSchema) -> None:
        plural = "".join(part[:1].upper() + part[1:] for part in re.split(r"[_-]+", schema.plural))
        self.type = schema.type_name
        self.one = _lower_first(self.type)
        self.many = _lower_first(plural)
        self.page = f"{self.type}Page"
        self.filter = f"{self.type}Filter"
        self.input = f"{self.type}Input"
        self.upsert = f"upsert{plural}"
        self.upsert_input = f"Upsert{plural}Input"
        self.upsert_row = f"Upsert{plural}Row"
        self.upsert_result = f"Upsert{plural}Result"
        self.types = (
            self.type,
            self.page,
            self.filter,
            self.input,
            self.upsert_input,
            self.upsert_row,
            self.upsert_result,
        )


def _operations(schema: RecordSchema, names: _Names, people: str) -> tuple[list[Line], list[Line]]:
    one, record = (schema.title or names.type).lower(), names.type
    edit = f"id: ID!, expected_version: Int!, input: {names.input}!"
    query: list[Line] = [
        (f"{names.one}(id: ID!): {record}{people}", f"The {one} with this key"),
        (f"{names.many}(filter: {names.filter}, limit: Int, nextToken: String): {names.page}!{people}", None),
        (f"job(id: ID!): Job{people}", "One file on its way"),
        (f"jobs(limit: Int, nextToken: String): JobPage!{people}", "The newest first"),
        (
            f"jobAudit(id: ID!): [String!]!{people}",
            "The job's audit trail: JSON, each event with the hash of the one before",
        ),
        (f"jobProgress(id: ID!): JobProgress!{people}", "How far its chunks are; to be asked now and then"),
        (f"subscriptions: [NoticeSubscription!]!{people}", "Who is told of the ends of jobs"),
    ]
    mutation: list[Line] = [
        (
            f"{names.upsert}(input: {names.upsert_input}!): {names.upsert_result}! @aws_iam",
            "Write the rows of a chunk, each on the version that its plan saw",
        ),
        (f"create{record}(input: {names.input}!): {record}!{people}", f"Add one {one}"),
        (f"update{record}({edit}): {record}!{people}", f"Change one {one}"),
        (f"delete{record}(id: ID!, expected_version: Int!): {record}!{people}", f"Remove one {one}"),
        (f"startImport(input: StartImportInput!): Job!{people}", "Import an object of the intake bucket"),
        (f"approvePlan(id: ID!): Job!{people}", "Load exactly the plan that the job holds"),
        (
            f"undoJob(id: ID!, dry_run: Boolean): Job!{people}",
            "The job that puts back what another did",
        ),
        (f"retryJob(id: ID!): Job!{people}", "Let a job go on where it stopped"),
        (f"cancelJob(id: ID!): Job!{people}", "Stop a job before anything more is stored"),
        (
            f"rememberMapping(mapping: String!): RememberedMapping!{people}",
            "Read files with the columns of this mapping file's header so from now on; the file is in JSON",
        ),
        (
            f"addSubscription(input: AddSubscriptionInput!): NoticeSubscription!{people}",
            "Have somebody told of the ends of jobs",
        ),
        (f"removeSubscription(id: ID!): NoticeSubscription!{people}", "Tell somebody no more"),
        (f"testSubscription(id: ID!): NoticeSubscription!{people}", "Send a test"),
    ]
    return query, mutation


def _record_lines(schema: RecordSchema) -> Iterator[Line]:
    for field in schema.fields:
        certain = "!" if field.required and field.severity == "error" else ""
        type_ = "ID" if field.name == schema.primary_key else _output_type(field)
        yield f"{field.name}: {type_}{certain}", _doc(field.title, field.description)
    yield "_meta: RecordMeta!", "Where the record comes from"


def _input_lines(schema: RecordSchema) -> Iterator[Line]:
    for field in schema.fields:
        is_key = field.name == schema.primary_key and field.type == "string"
        yield f"{field.name}: {'ID' if is_key else _input_type(field)}", _doc(field.title, field.description)


def _filter_lines(schema: RecordSchema) -> Iterator[Line]:
    for field in schema.fields:
        yield f"{field.name}: {_filter_type(field)}", None
    yield "_job: ID", "Records that this job wrote last"


def _filters_of(schema: RecordSchema) -> list[str]:
    used = {_filter_type(field) for field in schema.fields}
    return [name for name in _FILTERS if name in used]


def _page_lines(names: _Names) -> list[Line]:
    return [(f"items: [{names.type}!]!", None), ("nextToken: String", "Where the next page starts")]


def _upsert_lines(names: _Names) -> list[Line]:
    return [("job_id: ID!", None), ("file: String!", None), (f"rows: [{names.upsert_row}!]!", None)]


def _row_lines(names: _Names) -> list[Line]:
    return [
        ("row: Int!", None),
        ("line: Int!", None),
        ("expected_version: Int", "Null when the key was never used"),
        (f"record: {names.input}", "The whole record to be"),
        ("delete: ID", "Instead of a record: the key of the one to delete"),
    ]


def _output_type(field: Field) -> str:
    return "Int" if _fits_int(field) else _OUTPUT_TYPES[field.type]


def _input_type(field: Field) -> str:
    """As lenient as GraphQL can be: what is out of range or no date is for our validation to say."""
    if field.type in DATE_TYPES:
        return "String"
    return _OUTPUT_TYPES[field.type]


def _filter_type(field: Field) -> str:
    return _FILTER_TYPES.get(field.type, "StringFilter")


def _fits_int(field: Field) -> bool:
    low, high = field.constraints.minimum, field.constraints.maximum
    bounded = isinstance(low, int) and isinstance(high, int) and low >= _INT_MIN and high <= _INT_MAX
    return field.type == "integer" and bounded


def _block(
    kind: str, name: str, lines: Iterable[Line], *, directives: str = "", doc: str | None = None
) -> str:
    body = "\n".join(f"{_quoted(text, indent='  ')}  {line}" for line, text in lines)
    return f"{_quoted(doc)}{kind} {name}{directives} {{\n{body}\n}}"


def _doc(title: str | None, description: str | None) -> str | None:
    text = ". ".join(part.strip().rstrip(".") for part in (title, description) if part and part.strip())
    return text or None


def _quoted(text: str | None, *, indent: str = "") -> str:
    """A description on a line of its own. GraphQL's strings escape as JSON's do."""
    return f"{indent}{json.dumps(' '.join(text.split()), ensure_ascii=False)}\n" if text else ""


def _name(line: str) -> str:
    return re.split(r"[(:]", line, maxsplit=1)[0]


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
