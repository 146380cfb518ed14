"""A target as small as one can be: a C program whose cost is written in its source.

The cost that it reports is that number, a little different every time, so that a test decides what
is faster and no test waits for a clock.
"""

import math
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

from support.repos import commit, user_git, write
from whet.git.repo import find
from whet.git.store import Store, open_store
from whet.judge.boundaries import boundaries
from whet.model.config import Bench, Build, Checks, Integrity
from whet.model.design import Design
from whet.model.trial import Block, TrialSpec
from whet.trial.run import Trial

WORK = """\
double cost(void) { return 100.0; }
int twice(int x) { return x + x; }
"""
MAIN = """\
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
double cost(void);
int twice(int x);
int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--check") == 0) {
        puts(twice(21) == 42 ? "1 test passed" : "FAIL: twice(21) is not 42");
        return twice(21) != 42;
    }
    unsigned char noise = 0;
    if (getrandom(&noise, 1, 0) != 1) return 1;
    printf("METRIC cost=%.9g\\n", cost() * (1.0 + noise * 1e-5));
    return 0;
}
"""
FILES = {
    "src/work.c": WORK,
    "bench/main.c": MAIN,
    "Makefile": "prog: src/work.c bench/main.c\n\tcc -o prog src/work.c bench/main.c\n",
    "data/table.txt": "1 2 3\n",
    "notes.txt": "notes\n",
    "tool.py": "print(1)\n",
    ".gitignore": "/prog\n",
}
FASTER = {"src/work.c": WORK.replace("100.0", "80.0")}
SAME = {"src/work.c": WORK.replace("100.0", "100.0000001")}
COMMENT = {"src/work.c": WORK + "/* no change of meaning */\n"}


def work(body, *, cost=100.0, includes=""):
    """A candidate whose source runs a statement whenever its cost is asked for."""
    return {
        "src/work.c": f"#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n{includes}\n"
        f"double cost(void) {{ {body} return {cost}; }}\n"
        "int twice(int x) { return x + x; }\n"
    }


DESIGN = Design(
    metric="cost",
    direction="lower",
    min_effect=math.log1p(0.02),
    boundaries=boundaries(alpha=0.005, cap=12),
)
SPEC = TrialSpec(
    id="E01", mode="judge", base="", a="", b="", metrics=("cost",), design=DESIGN,
    bench=Bench(command="./prog", timeout=60.0), build=Build(command="make prog", timeout=60.0),
    checks=Checks(command="./prog --check", timeout=60.0), protect=("bench/", "data/"),
    integrity=Integrity(sandbox="none"), seed=1,
)  # fmt: skip


@dataclass
class Toy:
    """The target's repository and store, and a worker's folder."""

    store: Store
    base: str
    folder: Path
    kind: str = "none"
    work: Path = field(init=False)

    def __post_init__(self):
        self.work = self.folder / "worker" / "local"

    def candidate(self, files=None, *, without=()):
        """A snapshot of the base with some files written and some left out."""
        tree = self.folder / "edit"
        shutil.rmtree(tree, ignore_errors=True)
        self.store.checkout(self.base, tree)
        write(tree, files or {})
        for name in without:
            (tree / name).unlink()
        return self.store.commit(self.store.take(tree, self.base), "snapshot\n")

    def spec(self, files=None, **changes):
        """The spec of a candidate against the base."""
        b = changes.pop("b", None) or self.candidate(files)
        spec = replace(SPEC, base=self.base, a=self.base, b=b)
        spec = replace(spec, integrity=Integrity(sandbox=self.kind))
        for name in ("bench", "build", "checks", "integrity"):
            if isinstance(changes.get(name), dict):
                changes[name] = replace(getattr(spec, name), **changes[name])
        return replace(spec, **changes)

    def run(self, files=None, **changes):
        """The outcome of a trial, run in this process."""
        return self.run_spec(self.spec(files, **changes))

    def run_spec(self, spec):
        """The outcome of a spec."""
        (outcome,) = self.run_block(spec)
        return outcome

    def run_block(self, *specs):
        """The outcomes of a block of specs; `said` is what was emitted on the way."""
        self.said = []
        self.placed = []
        trial = Noted(
            block=Block(trials=specs), source=self.store.path, work=self.work, repo=None,
            placed=self.placed, emit=lambda *said: self.said.append(said),
        )  # fmt: skip
        return trial.run()

    def tree(self, which):
        """The folder of a side in the last trial: 0 is a, 1 is b."""
        return self.placed[which].path


@dataclass(kw_only=True)
class Noted(Trial):
    """A trial that notes which trees its sides have."""

    placed: list

    def _checkout(self):
        sides = super()._checkout()
        self.placed += [tree for side in sides for tree in side]
        return sides


def make(folder):
    """A repository of the target, its store, and the snapshot of its only commit."""
    root = folder / "repo"
    root.mkdir(parents=True)
    user_git(root, "init", "--quiet")
    head = commit(root, FILES)
    store = open_store(folder / "store.git", borrow=find(root).common)
    return store, store.snapshot(head)
