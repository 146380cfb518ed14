"""How long a person waits for the command line, beside an interpreter that does nothing.

python benchmarks/startup.py [rounds, 15 by default]

The commands take turns, so that a slow minute of the machine slows down all of them.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from long_campaign import long_campaign

EXPERIMENTS = 1000


COMPLETING = {"_WHET_COMPLETE": "bash_complete", "COMP_WORDS": "whet why E9", "COMP_CWORD": "2"}
"""What a shell sets when the Tab key is pressed."""


def seconds(arguments: list[str], folder: Path, more: Mapping[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, stdout=subprocess.DEVNULL, check=True,
        env={**os.environ, **more},
    )  # fmt: skip
    return time.perf_counter() - start


def main(rounds: int) -> None:
    folder = long_campaign(EXPERIMENTS)
    commands = {
        "bare interpreter": ["-c", ""],
        "whet --help": ["-m", "whet", "--help"],
        f"whet status, {EXPERIMENTS} experiments": ["-m", "whet", "status"],
        f"completing, {EXPERIMENTS} experiments": ["-m", "whet"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, arguments in commands.items():
            taken[name].append(seconds(arguments, folder, _more(name)))
    bare = statistics.median(taken["bare interpreter"][1:])
    for name, values in taken.items():
        middle = statistics.median(values[1:])  # the first one fills caches
        print(
            f"{name:32}{1000 * middle:7.0f} ms   least {1000 * min(values):5.0f} ms   "
            f"over bare {1000 * (middle - bare):5.0f} ms   ratio {middle / bare:5.1f}"
        )


def _more(name: str) -> Mapping[str, str]:
    return COMPLETING if name.startswith("completing") else {}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
