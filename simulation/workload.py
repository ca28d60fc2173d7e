"""What is done to a stack in one run: files are dropped and submitted, plans approved, single records edited.

Each kind of action is an entry of ACTIONS: a function that draws the rest from the seed.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from attrs import define, field

from foreman_core.errors import Unavailable
from foreman_core.identity import job_id
from foreman_core.schema.graphql import record_fields
from simulation.api import Told
from simulation.record import ANSWER, SCHEMA, File, drawn
from simulation.world import BUCKET, World

PATIENCE: Final = 6
"""Times that a person tries before giving up for now; the same request is made again at the end of a run."""

ONE, _, _, CREATE, UPDATE, DELETE = (name for _, name in record_fields(SCHEMA))
ENDED: Final = {"succeeded", "partially_succeeded", "failed", "cancelled", "needs_review"}
"""Where a job comes to rest by itself, with a notice; its undo is another job."""


@define
class Upload:
    """An object version with a known file in it, and how its job was asked for. `answered`: the request says
    how the columns are meant.
    """

    file: File
    job_id: str
    key: str
    version_id: str
    sequencer: str | None
    mode: str = "load"
    again: bool = False
    answered: bool = False


@define
class Edit:
    """A single edit that was asked for, under a name of its own; `values` is None for a deletion."""

    name: str
    verb: str
    key: str
    expected_version: int | None
    values: Mapping[str, Any] | None
    answer: str | None = None


@define
class Workload:
    """What is done in a run, and what was done so far. `remembered`: the stack was asked to remember the
    answer to the question that some files leave open.
    """

    world: World
    keys: tuple[str, ...]
    uploads: dict[str, Upload] = field(factory=dict[str, Upload])
    edits: dict[str, Edit] = field(factory=dict[str, Edit])
    unanswered: list[Callable[[], bool]] = field(factory=list[Callable[[], bool]])
    remembered: bool = False

    @property
    def random(self) -> Random:
        """The run's randomness."""
        return self.world.random

    def begin(self) -> None:
        """Draw the run's actions, and let each begin at its time."""
        spread = self.random.choice((0.1, 5.0, 60.0))
        for number in range(self.random.randint(2, 6)):
            action = self.random.choice(ACTIONS)
            self.world.kernel.spawn(
                f"{action.__name__}-{number}",
                lambda action=action, number=number: action(self, number),
                after=self.random.random() * spread,
            )

    def file(self) -> File:
        """A new file, or one that came before."""
        known = list(self.uploads.values())
        if known and self.random.random() < 0.2:  # noqa: PLR2004 - now and then
            return self.random.choice(known).file
        return drawn(self.random, self.keys)

    def record(
        self, file: File, key: str, *, mode: str = "load", again: bool = False, answered: bool = False
    ) -> Upload:
        """Store a file as an object, and remember what its job is."""
        version = self.world.s3.store(key, file.body)
        name = job_id(bucket=BUCKET, key=key, version_id=version.version_id)
        sequencer = version.sequencer if key.startswith("incoming/") else None
        upload = Upload(file, name, key, version.version_id, sequencer, mode, again, answered)
        self.uploads[name] = upload
        return upload

    def insist(self, request: Callable[[], bool]) -> None:
        """Make a request until it is answered, or patience is at its end."""
        for _ in range(PATIENCE):
            if request():
                return
            self.world.kernel.sleep(self.random.random() * 10)
        self.unanswered.append(request)

    def call(self, name: str, arguments: Mapping[str, object]) -> tuple[str, Any]:
        """Call the API: ("answer", data), ("told", error type) or ("nothing", None)."""
        try:
            return "answer", self.world.api.call(name, arguments)
        except Told as told:
            return "told", told.kind
        except Unavailable:
            return "nothing", None

    def ask_again(self) -> None:
        """Make the requests once more that were never answered."""
        for number, request in enumerate(self.unanswered):
            self.world.kernel.spawn(f"again-{number}", request)
        self.unanswered.clear()


def drop(work: Workload, _number: int) -> None:
    """Drop a file into the intake bucket; sometimes under the name of an earlier one."""
    work.record(work.file(), f"incoming/{work.random.choice('abc')} +ü.csv")


def drop_two_versions(work: Workload, number: int) -> None:
    """Drop two versions of one object, one shortly after the other."""
    key = f"incoming/versions-{number}.csv"
    work.record(work.file(), key)
    work.world.kernel.sleep(work.random.choice((0.0, 1.0, 20.0)))
    work.record(work.file(), key)


def submit(work: Workload, number: int) -> None:
    """Submit a file through the API, to load or to plan it; approve a plan, impatiently."""
    mode, again = work.random.choice(("load", "plan")), work.random.random() < 0.3  # noqa: PLR2004
    upload = work.record(work.file(), f"submitted/{number}/file.csv", mode=mode, again=again)
    _import(work, upload)
    if mode == "plan" and work.random.random() < 0.8:  # noqa: PLR2004
        work.insist(lambda: _approve(work, upload))


def _import(work: Workload, upload: Upload) -> None:
    arguments: dict[str, object] = {
        "key": upload.key,
        "version_id": upload.version_id,
        "name": "file.csv",
        "mode": upload.mode,
        "again": upload.again,
    }
    if upload.answered:
        arguments["options"] = {"mapping": ANSWER}
    work.insist(lambda: work.call("startImport", {"input": arguments})[0] != "nothing")


def ask(work: Workload, number: int) -> None:
    """Drop a file that leaves a question open; answer it for this file, for all such files, or not at all."""
    file = File(drawn(work.random, work.keys).rows, asks=True)
    upload = work.record(file, f"incoming/asking-{number}")
    for _ in range(work.random.randint(0, 2)):
        work.world.kernel.sleep(work.random.choice((0.5, 5.0, 60.0)))
        if work.random.random() < 0.5:  # noqa: PLR2004 - a coin
            _import(work, work.record(file, f"submitted/asking-{number}/file.csv", answered=True))
            continue
        work.remembered = True
        work.insist(lambda: work.call("rememberMapping", {"mapping": ANSWER})[0] != "nothing")
        work.insist(lambda: work.call("retryJob", {"id": upload.job_id})[0] != "nothing")


def _approve(work: Workload, upload: Upload) -> bool:
    kind, job = work.call("job", {"id": upload.job_id})
    if kind != "answer" or job is None or job["state"] not in {*ENDED, "planned", "loading"}:
        return False
    return job["state"] != "planned" or work.call("approvePlan", {"id": upload.job_id})[0] != "nothing"


def undo(work: Workload, _number: int) -> None:
    """Undo a job that was asked for before; sometimes only as a dry run first, sometimes the undo as well."""
    work.world.kernel.sleep(work.random.choice((0.5, 5.0, 60.0)))
    if not work.uploads:
        return
    job = work.random.choice(list(work.uploads))
    for _ in range(work.random.randint(1, 3)):
        dry_run = work.random.random() < 0.3  # noqa: PLR2004
        made: list[str] = []
        work.insist(lambda job=job, dry_run=dry_run, made=made: _undo(work, job, made, dry_run=dry_run))
        work.world.kernel.sleep(work.random.choice((0.0, 2.0, 60.0)))
        if made and not dry_run and work.random.random() < 0.5:  # noqa: PLR2004
            job = made[0]


def _undo(work: Workload, job: str, made: list[str], *, dry_run: bool) -> bool:
    kind, answer = work.call("undoJob", {"id": job, "dry_run": dry_run})
    if kind == "answer":
        made.append(answer["id"])
    return kind != "nothing"


def decide(work: Workload, _number: int) -> None:
    """Approve plans that wait for it, or cancel their jobs; often the same one more than once."""
    for _ in range(work.random.randint(1, 4)):
        work.world.kernel.sleep(work.random.choice((0.5, 5.0, 60.0)))
        waiting = [name for name, job in work.world.jobs().items() if job.get("awaits_approval")]
        if waiting:
            job = work.random.choice(waiting)
            name = "cancelJob" if work.random.random() < 0.2 else "approvePlan"  # noqa: PLR2004
            work.insist(lambda job=job, name=name: work.call(name, {"id": job})[0] != "nothing")


def retry_or_cancel(work: Workload, _number: int) -> None:
    """Ask for a job to be tried again or stopped, whatever it is doing."""
    for _ in range(work.random.randint(1, 3)):
        work.world.kernel.sleep(work.random.choice((0.5, 5.0, 60.0)))
        if not work.uploads:
            return
        job, name = work.random.choice(list(work.uploads)), work.random.choice(("retryJob", "cancelJob"))
        work.insist(lambda job=job, name=name: work.call(name, {"id": job})[0] != "nothing")


def edit(work: Workload, number: int) -> None:
    """Create, change or delete single records, as somebody does who has read them before."""
    for step in range(work.random.randint(1, 4)):
        key = work.random.choice(work.keys)
        kind, seen = work.call(ONE, {"id": key})
        work.world.kernel.sleep(work.random.choice((0.0, 0.5, 5.0)))
        if kind == "answer":
            _edit(work, key, seen, f"edit {number}.{step}")


def _edit(work: Workload, key: str, seen: Mapping[str, Any] | None, mark: str) -> None:
    values = {"name": mark, "amount": work.random.choice((None, 5, 6))}
    if seen is None:
        made = Edit(mark, "create", key, None, {"id": key, **values})
        request: tuple[str, dict[str, object]] = (CREATE, {"input": made.values})
    else:
        version = seen["_meta"]["version"]
        if work.random.random() < DELETIONS:
            made = Edit(mark, "delete", key, version, None)
            request = (DELETE, {"id": key, "expected_version": version})
        else:
            made = Edit(mark, "update", key, version, values)
            request = (UPDATE, {"id": key, "expected_version": version, "input": values})
    work.edits[mark] = made
    work.world.kernel.current.cause = mark
    kind, told = work.call(*request)
    made.answer = str(told) if kind == "told" else kind


DELETIONS: Final = 0.3
ACTIONS: Final[tuple[Callable[[Workload, int], None], ...]] = (
    drop,
    drop_two_versions,
    submit,
    submit,
    ask,
    undo,
    decide,
    retry_or_cancel,
    edit,
    edit,
)
