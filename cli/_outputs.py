"""Files that a command writes: whole or not at all, and never over what it reads."""

import os
import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from attrs import frozen

from foreman_core.errors import Refused


def check_outputs(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Refused when an output is also an input, is named twice, or cannot be replaced as a file."""
    taken: dict[Path, str] = {path.resolve(): f"{path} is read" for path in inputs}
    for path in outputs:
        resolved = path.resolve()
        clash = taken.get(resolved) or _same(path, inputs)
        if clash:
            raise Refused("output", f"{path} cannot be written: {clash}. Name another file.")
        if resolved.exists() and not resolved.is_file():
            raise Refused("output", f"{path} cannot be written: it is not a file. Name another path.")
        if not resolved.parent.is_dir():
            raise Refused(
                "output", f"{path} cannot be written: there is no folder {path.parent}. Make it first."
            )
        taken[resolved] = f"{path} is named for two outputs"


def _same(path: Path, inputs: Sequence[Path]) -> str:
    """Two names of one file: hard links, or a file system that ignores case."""
    if not path.exists():
        return ""
    return next(
        (f"it is {given}, which is read" for given in inputs if given.exists() and path.samefile(given)), ""
    )


@contextmanager
def replacing(*paths: Path | None) -> Generator[list[BinaryIO | None]]:
    """Streams beside the files at `paths` (None for None); they take the files' places when all went well.

    Only the owner may read a new file: it holds what senders' files hold.
    """
    with ExitStack() as stack:
        parts = [None if path is None else stack.enter_context(_part(path.resolve())) for path in paths]
        yield [None if part is None else part.stream for part in parts]
        for part in parts:
            if part is not None:
                part.stream.close()
        for part in parts:
            if part is not None:
                part.path.replace(part.final)


@frozen
class _Part:
    stream: BinaryIO
    path: Path
    final: Path


@contextmanager
def _part(final: Path) -> Generator[_Part]:
    handle, name = tempfile.mkstemp(prefix=f".{final.name[:100]}.", suffix=".part", dir=final.parent)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield _Part(stream, path, final)
    finally:
        path.unlink(missing_ok=True)
