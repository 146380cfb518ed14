"""What reading a ledger costs.

python benchmarks/ledger.py [events, 100000 by default]

Each row is a process of its own: seconds to read and check the chain, seconds to replay, and how
much larger the process became.
"""

import itertools
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from whet.ledger import log
from whet.ledger.codec import Link, encode
from whet.model.event import Event, IdeaAdded
from whet.model.idea import Idea
from whet.plan.replay import replay
from whet.testing.events import campaign


def ideas(count: int) -> Iterator[Event]:
    """A campaign that only ever collected ideas: many small events."""
    yield from itertools.islice(campaign(1), 1)
    for number in range(count - 1):
        title = f"Idea number {number} is about the inner loop"
        yield IdeaAdded(at=1e9 + number, idea=Idea(id=f"I{number}", title=title))


def write(folder: Path, events: Iterator[Event]) -> None:
    """A ledger, without making each event durable."""
    link = Link()
    with (folder / log.FILE).open("wb") as file:
        for event in events:
            line, link = encode(event, link)
            file.write(line + b"\n")


def peak() -> float:
    """Megabytes this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(folder: Path) -> None:
    log.read(Path("/nonexistent"))
    before, start = peak(), time.perf_counter()
    events = log.read(folder)
    read = time.perf_counter()
    replay(events)
    done = time.perf_counter()
    size = (folder / log.FILE).stat().st_size / 1e6
    print(
        f"{len(events):8d} events {size:7.1f} MB   read {read - start:6.2f} s   "
        f"replay {done - read:6.2f} s   memory {peak() - before:6.0f} MB"
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    kinds = {
        "ideas only": lambda: ideas(count),
        "200 experiments of 40 pairs": lambda: campaign(200, pairs=40),
        "experiments of 8 pairs": lambda: itertools.islice(campaign(count, pairs=8), count),
    }
    for name, events in kinds.items():
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), events())
            print(f"{name:28}", end="", flush=True)
            subprocess.run([sys.executable, __file__, "--measure", folder], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
    else:
        main()
