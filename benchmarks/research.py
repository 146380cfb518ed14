"""What searching costs, and how many requests a reading takes, cold and warm.

python benchmarks/research.py [documents, 10000 by default]

Services are servers on this machine that answer in the documented shapes, so requests and bytes are
what counts here, not seconds.
"""

import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from readers.inquiries import inquiry
from support import papers
from support.loopback import HandClock, Says, serving
from whet.ledger.library import Library
from whet.model.research import Document
from whet.readers.answers import Answers
from whet.readers.door import Door
from whet.readers.issues import Issues
from whet.readers.manners import Manners
from whet.readers.papers import Papers
from whet.readers.services import NAMES, services
from whet.steps.gather import ask

WORDS = [f"{a}{b}{c}" for a in ("al", "be", "ga", "de", "ep") for b in ("ro", "mi", "ta", "go")
         for c in ("n", "x", "l", "r", "p", "s", "k", "d")]  # fmt: skip


def documents(count: int) -> list[Document]:
    """Texts of some 300 words, a few names in each."""
    chance = random.Random(1)
    return [
        Document(
            key=f"pr:o/n#{number}", reader="issues", kind="pull-request",
            title=" ".join(chance.choices(WORDS, k=8)), locator=f"https://x/{number}",
            text=" ".join(chance.choices(WORDS, k=300)),
            names=tuple("_".join(chance.choices(WORDS, k=3)) for _ in range(4)),
        )
        for number in range(count)
    ]  # fmt: skip


def search(count: int) -> None:
    """Index and search."""
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        made = documents(count)
        started = time.process_time()
        library.add(made)
        library.count()
        print(f"index {count} documents: {time.process_time() - started:.2f} CPU s")
        chance = random.Random(2)
        taken = []
        for _ in range(200):
            text = "_".join(chance.choices(WORDS, k=3))
            started = time.process_time()
            library.search(text)
            taken.append(time.process_time() - started)
        taken.sort()
        print(
            f"search: median {1000 * taken[100]:.1f} ms, slowest {1000 * taken[-1]:.1f} ms of CPU"
        )
        size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 2**20
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"on disk {size:.0f} MB, in memory {peak:.0f} MB at most")


def says(heard: object) -> Says:
    """GitHub and three services of papers; what has a validator is not sent twice."""
    path = heard.path
    if heard.headers.get("if-none-match"):
        return Says(b"", 304)
    if "/search/issues" in path:
        found = [papers.issue(n, f"Faster rms norm {n}", "9% faster") for n in range(30)]
        return Says(papers.issues(*found), headers={"ETag": '"1"'})
    if "/reviews" in path or "/comments" in path:
        return Says(json.dumps([papers.review("Is it slower?")]).encode(), headers={"ETag": '"1"'})
    if "api/query" in path:
        return Says(papers.atom(*(papers.entry(number=f"2401.{n:05d}") for n in range(25))))
    if "/pdf/" in path:
        return Says(papers.pdf("A fused norm is 31% faster."))
    if "/works" in path:
        return Says(papers.works(*(papers.work(title=f"Norm {n}") for n in range(25))))
    return Says(papers.scholar(*(papers.known(title=f"Norm {n}") for n in range(25))))


def read(folder: Path, url: str, when: str) -> None:
    """One reading of issues and papers."""
    clock = HandClock()
    door = Door(
        answers=Answers(folder / "answers"),
        manners=Manners(folder=folder / "hosts", clock=clock, pause=clock.pause),
        clock=clock,
        services=services({}, dict.fromkeys(NAMES, url)),
        pause=clock.pause,
    )
    about = inquiry(repository="o/n", queries=("rms norm fusion",))
    started = time.process_time()
    found = [ask(reader, about).findings for reader in (Issues(door=door), Papers(door=door))]
    door.close()
    print(
        f"{when} reading: {door.spent.requests} requests, {1024 * door.spent.megabytes:.0f} kB, "
        f"{time.process_time() - started:.1f} CPU s, {sum(clock.pauses):.0f} s of politeness, "
        f"{sum(len(one.evidence) for one in found)} pieces of evidence"
    )


def main() -> None:
    """Print everything."""
    search(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    with tempfile.TemporaryDirectory() as folder, serving(says) as server:
        read(Path(folder), server.url, "cold")
        read(Path(folder), server.url, "warm")


if __name__ == "__main__":
    main()
