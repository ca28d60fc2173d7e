"""The command: `python -m benchmarks.scale --scenario large --rows 1000000`."""

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.scale.client import running
from benchmarks.scale.scenarios import SCENARIOS, Given


def main() -> int:
    """Run scenarios one after the other on one stack; 0 when all that they found is as it must be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--scenario", choices=SCENARIOS, action="append", help="default: all")
    parser.add_argument("--rows", type=int, default=10_000, help="of each file of large, same and latency")
    parser.add_argument("--files", type=int, default=20, help="of many, and drops of latency")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="where the stack keeps what it has; default: a new folder")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    given = parser.parse_args()
    # who is asked to end takes the stack along
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    holds, figures = True, {}
    with tempfile.TemporaryDirectory(prefix="foreman-scale-", dir=given.home) as folder:
        home = Path(folder) / "home"
        with running(home) as client:
            for number, name in enumerate(given.scenario or SCENARIOS):
                seed = given.seed * 100 + number * 10
                judgement = SCENARIOS[name](
                    Given(client=client, folder=Path(folder), rows=given.rows, files=given.files, seed=seed)
                )
                print(f"\n{name}", *judgement.lines(), sep="\n", flush=True)  # noqa: T201 - this is a command
                holds, figures[name] = holds and judgement.holds, judgement.figures
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
