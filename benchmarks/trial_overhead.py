"""What whet itself costs in an experiment: all of a trial but build, checks and benchmark.

python benchmarks/trial_overhead.py [trials, 10 by default] [--profile]

The target is a shell script that does nothing, with eight protected files. Each trial is a process
as it is in a campaign, with a new candidate against an incumbent that was built before.
"""

import cProfile
import json
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from whet import sandbox
from whet.git.store import Store, open_store
from whet.model.config import Bench, Build, Checks, Integrity
from whet.model.trial import Block, TrialSpec
from whet.trial import wire
from whet.trial.run import Trial

PAIRS = 8


@dataclass(frozen=True)
class Ground:
    """A store with a base, and the folder of a worker."""

    store: Store
    base: str
    work: Path

    def spec(self, number: int, kind: sandbox.Kind, files: int) -> TrialSpec:
        """A candidate that differs from every other."""
        edits = {"run.sh": f"echo METRIC cost={1000 - number}\n"}
        return TrialSpec(
            id=f"overhead-{number}", mode="fixed", pairs=PAIRS, base=self.base, a=self.base,
            b=tree(self.store, edits, files), bench=Bench(command="sh run.sh"), metrics=("cost",),
            build=Build(command="true"), checks=Checks(command="true"), protect=("bench/",),
            integrity=Integrity(sandbox=kind), distinct=True,
        )  # fmt: skip


def tree(store: Store, edits: dict[str, str], files: int) -> str:
    """A commit of a target with some files."""
    names = {f"src/{n // 50}/{n}.c": f"int x{n};\n" for n in range(files)}
    names |= {f"bench/{n}": "x\n" for n in range(8)} | {"run.sh": "echo METRIC cost=1000\n"} | edits
    stream = ["commit refs/heads/made", "committer a <a@a> 0 +0000", "data 0", "deleteall"]
    for name, text in names.items():
        stream += [f"M 100644 inline {name}", f"data {len(text)}", text]
    store.git("fast-import", "--quiet", "--force", stdin="\n".join(stream).encode() + b"\n")
    return store.snapshot("refs/heads/made")


def ground(folder: Path, files: int) -> Ground:
    store = open_store(folder / "store.git")
    return Ground(store, tree(store, {}, files), folder / "work" / "local")


def as_process(on: Ground, spec: TrialSpec) -> tuple[float, dict[str, float]]:
    """Seconds of whet's own, the start of its process included, and where they went."""
    path = on.work.parent / "spec.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(wire.encode(Block(trials=(spec,))))
    argv = [
        sys.executable, "-P", "-m", "whet.trial", "--spec", str(path),
        "--source", str(on.store.path), "--work", str(on.work),
    ]  # fmt: skip
    began = time.perf_counter()
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        out = process.stdout.read()
        took = time.perf_counter() - began
    outcome = json.loads(out.splitlines()[-1])["outcome"]
    assert len(outcome["pairs"]) == PAIRS
    theirs = outcome["seconds"] - outcome["overhead"]
    stages = {stage["name"]: stage["seconds"] for stage in outcome["stages"]}
    return took - theirs, {"checkout": stages["checkout"], "start": took - outcome["seconds"]}


def main(trials: int) -> None:
    kinds: list[sandbox.Kind] = ["none"]
    if sandbox.detect() == "bubblewrap":
        kinds.append("bubblewrap")
    for files in (20, 2000):
        for kind in kinds:
            with tempfile.TemporaryDirectory() as folder:
                on = ground(Path(folder), files)
                as_process(on, on.spec(0, kind, files))
                taken = [as_process(on, on.spec(n + 1, kind, files)) for n in range(trials)]
            own = [one for one, _ in taken]
            parts = {
                name: statistics.median(found[name] for _, found in taken) for name in taken[0][1]
            }
            told = "  ".join(f"{name} {1000 * seconds:.0f}" for name, seconds in parts.items())
            print(
                f"{files:5} files, {kind:10}  median {1000 * statistics.median(own):4.0f} ms   "
                f"largest {1000 * max(own):4.0f} ms   of these: {told}"
            )


def profile() -> None:
    with tempfile.TemporaryDirectory() as folder:
        on = ground(Path(folder), 2000)
        for number in range(2):
            spec = on.spec(number, "none", 2000)
            trial = Trial(
                block=Block(trials=(spec,)), source=on.store.path, work=on.work, repo=None,
                emit=lambda *_: None,
            )  # fmt: skip
            with cProfile.Profile() as profiler:
                (outcome,) = trial.run()
        print(f"overhead {1000 * outcome.overhead:.0f} ms")
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)


if __name__ == "__main__":
    if "--profile" in sys.argv:
        profile()
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
