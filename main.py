"""`python main.py --file sample.csv --dry-run | --submit`: plan or load one file.

The work is done by `cli`. Where its packages are missing, `./foreman` makes `.venv`, whose Python takes over.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PYTHON = ROOT / ".venv" / "bin" / "python"


def take_over() -> None:
    """Run again with the Python of `.venv`; does not come back."""
    if Path(sys.prefix) == PYTHON.parents[1]:
        sys.exit("foreman: .venv is incomplete; remove it and run this again")
    ready = subprocess.run([str(ROOT / "foreman"), "--version"], stdout=subprocess.DEVNULL, check=False)  # noqa: S603
    if ready.returncode:
        sys.exit(ready.returncode)
    os.execv(PYTHON, [str(PYTHON), str(Path(__file__).resolve()), *sys.argv[1:]])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    try:
        from cli.script import main
    except ModuleNotFoundError:
        take_over()
    else:
        main()
