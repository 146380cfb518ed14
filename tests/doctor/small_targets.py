"""Small real projects, each in a repository of its own, for doctor to look at."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from support.typing_in import can_be_typed
from whet.executors.local import LocalExecutor
from whet.git.repo import find
from whet.git.store import open_store
from whet.model.config import Bench, Build, Checks, Config, Measure, Scope
from whet.model.diagnosis import Diagnosis, Finding, Level, Section
from whet.model.metric import Goal
from whet.model.trial import Fingerprint
from whet.steps.doctor.examine import examine
from whet.steps.doctor.visit import Visit
from whet.steps.trials import Lab

LIBRARY = """
#include "work.h"
unsigned long work(unsigned long rounds)
{
    unsigned long state = 1;
    for (unsigned long i = 0; i < rounds; i++)
        state = state * 2862933555777941757UL + 3037000493UL;
    return state;
}
"""

PROGRAM = """
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <time.h>
#include "../src/work.h"
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}
int main(void)
{
    unsigned long sum = 0;
    double start = now();
    for (int i = 0; i < 1000; i++)
        sum += work(15000 + sum % 2);
    printf("checksum %lu\\nMETRIC time_ms=%.4f\\n", sum, now() - start);
    return 0;
}
"""

TESTS = """
#include "../src/work.h"
int main(void) { return work(0) == 1 && work(3) == 16127330271062048800UL ? 0 : 1; }
"""

MAKEFILE = """
CFLAGS = -O2 -Wall -Wextra
all: build/bench build/tests
build/%: bench/%.c src/work.c src/work.h
\tmkdir -p build
\t$(CC) $(CFLAGS) -o $@ $< src/work.c
"""

FILES: Mapping[str, str] = {
    "src/work.h": "unsigned long work(unsigned long rounds);\n",
    "src/work.c": LIBRARY,
    "bench/bench.c": PROGRAM,
    "bench/tests.c": TESTS,
    "bench.sh": "#!/bin/sh\nset -e\n./build/bench\n",
    "Makefile": MAKEFILE,
}
"""A program of some 20 ms that is built, tested and measured as it should be.

It reports CPU time: what else this machine does shall not decide what doctor says.
"""

CONFIG = Config(
    goal=Goal(metric="time_ms", unit="ms", direction="lower", min_effect=0.02),
    build=Build(command="make", timeout=60.0),
    bench=Bench(command="sh bench.sh", timeout=20.0),
    checks=Checks(command="build/tests", timeout=20.0, mutants=4),
    scope=Scope(allow=("src/**",), protect=("bench/**", "bench.sh", "Makefile")),
    # what is tested is what doctor says of a benchmark, not how quiet this machine is
    measure=Measure(aa_pairs=8, max_noise=10.0, pairs_max=20),
)


PYTHON = {
    "work/__init__.py": "def work(n):\n    total = 0\n    for i in range(n):\n"
    "        total += i * i % 7\n    return total\n",
    "bench.py": "import time\nfrom work import work\nstart = time.process_time()\nwork(300000)\n"
    "print(f'METRIC time_ms={1e3 * (time.process_time() - start):.4f}')\n",
    "check.py": "from work import work\nassert work(10) == 19, work(10)\n",
    **dict.fromkeys(("src/work.h", "src/work.c", "bench/bench.c", "bench/tests.c", "bench.sh")),
    "Makefile": None,
}


def python(**sections: object) -> Config:
    config = replace(
        CONFIG,
        build=Build(),
        bench=Bench(command="python3 bench.py", timeout=20.0),
        checks=Checks(command="python3 check.py", timeout=20.0, mutants=3),
        scope=Scope(allow=("work/**",), protect=("bench.py", "check.py")),
    )
    return replace(config, **sections)


HOST = Fingerprint(
    host="h", machine="m", cpu="c", cores=2, kernel="k", compiler="c", python="3", sandbox="none"
)


def git(*args: str, cwd: Path) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *args], cwd=cwd, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@dataclass(frozen=True, kw_only=True)
class Target:
    """A repository with one commit, and what doctor needs to look at it."""

    root: Path
    config: Config
    cache: Path

    def visit(self, *, quick: bool = False, **sections: object) -> Visit:
        """A visit under this configuration, some sections of it replaced."""
        config = replace(self.config, **sections)
        repo = find(self.root)
        lab = Lab(
            config=config,
            store=open_store(self.cache / "store.git", borrow=repo.common, also=repo.modules()),
            base=repo.resolve("HEAD"),
            executor=LocalExecutor(self.cache / "work", self.root, config.integrity),
            label=str(self.root),
        )
        return Visit(lab=lab, repo=repo, quick=quick)


def examined(visit: Visit) -> Diagnosis:
    """Everything doctor says; every hint is one that can be typed."""
    diagnosis: Diagnosis = anyio.run(examine, visit)
    for finding in diagnosis.findings:
        assert finding.hint or finding.level != "error", finding
        if finding.hint:
            can_be_typed(finding.hint)
    return diagnosis


def of(diagnosis: Diagnosis, section: Section, level: Level | None = None) -> list[Finding]:
    """The findings of a section, of one level or of all."""
    return [f for f in diagnosis.findings if f.section == section and level in (None, f.level)]


def errors(diagnosis: Diagnosis) -> str:
    """Everything that is said with an error, for one search."""
    found = [f for f in diagnosis.findings if f.level == "error"]
    return "\n".join("\n".join((f.text, *f.detail, f.hint)) for f in found)
