"""Where the local stack keeps what it has: state that is moved by FOREMAN_HOME, and caches that are not."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from attrs import frozen

PROJECT: Final = Path(__file__).resolve().parents[1]
CACHE: Final = PROJECT / ".foreman" / "cache"
_COMPLETE: Final = ".complete"


@frozen
class Home:
    """The state of one local stack. Only its owner may read it: it holds records and the API key."""

    root: Path

    @property
    def state_file(self) -> Path:
        """What is running, and what was created."""
        return self.root / "state.json"

    @property
    def lock_file(self) -> Path:
        """Held while the stack goes up or down."""
        return self.root / "lock"

    @property
    def log(self) -> Path:
        """What the emulator says."""
        return self.root / "emulator.log"

    @property
    def data(self) -> Path:
        """What the emulator stores."""
        return self.root / "data"

    @property
    def temporary(self) -> Path:
        """The emulator's TMPDIR: the functions' unpacked code is here."""
        return self.root / "tmp"

    @property
    def archives(self) -> Path:
        """The Lambda archives for this machine."""
        return self.root / "lambda"

    def make(self) -> None:
        """Make the folders, for their owner only."""
        for folder in (self.root, self.data, self.temporary):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def has_data(self) -> bool:
        """True when an emulator has stored something."""
        return self.data.is_dir() and any(self.data.iterdir())

    def remove_data(self) -> None:
        """Forget what the emulator stored."""
        shutil.rmtree(self.data, ignore_errors=True)


def home_at(path: Path | None) -> Home:
    """The home at `path`; else at FOREMAN_HOME; else in the project's `.foreman` folder."""
    chosen = path or os.environ.get("FOREMAN_HOME") or PROJECT / ".foreman" / "local"
    return Home(Path(chosen).resolve())


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """`folder`, filled by `make` if it is not there: whole or not at all, also with two commands at once."""
    if not (folder / _COMPLETE).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        try:
            make(half)
            (half / _COMPLETE).touch()
            half.chmod(0o755)
            if not (folder / _COMPLETE).exists():
                shutil.rmtree(folder, ignore_errors=True)
                half.rename(folder)
        except OSError:
            if not (folder / _COMPLETE).exists():  # else another command was faster
                raise
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return folder
