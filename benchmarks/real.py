"""Verdicts and intervals on this machine, on real programs whose true difference is known.

python benchmarks/real.py            about 20 minutes on two quiet cores; writes REAL.md
python benchmarks/real.py --quick    about 4 minutes, few candidates, for a look; writes nothing

Two C programs, one that waits for its own arithmetic and one that waits for memory, do a number of
equal steps that a header says; a candidate says another number. Nothing is simulated: `whet try`
builds, runs and judges each. Every candidate has another text in its binary, so none is recognised
as the same program, and all are of one size, so nothing moves in memory.

Each is measured with the machine idle, and beside a neighbour that does the same without an end on
another core. Keep the machine quiet while it runs: what else is on it is in the numbers.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from whet.git.call import begin
from whet.judge.boundaries import interval_t
from whet.judge.ratios import effect
from whet.ledger import log
from whet.places import campaign_folder
from whet.plan.replay import replay
from whet.plan.state import ExperimentState, State
from whet.proof.score import share
from whet.trial.fingerprint import fingerprint
from whet.version import version

PAGE = Path(__file__).parent / "REAL.md"

USUAL = 11500
"""Steps of the base, in ten-thousandths, so that 10000 steps are 15 % faster."""

STEPS = (
    USUAL, 11615, 11730, 12075, 13225,  # the same, then slower by 1, 2, 5 and 15 %
    11386, 11275, 10952, 10000,  # faster by 1, 2, 5 and 15 %
)  # fmt: skip
PAIRS = 12
"""Taken of every candidate, decided or not: the interval of all of them has no stopping in it."""

MAIN = """\
#include "work.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *volatile mark = MARK;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * t.tv_sec + 1e-6 * t.tv_nsec;
}

int main(int argc, char **argv)
{
    double start, end;
    uint64_t sum = 88172645463325252ULL;
    (void)argv;
    do {
BODY
    } while (argc > 1);
    printf("METRIC t_ms=%.4f\\n", end - start);
    return sum == 0 || *mark == 0;
}
"""
COMPUTE = """\
        start = now();
        for (long step = 0; step < 2500L * STEPS; step++) {
            sum ^= sum << 13;
            sum ^= sum >> 7;
            sum ^= sum << 17;
        }
        end = now();"""
MEMORY = """\
        enum { ROW = 512, ROWS = 16384 };
        static uint64_t data[ROWS][ROW];
        for (long row = 0; row < ROWS; row++)
            data[row][0] = row;
        start = now();
        for (long step = 0; step < 15L * STEPS; step++) {
            const uint64_t *row = data[(step * 7919) % ROWS];
            for (long place = 0; place < ROW; place += 8)
                sum += row[place];
        }
        end = now();"""
PROGRAMS = {"compute": COMPUTE, "memory": MEMORY}

CONFIG = """\
[goal]
metric = "t_ms"
unit = "ms"

[build]
command = "cc -O2 -falign-functions=64 -falign-loops=32 -o bench main.c"

[bench]
command = "./bench"
timeout = "60s"

[checks]
command = "test -x bench"

[scope]
allow = ["work.h"]

[measure]
pairs_min = {pairs}
max_noise = "100%"

[[workers]]
name = "local"
cpus = "0"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One candidate: what is true of it, and what whet said."""

    true: float
    verdict: str
    low: float
    estimate: float
    high: float
    pairs: int
    fixed_low: float
    fixed_high: float


def main(arguments: Sequence[str]) -> None:
    """Measure everything, print it as it comes, and write the page."""
    quick = "--quick" in arguments
    repeats = 1 if quick else 8
    sections: list[str] = []
    for name in PROGRAMS:
        for load in loads():
            started = time.monotonic()
            state = measured(name, load, repeats)
            lines = table(name, load, state, repeats)
            print(f"# {time.monotonic() - started:.0f} s", *lines, sep="\n", flush=True)
            sections += lines
    if not quick:
        PAGE.write_text("\n".join([*head(), *sections]), encoding="utf-8")
        print(PAGE)


def loads() -> tuple[str, ...]:
    """Idle, and with a neighbour where there is a second core for it."""
    return ("idle", "neighbour") if len(os.sched_getaffinity(0)) > 1 else ("idle",)


def measured(name: str, load: str, repeats: int) -> State:
    """A campaign in which every candidate is judged alone against the base."""
    with tempfile.TemporaryDirectory(prefix="whet-bench-") as folder:
        root = Path(folder) / "target"
        root.mkdir()
        written = {
            "main.c": MAIN.replace("BODY", PROGRAMS[name]),
            "work.h": header(USUAL, 0),
            ".gitignore": "bench\n.whet/\n",
            "whet.toml": CONFIG.format(pairs=PAIRS),
        }
        for path, text in written.items():
            (root / path).write_text(text, encoding="utf-8")
        begin(root, "base")
        patches = [patch(Path(folder), number) for number in range(len(STEPS) * repeats)]
        with neighbour(root, busy=load == "neighbour"):
            whet = [sys.executable, "-P", "-m", "whet"]
            subprocess.run(
                [*whet, "try", *patches, "--campaign", "real", "--json"],
                cwd=root, check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        return replay(log.read(campaign_folder(root, "real")))


def header(steps: int, number: int) -> str:
    """What a candidate changes; the mark has one length, so that nothing moves."""
    return f'#define STEPS {steps}\n#define MARK "{number:06d}"\n'


def patch(folder: Path, number: int) -> str:
    """A patch to this candidate; candidates go through all steps, then through all again."""
    before, after = header(USUAL, 0), header(STEPS[number % len(STEPS)], number + 1)
    removed = "".join(f"-{line}\n" for line in before.splitlines())
    added = "".join(f"+{line}\n" for line in after.splitlines())
    path = folder / f"{number:03d}.patch"
    name = "diff --git a/work.h b/work.h\n--- a/work.h\n+++ b/work.h\n@@ -1,2 +1,2 @@\n"
    path.write_text(name + removed + added, encoding="utf-8")
    return str(path)


@contextmanager
def neighbour(root: Path, *, busy: bool) -> Iterator[None]:
    """The same program without an end, on the last core."""
    if not busy:
        yield
        return
    program = root.parent / "neighbour"
    command = ["cc", "-O2", "-o", str(program), str(root / "main.c")]
    subprocess.run(command, check=True)
    core = max(os.sched_getaffinity(0))
    pinned = [shutil.which("taskset") or "taskset", "-c", str(core), str(program), "for ever"]
    process = subprocess.Popen(pinned, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def judged(one: ExperimentState, true: float) -> Judged:
    """What was said of a candidate, and the interval of its first pairs, however it was decided."""
    assert one.verdict is not None
    assert one.verdict.effect is not None
    assert one.outcome is not None
    said = one.verdict.effect
    fixed = effect(
        one.outcome.pairs[:PAIRS], "t_ms", "lower", t=interval_t(PAIRS, 0.95), confidence=0.95
    )
    return Judged(
        true=true, verdict=one.verdict.kind, low=said.low, estimate=said.estimate, high=said.high,
        pairs=said.pairs, fixed_low=fixed.low, fixed_high=fixed.high,
    )  # fmt: skip


def table(name: str, load: str, state: State, repeats: int) -> list[str]:
    """The verdicts on one program, by true effect, and how often the intervals hold the truth."""
    every = [
        judged(one, USUAL / STEPS[number % len(STEPS)] - 1)
        for number, one in enumerate(state.experiments.values())
    ]
    noise = next(iter(state.calibrations.values())).noise
    lines = [
        f"## {name}, {load}", "",
        (f"Pairs of the same code spread by {noise.sd_pair:.2%}; gains from {noise.detectable:.1%} "
        "can be seen."), "",
        ("| true gain | candidates | kept | discarded | unclear | other | median of the estimates "
        "| pairs | intervals at the verdict that hold | of 12 pairs |"),
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    for steps in sorted(STEPS, reverse=True):
        true = USUAL / steps - 1
        lines.append(row(f"{true:+.1%}", [one for one in every if one.true == true], repeats))
    at_verdict, fixed = holding(every)
    lines += ["", ("Of all intervals, "
              f"{_told(at_verdict, len(every))} at the verdict and {_told(fixed, len(every))} of "
              f"{PAIRS} pairs hold the truth; 95% is what is stated."), ""]  # fmt: skip
    return lines


def _told(count: int, of: int) -> str:
    found = share(count, of)
    return f"{count / of:.1%} [{found.low:.0%}, {found.high:.0%}]"


def row(label: str, found: Sequence[Judged], repeats: int) -> str:
    """One line: candidates of one true effect."""
    kinds = [one.verdict for one in found]
    known = {kind: kinds.count(kind) for kind in ("kept", "discarded", "inconclusive")}
    estimates = sorted(one.estimate for one in found)
    pairs = sum(one.pairs for one in found) / repeats
    at_verdict, fixed = holding(found)
    cells = [
        label, str(len(found)), *map(str, known.values()), str(len(found) - sum(known.values())),
        f"{estimates[len(estimates) // 2]:+.2%}", f"{pairs:.1f}", f"{at_verdict} of {len(found)}",
        f"{fixed} of {len(found)}",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def holding(found: Sequence[Judged]) -> tuple[int, int]:
    """Intervals that hold the truth: at the verdict, and of the fixed number of pairs."""
    return (
        sum(one.low <= one.true <= one.high for one in found),
        sum(one.fixed_low <= one.true <= one.fixed_high for one in found),
    )


def head() -> list[str]:
    """What was measured, and where."""
    here = fingerprint("none")
    return [
        "# Verdicts on real programs", "",
        "<!-- Written by benchmarks/real.py. Do not edit. -->", "",
        (f"whet {version()}, {time.strftime('%Y-%m-%d', time.gmtime())}; {here.cores} cores, "
        f"{here.cpu}, {here.compiler}; load {os.getloadavg()[0]:.1f} at the end."),
        ("Two C programs do a number of equal steps; a candidate does more or fewer, so its true "
        "effect is known. The minimum effect is 2 %."), "",
    ]  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
