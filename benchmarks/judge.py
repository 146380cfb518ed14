"""What the judge costs, and how often it is wrong.

python benchmarks/judge.py [experiments for each entry of the table, 4000 by default]
"""

import math
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from whet.judge.boundaries import around_t, boundaries
from whet.judge.designing import design
from whet.judge.sequential import decide
from whet.judge.verdict import verdict
from whet.model.config import Bench, Config, Measure
from whet.model.design import Design, GuardRule
from whet.model.metric import Goal, Guard
from whet.model.trial import Invocation, TrialOutcome, TrialSpec
from whet.plan.replay import replay
from whet.steps.restlessness import usual_on
from whet.testing.blocks import Bay
from whet.testing.events import MACHINE, campaign
from whet.testing.noise import MACHINES, log_ratios
from whet.testing.pairs import pairs_of_many
from whet.testing.simulation import calibrated_floors, judge_rows
from whet.trial.arm import Arm
from whet.trial.measure import Measurer

GAINS = (-0.03, 0.0, 0.01, 0.02, 0.03, 0.05, 0.15)
ALPHA = 0.005
MIN_EFFECT = math.log1p(0.02)
CALIBRATION_PAIRS = 10


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    """The median time of one call."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return 1000 * statistics.median(taken)


def costs() -> None:
    rng = np.random.default_rng(1)
    near = np.exp(-rng.normal(0.012, 0.02, 40))
    pairs = pairs_of_many({"seconds": (np.ones(40), near), "rss": (np.ones(40), np.ones(40))})
    design = Design(
        metric="seconds",
        direction="lower",
        min_effect=-1.0,
        boundaries=boundaries(alpha=1e-6),
        guards=(GuardRule(metric="rss", direction="lower", margin=0.05),),
    )
    assert decide(design, pairs).pairs == 40
    one = milliseconds(lambda: decide(design, pairs), 50)
    every = milliseconds(lambda: [decide(design, pairs[:n]) for n in range(1, 41)], 10)
    alphas = iter(np.linspace(0.002, 0.009, 50))
    fresh = milliseconds(lambda: boundaries(alpha=float(next(alphas))), 50)
    print(f"one decision after 40 pairs with a guard   {one:6.2f} ms")
    print(f"all 40 decisions of one experiment         {every:6.2f} ms")
    print(f"boundaries for a new alpha                 {fresh:6.2f} ms")
    print(f"one verdict of 40 pairs in 8 layouts       {whole_verdict():6.2f} ms")
    print(f"one decision in a round of 16, 40 rounds   {in_the_largest_block():6.2f} ms")
    print(f"the usual spread after 1,000 experiments   {after_a_thousand():6.2f} ms")


def in_the_largest_block() -> float:
    """The mean time for each decision of a block that goes on to its end, all rounds full."""
    chance = random.Random(4)
    design = Design(
        metric="seconds", direction="lower", min_effect=-1.0, boundaries=boundaries(alpha=1e-6),
        around_t=around_t(0.04, 40),
    )  # fmt: skip
    spec = TrialSpec(
        id="E", mode="judge", base="", a="", b="", bench=Bench(command=""), metrics=("seconds",),
        design=design,
    )  # fmt: skip
    arms = [Arm(spec=replace(spec, id=f"E{number}")) for number in range(16)]

    def invoke(*_: object, **__: object) -> Invocation:
        wall = math.exp(chance.gauss(0, 0.02))
        return Invocation(values={"seconds": wall}, wall=wall)

    start = time.perf_counter()
    Measurer(arms=arms, invoke=invoke).until_decided(lambda _: None)
    assert {len(arm.pairs) for arm in arms} == {40}
    return 1000 * (time.perf_counter() - start) / (16 * 40)


def after_a_thousand() -> float:
    """The median time of what is asked of a long campaign when a block begins."""
    state = replay(tuple(campaign(1000)))
    assert state.config is not None
    config = state.config
    assert usual_on(state, config, "local")
    return milliseconds(lambda: usual_on(state, config, "local"), 20)


def whole_verdict() -> float:
    """The median time of a verdict with a guard, layouts, and a new level's design."""
    rng = np.random.default_rng(2)
    near = np.exp(-rng.normal(0.012, 0.02, 40))
    taken = pairs_of_many({"seconds": (np.ones(40), near), "rss": (np.ones(40), np.ones(40))})
    pairs = tuple(replace(pair, layout=n % 8) for n, pair in enumerate(taken))
    config = Config(
        goal=Goal(metric="seconds", min_effect=1e-6), bench=Bench(command="x"),
        guard=(Guard(metric="rss"),), measure=Measure(layouts=8),
    )  # fmt: skip
    outcome = TrialOutcome(id="E", fingerprint=MACHINE, stages=(), pairs=pairs, layouts=8)
    levels = iter(np.linspace(0.001, 0.01, 1000))

    def work() -> None:
        verdict(config, design(config, None, float(next(levels))), outcome)

    return milliseconds(work, 50)


def rounds(blocks: int) -> None:
    """What a candidate without effect costs, by the number that wait together."""
    print(f"\ninvocations for a candidate without effect, {blocks} blocks each, and false keeps")
    bounds = boundaries(alpha=ALPHA)
    for size in (1, 2, 4, 8):
        for name, machine in MACHINES.items():
            kept = spent = 0
            for number in range(blocks):
                bay = Bay(machine=machine, seed=1000 * number, boundaries=bounds)
                kept += sum(arm.accepted for arm in bay.judge([0.0] * size))
                spent += bay.invocations
            each = spent / (blocks * size)
            print(f"rounds of {size}, {name:8} {each:6.1f} invocations   kept {kept}")


def rates(experiments: int) -> None:
    design = boundaries(alpha=ALPHA)
    print(f"\nkept in % (mean pairs) at alpha {ALPHA}, minimum effect 2%, {experiments} each")
    print("machine     noise " + "".join(f"{gain:>+14.0%}" for gain in GAINS))
    for name, machine in MACHINES.items():
        rng = np.random.default_rng(20)
        total = CALIBRATION_PAIRS + design.cap
        d = log_ratios(rng, machine, experiments=experiments, pairs=total)
        floors = calibrated_floors(d[:, :CALIBRATION_PAIRS])
        row = f"{name:10} {200 * np.median(floors):5.1f}% "
        for gain in GAINS:
            shifted = d[:, CALIBRATION_PAIRS:] + math.log1p(gain)
            judged = judge_rows(shifted, design, min_effect=MIN_EFFECT, floor=floors)
            row += f"{100 * judged.accepted.mean():8.2f} ({judged.pairs.mean():3.0f})"
        print(row)


if __name__ == "__main__":
    costs()
    rates(int(sys.argv[1]) if len(sys.argv) > 1 else 4000)
    rounds(int(sys.argv[1]) // 10 if len(sys.argv) > 1 else 200)
