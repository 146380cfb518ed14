"""A target whose speed is known: a real repository, a real build, a real process, a made-up time.

The time that its benchmark prints is exp(noise) / (1 + gain) / (1 + gain) …, with the next number
of the machine's noise and the gains that the files in `effects` tell. Nothing is waited for: an
invocation only says that it took so long.

A change without effect adds a file as well, so no two trees are equal. Every change adds a file of
its own, so all of them can be stacked. `effects` is read as `whet.testing.program` reads it.
"""

import shlex
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from whet.git.call import begin
from whet.git.repo import Repo, find
from whet.model.config import Bench, Build, Checks, Config, Integrity, Measure, Run, Scope
from whet.model.metric import Goal
from whet.testing.program import FOLDER

METRIC = "seconds"

_C = """\
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

/* bench PIPE EFFECTS...: takes one number out of the pipe, and pretends to have run so long */
int main(int count, char **paths)
{
    double time, gain;
    int pipe = open(paths[1], O_RDONLY | O_NONBLOCK);
    if (pipe < 0 || read(pipe, &time, sizeof time) != sizeof time) {
        perror(paths[1]);
        return 1;
    }
    for (int i = 2; i < count; i++) {
        FILE *file = fopen(paths[i], "r");
        if (!file) {
            perror(paths[i]);
            return 1;
        }
        while (fscanf(file, "%*s %lf", &gain) == 1)
            time -= log1p(gain);
        fclose(file);
    }
    printf("METRIC seconds=%.9f\\n", exp(time));
    return 0;
}
"""

_SHELL = """\
#!/bin/sh
# bench PIPE EFFECTS...: takes one number out of the pipe, and pretends to have run so long
noise=$(dd if="$1" bs=8 count=1 2>/dev/null | od -An -tf8)
test -n "$noise" || exit 1
shift
cat "$@" | awk -v noise="$noise" '
  BEGIN { time = exp(noise) }
  { time /= 1 + $2 }
  END { printf "METRIC seconds=%.9f\\n", time }'
"""


def has_compiler() -> bool:
    """Whether the benchmark can be a compiled program; else it is a shell script."""
    return shutil.which("cc") is not None


def make(folder: Path) -> Repo:
    """The target as a new repository in a folder: the same commit everywhere."""
    (folder / FOLDER).mkdir(parents=True)
    files = {"bench.c": _C, "bench.sh": _SHELL, f"{FOLDER}/base": effect(0.0)}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    begin(folder, "a target whose speed is known")
    return find(folder)


def effect(gain: float) -> str:
    """A file that makes the program faster by a fraction of its speed."""
    return f"{METRIC} {gain!r}\n"


def changes(truths: Sequence[float]) -> dict[str, str]:
    """The file that each candidate adds, by path, in their order."""
    return {f"{FOLDER}/{number:04d}": effect(gain) for number, gain in enumerate(truths, start=1)}


def config(pipe: Path, *, candidates: int, seed: int, compiled: bool, pairs_min: int = 0) -> Config:
    """How whet is told about the target: as a user would, with the defaults of everything else.

    The clock is off, because the benchmark's seconds are not those of the wall. Where the pairs are
    for other rules as well (`pairs_min`), every candidate has an incumbent of its own.
    """
    measure = Measure(pairs_min=pairs_min, seed=seed)
    if pairs_min:
        measure = replace(measure, shared_control=1)
    build = "cc -O1 -o bench bench.c -lm" if compiled else "cp bench.sh bench && chmod +x bench"
    return Config(
        goal=Goal(metric=METRIC, unit="s"),
        bench=Bench(command=f"./bench {shlex.quote(str(pipe))} {FOLDER}/*", clock="off"),
        build=Build(command=build),
        checks=Checks(command="test -x bench"),
        scope=Scope(protect=("/bench.*",)),
        measure=measure,
        # the jail hides temporary folders, and shows what it is told to keep from being written
        integrity=Integrity(read_only=(str(pipe.parent),)),
        run=Run(
            ideas_per_wave=candidates, max_experiments=candidates, hours=24 * 365,
            stop_after_dry_waves=0,
        ),
    )  # fmt: skip
