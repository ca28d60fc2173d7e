"""Who may import what: read off the source, so that a forbidden import fails before it is ever run."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"bundling", "cli", "components", "foreman_core", "handlers", "local", "service", "simulation"}

# package -> (the packages of ours that it may import, outside packages that it must not)
MAY_IMPORT: dict[str, set[str]] = {
    "foreman_core": set(),
    "handlers": {"foreman_core"},
    "components": {"foreman_core"},
    "bundling": set(),
    "local": {"bundling"},
    # what stands around handlers, and no handler: a test below
    "service": {"foreman_core", "handlers"},
    # the real handlers under the real state machine, on services of its own
    "simulation": {"foreman_core", "handlers", "components"},
    "cli": {"foreman_core", "local", "bundling", "simulation"},
}
MUST_NOT_IMPORT: dict[str, set[str]] = {
    "foreman_core": {"pulumi", "pulumi_aws", "boto3", "rich", "rich_click", "click"},
    "handlers": {"pulumi", "pulumi_aws", "rich", "rich_click", "click"},
    "components": {"boto3", "rich", "rich_click", "click", "gql"},
    "bundling": {"pulumi", "pulumi_aws", "boto3"},
    "service": {"pulumi", "pulumi_aws", "boto3", "rich", "rich_click", "click"},
    "local": {"rich", "rich_click", "click", "gql"},
    "simulation": {"pulumi", "pulumi_aws", "boto3", "rich", "rich_click", "click"},
    "cli": {"pulumi", "pulumi_aws"},
}

# inside foreman_core imports go one way: a part may import only parts that stand before it
LAYERS = [
    {"models"},
    {"errors"},
    {"schema"},
    {"reading"},
    {"mapping"},
    {"validation"},
    {"ahead", "file_events", "identity", "items", "pacing", "serialising"},
    {"audit", "receipt"},
    {"ledger_table", "leases", "tasks", "telling"},
    {"ledger", "remembered", "storage", "records", "api", "signing", "workflow"},
    {"notices"},
    {"planning", "inverse", "loading"},
    {"pipeline"},
    {"worker"},
]


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Absolute dotted names that a module imports, type-checking imports left out: they do not run."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a name comes from"
            module = node.module or ""
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", sorted(OURS))
def test_a_package_imports_only_what_its_place_allows(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    for path in modules(package):
        for name in imported(path):
            top = name.split(".", maxsplit=1)[0]
            where = f"{path.relative_to(ROOT)} imports {name}"
            assert top not in OURS - allowed, where
            assert top not in MUST_NOT_IMPORT[package], where


def test_components_take_only_the_pure_schema_part_of_the_runtime_library() -> None:
    for path in modules("components"):
        for name in imported(path):
            if name.startswith("foreman_core"):
                assert name.startswith("foreman_core.schema"), f"{path.relative_to(ROOT)} imports {name}"


def test_a_handler_does_not_import_another_handler() -> None:
    handlers = {path.stem for path in modules("handlers") if not path.stem.startswith("_")}
    for path in modules("handlers"):
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "handlers" and len(parts) > 1:
                assert parts[1] not in handlers, f"{path.relative_to(ROOT)} imports {name}"


def test_the_web_service_takes_no_handler_but_what_stands_around_them() -> None:
    for path in modules("service"):
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "handlers" and len(parts) > 1:
                assert parts[1].startswith("_"), f"{path.name} imports {name}"


def test_a_component_does_not_import_another_phase() -> None:
    phases = {path.stem for path in modules("components") if not path.stem.startswith("_")} - {"config"}
    for path in modules("components"):
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "components" and len(parts) > 1:
                assert parts[1] not in phases, f"{path.relative_to(ROOT)} imports {name}"


def test_the_simulator_takes_only_pure_parts_of_the_program() -> None:
    for path in modules("simulation"):
        for name in imported(path):
            if name.startswith("components"):
                assert name.startswith("components._state_machine"), f"{path.name} imports {name}"


def part_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "foreman_core" and len(parts) > 1 else None


def test_imports_inside_the_runtime_library_go_one_way() -> None:
    rank = {part: level for level, parts in enumerate(LAYERS) for part in parts}
    for path in modules("foreman_core"):
        inner = path.relative_to(ROOT / "foreman_core")
        own = inner.parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        assert own in rank, f"foreman_core/{own} has no place in LAYERS"
        for name in imported(path):
            part = part_of(name)
            if part and part != own and part in rank:
                assert rank[part] < rank[own], f"foreman_core/{inner} imports {name}"


def test_the_runtime_library_is_handed_its_aws_clients() -> None:
    for path in modules("foreman_core"):
        source = path.read_text(encoding="utf-8")
        assert ".client(" not in source, f"{path.relative_to(ROOT)} creates an AWS client"
        assert "os.environ" not in source, f"{path.relative_to(ROOT)} reads the environment"
