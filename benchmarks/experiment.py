"""What whet itself takes for an experiment: all that is neither build, nor check, nor benchmark.

python benchmarks/experiment.py [experiments, 24 by default]

First a campaign with real trials of a tiny target, then one on a simulated machine, which leaves
the driver alone: git, agent's tree, ledger, judge. Memory is that of the process that drives.
"""

import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import anyio

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests" / "campaign"))

from simulated import CONFIG, Site, faster, opened, site  # noqa: E402

from whet.executors.local import LocalExecutor  # noqa: E402
from whet.model.config import Bench, Build, Checks  # noqa: E402
from whet.model.metric import Goal  # noqa: E402
from whet.plan.state import State  # noqa: E402
from whet.ports import Executor  # noqa: E402
from whet.steps.drive import Driver  # noqa: E402
from whet.testing.executor import SimulatedExecutor  # noqa: E402
from whet.testing.ground import BASE, METRIC  # noqa: E402

TINY = replace(
    CONFIG,
    goal=Goal(metric=METRIC),
    bench=Bench(command="sh bench.sh"),
    build=Build(command="true"),
    checks=Checks(command="true"),
)


def real(count: int, folder: Path) -> None:
    place = site(folder, [f"{METRIC} 0.0\n"] * count, TINY, files=BASE)
    worker = LocalExecutor(folder / "workers", place.repo.root, TINY.integrity)
    wall, state = drive(place, worker)
    outcomes = [e.outcome for e in state.experiments.values() if e.outcome is not None]
    outcomes += [calibration.outcome for calibration in state.calibrations.values()]
    theirs = sum(outcome.seconds - outcome.overhead for outcome in outcomes)
    own = sum(outcome.overhead for outcome in outcomes)
    pairs = sum(len(outcome.pairs) for outcome in outcomes)
    print(
        f"per experiment, real trials        {1000 * (wall - theirs) / count:6.0f} ms   "
        f"in the trial itself {1000 * own / count:4.0f} ms   pairs {pairs / count:.1f}"
    )


def simulated(count: int, folder: Path) -> None:
    place = site(folder, [faster(0.0)] * count)
    wall, _ = drive(place, SimulatedExecutor(seed=1))
    print(f"per experiment, simulated trials   {1000 * wall / count:6.0f} ms")


def memory(count: int, folder: Path) -> None:
    drive(site(folder, [faster(0.0)] * count), SimulatedExecutor(seed=1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"driver after {count:4d} experiments      {peak:6.0f} MB")


def drive(place: Site, executor: Executor) -> tuple[float, State]:
    with opened(place, executor) as world:
        start = time.perf_counter()
        anyio.run(Driver(world).run)
        return time.perf_counter() - start, world.state


PARTS = {"real": real, "simulated": simulated, "memory": memory}


def main(count: int) -> None:
    for name, size in (("real", count), ("simulated", count), ("memory", 8 * count)):
        # a process each, so that none inherits the memory of another
        subprocess.run([sys.executable, __file__, name, str(size)], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in PARTS:
        with tempfile.TemporaryDirectory(prefix="whet-bench-") as name:
            PARTS[sys.argv[1]](int(sys.argv[2]), Path(name))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
