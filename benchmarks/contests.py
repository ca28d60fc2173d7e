"""What is measured: which contenders, on which files."""

from pathlib import Path
from typing import Final, Literal

from attrs import frozen

ROOT: Final = Path(__file__).resolve().parents[1]
WORK: Final = ROOT / ".foreman" / "bench"
PEERS: Final = ROOT / ".foreman" / "bench-venv"
PEERS_PYTHON: Final = PEERS / "bin" / "python"
FOREMAN: Final = ROOT / ".venv" / "bin" / "foreman"
BASE: Final = "bare_polars"

_CUSTOMER: Final = ROOT / "schemas" / "customer.yaml"
SHAPE_SCHEMA: Final = WORK / "customer-phone-shape.yaml"
"""schemas/customer.yaml, but of phones only the shape is looked at."""
_PHONE: Final = "    format: phone\n"
_COUNTRY_FIELD: Final = "      country-field: country\n"

Phones = Literal["library", "shape"]


@frozen
class Contest:
    """A file, and who reads it. `pairs` are measured at most, of slow contenders fewer."""

    name: str
    title: str
    rows: int
    contenders: tuple[str, ...]
    variant: str = "mixed"
    phones: Phones = "library"
    pairs: int = 5

    @property
    def file(self) -> Path:
        """The file, which the runner makes."""
        return WORK / f"{self.variant}-{self.rows}.csv"


_IN_PYTHON: Final = ("python_loop", "pydantic_model")
_ON_FRAMES: Final = ("polars_rules", "dataframely_schema", "pandera_schema", "duckdb_sql")
_VALIDATORS: Final = ("foreman", *_ON_FRAMES, *_IN_PYTHON)

CONTESTS: Final = (
    Contest("small", "1,000 rows", 1_000, (*_VALIDATORS, "frictionless_schema"), pairs=7),
    Contest("middle", "100,000 rows", 100_000, ("bare_polars_blocks", *_VALIDATORS, "frictionless_schema")),
    Contest(
        "shape",
        "100,000 rows, phones only by their shape",
        100_000,
        (*_VALIDATORS, "frictionless_schema"),
        phones="shape",
    ),
    Contest("even", "100,000 rows, all with twelve cells", 100_000, ("foreman",), variant="even"),
    Contest(
        "quoted", "100,000 rows, quoted names with commas and line feeds", 100_000, ("foreman",), "quoted"
    ),
    Contest("crlf", "100,000 rows, lines that end with CR LF", 100_000, ("foreman",), "crlf"),
    Contest(
        "large",
        "1,000,000 rows",
        1_000_000,
        ("bare_polars_blocks", *_VALIDATORS, "foreman_accepted", "frictionless_schema"),
    ),
    Contest(
        "large-shape",
        "1,000,000 rows, phones only by their shape",
        1_000_000,
        ("foreman", "polars_rules", "duckdb_sql"),
        phones="shape",
    ),
    Contest("huge", "10,000,000 rows", 10_000_000, ("bare_polars_blocks", "foreman"), pairs=1),
)


def command_of(contender: str, contest: Contest, flags: Path | None = None) -> list[str]:
    """What is run; `flags` is where the flags go, when they are wanted."""
    if contender.startswith("foreman"):
        return _foreman(contender, contest, flags)
    command = [str(PEERS_PYTHON), "-m", f"benchmarks.contenders.{contender}", str(contest.file)]
    return [*command, "--phones", contest.phones, *(() if flags is None else ("--flags", str(flags)))]


def write_shape_schema() -> None:
    """schemas/customer.yaml, but for phones, of which only the shape is looked at."""
    from benchmarks.contenders._rules import PHONE  # noqa: PLC0415 - needed here only

    text = _CUSTOMER.read_text(encoding="utf-8")
    if text.count(_PHONE) != 1 or text.count(_COUNTRY_FIELD) != 1:
        raise ValueError(f"{_CUSTOMER} no longer has one phone field as the benchmarks expect it")
    text = text.replace(_PHONE, f"    constraints: {{pattern: '{PHONE.strip('^$')}'}}\n")
    SHAPE_SCHEMA.write_text(text.replace(_COUNTRY_FIELD, ""), encoding="utf-8")


def _foreman(contender: str, contest: Contest, flags: Path | None) -> list[str]:
    command = [str(FOREMAN), "check", str(contest.file), "--json"]
    if contest.phones == "shape":
        command += ["--schema", str(SHAPE_SCHEMA)]
    if contender == "foreman_accepted":
        command += ["--accepted", str(WORK / "accepted.jsonl")]
    return command if flags is None else [*command, "--issues", str(flags)]
