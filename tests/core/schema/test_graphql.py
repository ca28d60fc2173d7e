"""The GraphQL API that a schema file makes, read back by graphql-core."""

import subprocess
import sys
from pathlib import Path

import graphql
import pytest
from attrs import evolve, fields

from foreman_core.models import Counts, Options
from foreman_core.schema import Field, RecordSchema, find_schema
from foreman_core.schema.graphql import (
    IMPORT_FIELDS,
    JOB_FIELDS,
    SUBSCRIPTION_FIELDS,
    graphql_schema,
    record_fields,
    record_selection,
    upsert_document,
    upsert_field,
)

ROOT = Path(__file__).parents[3]

# what AppSync brings itself: https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html
APPSYNC = """
directive @aws_api_key on OBJECT | FIELD_DEFINITION
directive @aws_iam on OBJECT | FIELD_DEFINITION
directive @aws_cognito_user_pools(cognito_groups: [String!]) on OBJECT | FIELD_DEFINITION
scalar AWSDate
scalar AWSDateTime
scalar AWSJSON
"""

EVERYONE = {"aws_api_key", "aws_iam", "aws_cognito_user_pools"}


def built(schema: RecordSchema, *, user_pool: bool = False) -> graphql.GraphQLSchema:
    """The schema as graphql-core has it; it refuses what the specification does not allow."""
    api = graphql.build_schema(APPSYNC + graphql_schema(schema, user_pool=user_pool))
    assert graphql.validate_schema(api) == []
    return api


@pytest.fixture
def customer() -> RecordSchema:
    return find_schema("customer")


@pytest.fixture
def api(customer: RecordSchema) -> graphql.GraphQLSchema:
    return built(customer)


def object_type(api: graphql.GraphQLSchema, name: str) -> graphql.GraphQLObjectType:
    found = api.type_map[name]
    assert isinstance(found, graphql.GraphQLObjectType)
    return found


def fields_of(api: graphql.GraphQLSchema, name: str) -> dict[str, str]:
    """A type's fields, with their types as they are written."""
    found = api.type_map[name]
    assert isinstance(found, graphql.GraphQLObjectType | graphql.GraphQLInputObjectType)
    return {field: str(of.type) for field, of in found.fields.items()}


def signature(api: graphql.GraphQLSchema, type_name: str, field: str) -> str:
    of = object_type(api, type_name).fields[field]
    arguments = ", ".join(f"{name}: {argument.type}" for name, argument in of.args.items())
    return f"({arguments}): {of.type}"


def directives(node: graphql.GraphQLObjectType | graphql.GraphQLField) -> set[str]:
    assert node.ast_node is not None
    return {directive.name.value for directive in node.ast_node.directives or ()}


def test_a_record_has_its_fields_under_their_own_names(api: graphql.GraphQLSchema) -> None:
    assert fields_of(api, "Customer") == {
        "customer_id": "ID!",
        "first_name": "String!",
        "last_name": "String!",
        "email": "String!",
        "phone": "String",
        "country": "String!",
        "postal_code": "String",
        "date_of_birth": "AWSDate",
        "signup_date": "AWSDate!",
        "plan": "String!",
        "annual_revenue": "Float",
        "tags": "[String!]",
        "_meta": "RecordMeta!",
    }


def test_an_input_takes_everything_and_demands_nothing(api: graphql.GraphQLSchema) -> None:
    types = fields_of(api, "CustomerInput")
    assert list(types) == list(find_schema("customer").by_name)
    assert not any(type_.endswith("!") for type_ in types.values())
    assert (types["date_of_birth"], types["annual_revenue"], types["tags"]) == (
        "String",
        "Float",
        "[String!]",
    )


def test_a_filter_asks_each_field_what_its_type_can_answer(api: graphql.GraphQLSchema) -> None:
    filters = fields_of(api, "CustomerFilter")
    assert list(filters) == [*find_schema("customer").by_name, "_job"]
    assert (filters["email"], filters["signup_date"]) == ("StringFilter", "StringFilter")
    assert (filters["annual_revenue"], filters["tags"], filters["_job"]) == (
        "NumberFilter",
        "ListFilter",
        "ID",
    )
    assert list(fields_of(api, "StringFilter")) == ["eq", "begins_with", "contains", "ge", "le"]
    assert set(fields_of(api, "StringFilter").values()) == {"String"}
    assert fields_of(api, "NumberFilter") == {"eq": "Float", "ge": "Float", "le": "Float"}
    assert fields_of(api, "ListFilter") == {"contains": "String"}


@pytest.mark.parametrize(
    ("type_name", "field", "expected"),
    [
        ("Query", "customer", "(id: ID!): Customer"),
        ("Query", "customers", "(filter: CustomerFilter, limit: Int, nextToken: String): CustomerPage!"),
        ("Query", "job", "(id: ID!): Job"),
        ("Query", "jobs", "(limit: Int, nextToken: String): JobPage!"),
        ("Mutation", "upsertCustomers", "(input: UpsertCustomersInput!): UpsertCustomersResult!"),
        ("Mutation", "createCustomer", "(input: CustomerInput!): Customer!"),
        (
            "Mutation",
            "updateCustomer",
            "(id: ID!, expected_version: Int!, input: CustomerInput!): Customer!",
        ),
        ("Mutation", "deleteCustomer", "(id: ID!, expected_version: Int!): Customer!"),
        ("Mutation", "startImport", "(input: StartImportInput!): Job!"),
        ("Mutation", "approvePlan", "(id: ID!): Job!"),
        ("Mutation", "rememberMapping", "(mapping: String!): RememberedMapping!"),
    ],
)
def test_operations(api: graphql.GraphQLSchema, type_name: str, field: str, expected: str) -> None:
    assert signature(api, type_name, field) == expected


@pytest.mark.parametrize(
    ("type_name", "expected"),
    [
        ("CustomerPage", {"items": "[Customer!]!", "nextToken": "String"}),
        (
            "RecordMeta",
            {
                "version": "Int!",
                "content_hash": "String!",
                "job_id": "ID",
                "row": "Int",
                "line": "Int",
                "file": "String",
                "created_at": "AWSDateTime!",
                "updated_at": "AWSDateTime!",
            },
        ),
        (
            "UpsertCustomersInput",
            {"job_id": "ID!", "file": "String!", "rows": "[UpsertCustomersRow!]!"},
        ),
        (
            "UpsertCustomersRow",
            {
                "row": "Int!",
                "line": "Int!",
                "expected_version": "Int",
                "record": "CustomerInput",
                "delete": "ID",
            },
        ),
        ("UpsertCustomersResult", {"outcomes": "[RowOutcome!]!"}),
        (
            "RowOutcome",
            {
                "row": "Int!",
                "id": "ID",
                "outcome": "String!",
                "version": "Int",
                "errorType": "String",
                "message": "String",
            },
        ),
        (
            "StartImportInput",
            {
                "key": "String!",
                "version_id": "String!",
                "name": "String!",
                "mode": "String!",
                "again": "Boolean",
                "options": "ImportOptionsInput",
            },
        ),
        (
            "ImportOptionsInput",
            {
                "encoding": "String",
                "delimiter": "String",
                "sheet": "String",
                "mapping": "String",
                "header": "Boolean",
            },
        ),
        ("RememberedMapping", {"signature": "ID!", "record_type": "String!"}),
        ("JobReason", {"code": "String!", "message": "String!", "command": "String"}),
        ("JobMoment", {"state": "String!", "at": "AWSDateTime!"}),
        ("JobPage", {"items": "[Job!]!", "nextToken": "String"}),
    ],
)
def test_types(api: graphql.GraphQLSchema, type_name: str, expected: dict[str, str]) -> None:
    assert fields_of(api, type_name) == expected


def test_a_job_says_and_an_import_takes_every_option(api: graphql.GraphQLSchema) -> None:
    names = {attribute.name for attribute in fields(Options)}
    assert set(fields_of(api, "JobOptions")) == names
    assert set(fields_of(api, "ImportOptionsInput")) == names


def test_a_job_counts_everything_that_the_ledger_counts(api: graphql.GraphQLSchema) -> None:
    assert fields_of(api, "JobCounts") == {attribute.name: "Int!" for attribute in fields(Counts)}


def test_a_job_says_what_clients_ask_for(api: graphql.GraphQLSchema) -> None:
    document = graphql.parse("""{ job(id: "1") {
        id state mode record_type plan_id chunks duplicate_of created_at updated_at notified_at again
        issues_by_code issues_by_field source { bucket key version_id name bytes sha256 }
        counts { read pending } reason { code message } timeline { state at } } }""")
    assert graphql.validate(api, document) == []
    job = fields_of(api, "Job")
    assert (job["source"], job["counts"], job["timeline"]) == ("JobSource!", "JobCounts!", "[JobMoment!]!")
    assert (job["issues_by_code"], job["chunks"], job["again"]) == ("AWSJSON!", "Int!", "Boolean!")
    assert fields_of(api, "JobSource")["bytes"] == "Float"


def test_every_field_has_exactly_one_resolver(customer: RecordSchema, api: graphql.GraphQLSchema) -> None:
    bound = [*record_fields(customer), *JOB_FIELDS, *IMPORT_FIELDS, *SUBSCRIPTION_FIELDS]
    there = [(name, field) for name in ("Query", "Mutation") for field in object_type(api, name).fields]
    assert sorted(bound) == sorted(there)


@pytest.mark.parametrize(
    ("user_pool", "people"), [(False, EVERYONE - {"aws_cognito_user_pools"}), (True, EVERYONE)]
)
def test_people_reach_everything_but_the_upsert(
    customer: RecordSchema,
    user_pool: bool,  # noqa: FBT001
    people: set[str],
) -> None:
    api = built(customer, user_pool=user_pool)
    for name in ("Query", "Mutation"):
        for field, of in object_type(api, name).fields.items():
            assert directives(of) == ({"aws_iam"} if field == "upsertCustomers" else people), field
    for name, type_ in api.type_map.items():
        if not isinstance(type_, graphql.GraphQLObjectType) or name.startswith("__"):
            continue
        for_iam = name in {"UpsertCustomersResult", "RowOutcome"}
        expected: set[str] = set() if name in {"Query", "Mutation"} else {"aws_iam"} if for_iam else people
        assert directives(type_) == expected, name


def test_titles_and_descriptions_become_documentation(api: graphql.GraphQLSchema) -> None:
    record = object_type(api, "Customer")
    assert record.description == "Customer"
    assert record.fields["email"].description == "E-mail address"
    assert record.fields["phone"].description == (
        "Phone number. Stored as E.164. "
        "A number without its country code is read as one of the customer's country"
    )


def test_documentation_cannot_break_out_of_its_quotes(customer: RecordSchema) -> None:
    title = 'A "title"\nwith """three""" and \\ and } type Query { x: Int'
    odd = evolve(
        customer, title=title, fields=(evolve(customer.fields[0], title=title), *customer.fields[1:])
    )
    record = object_type(built(odd), "Customer")
    assert record.description == " ".join(title.split())
    assert record.fields["customer_id"].description == " ".join(title.split())


def test_the_text_is_the_same_for_the_same_schema() -> None:
    command = """
from foreman_core.schema import find_schema
from foreman_core.schema.graphql import graphql_schema
print(graphql_schema(find_schema('customer'), user_pool=True), end='')"""
    runs = {
        subprocess.run(
            [sys.executable, "-c", command],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        ).stdout
        for seed in ("1", "2")
    }
    assert runs == {graphql_schema(find_schema("customer"), user_pool=True)}


def test_the_generator_needs_neither_yaml_nor_cattrs() -> None:
    command = "import sys, foreman_core.schema.graphql; print(*{'yaml', 'cattrs'} & set(sys.modules))"
    said = subprocess.run(
        [sys.executable, "-c", command], check=True, capture_output=True, text=True, timeout=60, cwd=ROOT
    )
    assert said.stdout.strip() == ""


def test_the_documents_fit_the_api(customer: RecordSchema, order: RecordSchema) -> None:
    for schema in (customer, order):
        api = built(schema)
        page = next(field for type_, field in record_fields(schema)[1:] if type_ == "Query")
        read = graphql.parse(f"{{ {page} {{ items {{ {record_selection(schema)} }} }} }}")
        assert graphql.validate(api, read) == []
        assert graphql.validate(api, graphql.parse(upsert_document(schema))) == []


def test_a_record_is_read_with_all_its_fields(customer: RecordSchema, api: graphql.GraphQLSchema) -> None:
    selected, _, meta = record_selection(customer).partition(" _meta ")
    assert selected.split() == list(customer.by_name)
    assert meta.strip("{} ").split() == list(fields_of(api, "RecordMeta"))


def test_an_upsert_asks_for_everything_that_became_of_a_row(
    customer: RecordSchema, api: graphql.GraphQLSchema
) -> None:
    document = upsert_document(customer)
    assert document == (
        "mutation UpsertCustomers($input: UpsertCustomersInput!) { upsertCustomers(input: $input) "
        "{ outcomes { row id outcome version errorType message } } }"
    )
    assert all(name in document for name in fields_of(api, "RowOutcome"))
    assert upsert_field(customer) == "upsertCustomers"


def test_another_record_type_has_an_api_of_its_own(order: RecordSchema) -> None:
    api = built(order, user_pool=True)
    assert fields_of(api, "PurchaseOrder") == {
        "number": "ID!",
        "reference": "String",
        "supplier": "String",
        "state": "String",
        "urgent": "Boolean",
        "ordered": "AWSDate",
        "due": "AWSDate",
        "sent": "AWSDateTime",
        "total": "Float",
        "parts": "[String!]",
        "country": "String",
        "contact": "String",
        "depot": "String",
        "_meta": "RecordMeta!",
    }
    assert fields_of(api, "PurchaseOrderInput")["sent"] == "String"
    assert fields_of(api, "PurchaseOrderFilter")["urgent"] == "BooleanFilter"
    assert upsert_field(order) == "upsertPurchaseOrders"
    assert record_fields(order) == (
        ("Query", "purchaseOrder"),
        ("Query", "purchaseOrders"),
        ("Mutation", "upsertPurchaseOrders"),
        ("Mutation", "createPurchaseOrder"),
        ("Mutation", "updatePurchaseOrder"),
        ("Mutation", "deletePurchaseOrder"),
    )
    # whose files a subscription is about has nothing to do with the record type
    subscriptions = "  customer: String", "this customer's files"
    text = graphql_schema(order, user_pool=True)
    for about in subscriptions:
        text = text.replace(about, "")
    assert "ustomer" not in text


def test_a_warning_may_leave_a_required_field_blank(order: RecordSchema) -> None:
    """`state` is required and only warned about: as `String!` one blank would take the whole page away."""
    assert order.field("state").required
    assert fields_of(built(order), "PurchaseOrder")["state"] == "String"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 2**31 - 1, "Int"),
        (-(2**31), 5, "Int"),
        (0, 2**31, "Float"),
        (-(2**31) - 1, 0, "Float"),
        (0, None, "Float"),
        (None, 5, "Float"),
    ],
)
def test_an_integer_is_an_int_only_when_it_is_bounded_within_32_bit(
    order: RecordSchema, low: int | None, high: int | None, expected: str
) -> None:
    count = Field(name="count", type="integer")
    bounded = evolve(count, constraints=evolve(count.constraints, minimum=low, maximum=high))
    api = built(evolve(order, fields=(*order.fields, bounded)))
    assert fields_of(api, "PurchaseOrder")["count"] == expected
    assert fields_of(api, "PurchaseOrderInput")["count"] == "Float"


def test_filters_that_nothing_uses_are_left_out(customer: RecordSchema, order: RecordSchema) -> None:
    assert "BooleanFilter" not in built(customer).type_map
    assert "BooleanFilter" in built(order).type_map
