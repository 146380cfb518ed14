"""Several builds of each side: their means are asked as well, so one lucky build keeps nothing."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from whet.judge.boundaries import boundaries, nominal_levels, over_layouts
from whet.judge.designing import design
from whet.judge.fixed import fixed_effect
from whet.judge.layouts import over_layouts as centre_of_builds
from whet.judge.sequential import decide
from whet.judge.verdict import verdict
from whet.model.config import Bench, Config, Measure
from whet.model.design import Design
from whet.model.metric import Goal
from whet.model.trial import TrialOutcome
from whet.testing.events import MACHINE, NOISE
from whet.testing.noise import MACHINES, log_ratios
from whet.testing.pairs import pairs_with

BOUNDS = boundaries(alpha=0.005)
PLAIN = Design(
    metric="seconds", direction="lower", min_effect=math.log1p(0.02), boundaries=BOUNDS, floor=0.003
)


def pairs_in(ratios, count):
    """Pairs that took turns with so many builds."""
    pairs = pairs_with(ratios)
    return tuple(replace(pair, layout=n % count) for n, pair in enumerate(pairs))


def judged(ratios, count):
    asked = replace(PLAIN, layouts=over_layouts(BOUNDS, count) if count > 1 else None)
    return decide(asked, pairs_in(ratios, count))


@pytest.mark.parametrize("n", [9, 12, 16, 40])
def test_the_centre_of_builds_is_that_of_numpy(n):
    values = np.random.default_rng(n).normal(0.01, 0.02, n)
    layouts = np.arange(n) % 8
    found = centre_of_builds(list(values), list(layouts), 0.0)
    means = np.array([values[layouts == k].mean() for k in range(8)])
    assert found.mean == pytest.approx(means.mean())
    assert found.se == pytest.approx(stats.sem(means))
    assert (found.df, found.n) == (7, n)


def test_one_build_or_one_pair_for_each_says_nothing_new():
    assert centre_of_builds([0.1, 0.2, 0.3], [0, 0, 0], 0.0) is None
    assert centre_of_builds([0.1, 0.2, 0.3], [0, 1, 2], 0.0) is None


def test_the_floor_bounds_the_error_of_equal_builds():
    found = centre_of_builds([0.1] * 16, [k % 8 for k in range(16)], 0.02)
    assert found.se == pytest.approx(0.02 / math.sqrt(16))


@pytest.mark.parametrize("count", [6, 8, 12])
def test_critical_values_are_those_of_scipy_at_the_levels_of_the_looks(count):
    found = over_layouts(BOUNDS, count)
    looks = tuple(BOUNDS.accept_t)
    levels = dict(zip(looks, nominal_levels(looks, 0.005), strict=True))
    assert set(found.accept_t) == {n for n in looks if n > count}
    for n, value in found.accept_t.items():
        assert value == pytest.approx(stats.t.isf(levels[n], count - 1))
    assert found.futile_t == pytest.approx(stats.t.isf(0.05, count - 1))
    assert found.interval_t == pytest.approx(stats.t.isf(0.025, count - 1))


def kept(count, spread, gain, experiments=300, seed=3):
    """The share kept where builds differ by this standard deviation for no reason."""
    rng = np.random.default_rng(seed)
    noise = log_ratios(rng, MACHINES["quiet"], experiments=experiments, pairs=40)
    builds = rng.normal(0.0, spread, (experiments, count)) - rng.normal(
        0.0, spread, (experiments, count)
    )
    rows = noise + builds[:, np.arange(40) % count] + math.log1p(gain)
    return sum(judged(row, count).action == "accept" for row in rows) / experiments


def test_what_one_build_would_keep_for_its_layout_several_do_not():
    assert kept(1, 0.01, 0.0) > 0.06
    assert kept(8, 0.01, 0.0) <= 0.01
    assert kept(8, 0.02, 0.0) <= 0.012


def test_a_real_gain_is_kept_over_layouts_and_without_any_noise_of_them_at_no_price():
    assert kept(8, 0.01, 0.05) >= 0.97
    assert kept(8, 0.0, 0.02) >= 0.85
    assert kept(12, 0.01, 0.03) >= 0.95


def test_builds_that_all_are_one_program_are_judged_as_pairs():
    ratios = list(np.random.default_rng(1).normal(0.05, 0.003, 6))
    asked = replace(PLAIN, layouts=over_layouts(BOUNDS, 8))
    assert decide(asked, pairs_with(ratios)) == decide(PLAIN, pairs_with(ratios))


def test_an_interval_over_layouts_is_that_of_their_means():
    rng = np.random.default_rng(5)
    ratios = rng.normal(0.03, 0.004, 24) + rng.normal(0, 0.02, 8)[np.arange(24) % 8]
    found = fixed_effect(pairs_in(ratios, 8), "seconds", "lower", 0.95)
    means = np.array([ratios[np.arange(24) % 8 == k].mean() for k in range(8)])
    low, high = stats.t.interval(0.95, 7, means.mean(), stats.sem(means))
    assert (found.low, found.high) == pytest.approx((math.expm1(low), math.expm1(high)))
    assert found.method == "paired log ratio, means of 8 layouts"


def test_the_verdict_says_how_many_builds_there_were_or_that_there_was_one():
    config = Config(
        goal=Goal(metric="seconds"), bench=Bench(command="x"), measure=Measure(layouts=8)
    )
    plan = design(config, NOISE, 0.005)
    ratios = list(np.random.default_rng(2).normal(0.2, 0.004, 12))
    several = TrialOutcome(
        id="E1", fingerprint=MACHINE, stages=(), pairs=pairs_in(ratios, 8), layouts=8
    )
    one = replace(several, pairs=pairs_with(ratios), layouts=1)
    gates = [
        next(gate for gate in verdict(config, plan, outcome).gates if gate.name == "Layout")
        for outcome in (several, one)
    ]
    assert [gate.ok for gate in gates] == [True, None]
    assert gates[0].detail.startswith("8 builds of each side")
