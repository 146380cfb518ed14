"""How often whole campaigns are wrong: through the driver, git and ledger, on simulated machines.

python benchmarks/campaigns.py [candidates for each entry, 200 by default]

kept at 0 %: a candidate kept though it is no faster, wrongly. kept at 2 %: one worth exactly the
minimum effect. pairs: taken for each candidate. claims: intervals for the whole stack that hold
the truth, over waves of one good candidate in two.
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests" / "campaign"))

from simulated import CONFIG, Site, claims, faster, kinds, run, site  # noqa: E402

from whet.plan.state import State  # noqa: E402
from whet.testing.executor import SimulatedExecutor  # noqa: E402
from whet.testing.noise import MACHINES  # noqa: E402

SEED = 1
PER_WAVE = 2


def campaign(machine: str, gain: float, count: int) -> State:
    """One campaign of equal candidates, proposed beforehand."""
    with tempfile.TemporaryDirectory(prefix="whet-bench-") as folder:
        limits = replace(CONFIG.run, max_experiments=count)
        place = site(Path(folder), [faster(gain)] * count, replace(CONFIG, run=limits))
        executor = SimulatedExecutor(machine=MACHINES[machine], seed=SEED)
        return run(place, executor, proposed=True, alone=True)


def kept(state: State) -> str:
    """Share of kept candidates and mean pairs."""
    count = len(state.experiments)
    pairs = sum(len(e.outcome.pairs) for e in state.experiments.values() if e.outcome is not None)
    share = kinds(state).count("kept") / count
    return f"{100 * share:6.1f} % {pairs / count:6.1f} pairs"


def claimed(machine: str, waves: int) -> str:
    """Claims about the stack that hold, of those made at the end of each wave."""
    with tempfile.TemporaryDirectory(prefix="whet-bench-") as folder:
        limits = replace(CONFIG.run, ideas_per_wave=PER_WAVE)
        changes = [faster(0.06), faster(0.0)] * waves
        place: Site = site(Path(folder), changes, replace(CONFIG, run=limits))
        run(place, SimulatedExecutor(machine=MACHINES[machine], seed=SEED))
        found = claims(place, place.events)
        return f"{sum(found):4d} of {len(found)}"


def main(count: int) -> None:
    print(f"{count} candidates for each entry, alpha {CONFIG.judge.alpha}, minimum effect 2 %")
    print("machine         kept at 0 %             kept at 2 %           claims that hold")
    for name in MACHINES:
        row = [kept(campaign(name, gain, count)) for gain in (0.0, 0.02)]
        print(f"{name:10} {row[0]:22} {row[1]:22} {claimed(name, max(4, count // 8)):>16}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
