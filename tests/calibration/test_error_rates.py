"""How often the judge is wrong, on machines whose noise is known. All runs are seeded.

Every simulated experiment calibrates its machine first, with 10 pairs of the same code, as a
campaign does: a lucky calibration is part of the error rate.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import pytest

from whet.judge.boundaries import boundaries
from whet.judge.calibration import floor, noise
from whet.judge.sequential import decide
from whet.model.design import Design
from whet.testing.noise import MACHINES, log_ratios, sample_pairs
from whet.testing.simulation import calibrated_floors, judge_rows

BOUNDARIES = boundaries(alpha=0.005)
MIN_EFFECT = math.log1p(0.02)
CALIBRATION_PAIRS = 10
ROWS = 6000
MACHINE_NAMES = tuple(MACHINES)


@dataclass(frozen=True, kw_only=True)
class Rates:
    kept: float
    pairs: float
    covered: float
    """Share of all intervals at stopping that hold the true gain."""
    covered_kept: float


@functools.lru_cache(maxsize=len(MACHINES))
def samples(name, rows, seed):
    pairs = CALIBRATION_PAIRS + BOUNDARIES.cap
    rng = np.random.default_rng(seed)
    return log_ratios(rng, MACHINES[name], experiments=rows, pairs=pairs)


def rates(name, gain, *, rows=ROWS, seed=20, design=BOUNDARIES):
    d = samples(name, rows, seed)
    effect = math.log1p(gain)
    judged = judge_rows(
        d[:, CALIBRATION_PAIRS:] + effect,
        design,
        min_effect=MIN_EFFECT,
        floor=calibrated_floors(d[:, :CALIBRATION_PAIRS]),
    )
    t = np.array([design.interval_t[n] for n in judged.pairs])
    inside = np.abs(judged.mean - effect) <= t * judged.se
    kept = judged.accepted
    return Rates(
        kept=float(kept.mean()),
        pairs=float(judged.pairs.mean()),
        covered=float(inside.mean()),
        covered_kept=float(inside[kept].mean()) if kept.any() else math.nan,
    )


@pytest.mark.parametrize("name", MACHINE_NAMES)
def test_a_candidate_without_effect_is_hardly_ever_kept(name):
    assert rates(name, 0.0).kept <= 0.008


@pytest.mark.parametrize("name", MACHINE_NAMES)
def test_a_slower_candidate_is_never_kept(name):
    assert rates(name, -0.03).kept <= 0.001


@pytest.mark.parametrize(
    ("name", "gain", "power"),
    [
        ("quiet", 0.02, 0.90),
        ("cloud", 0.02, 0.80),
        ("drift", 0.02, 0.85),
        ("bimodal", 0.02, 0.70),
        ("noisy", 0.02, 0.33),
        ("quiet", 0.03, 0.98),
        ("cloud", 0.03, 0.98),
        ("drift", 0.03, 0.98),
        ("bimodal", 0.03, 0.95),
        ("noisy", 0.03, 0.70),
        ("noisy", 0.05, 0.95),
    ],
)
def test_a_candidate_worth_keeping_is_kept(name, gain, power):
    assert rates(name, gain).kept >= power


@pytest.mark.parametrize("name", MACHINE_NAMES)
def test_a_large_gain_is_decided_in_a_dozen_pairs(name):
    found = rates(name, 0.15)
    assert found.kept >= 0.999
    assert found.pairs <= 12


@pytest.mark.parametrize(("name", "pairs"), [("quiet", 4), ("cloud", 8), ("noisy", 18)])
def test_a_candidate_without_effect_costs_few_pairs(name, pairs):
    assert rates(name, 0.0).pairs <= pairs


@pytest.mark.parametrize("gain", [0.03, 0.05])
@pytest.mark.parametrize("name", MACHINE_NAMES)
def test_the_interval_of_a_kept_candidate_holds_the_truth(name, gain):
    found = rates(name, gain)
    assert 0.92 <= found.covered_kept <= 0.99
    assert found.covered >= 0.91


def real_run(name, seed, gain=0.0):
    """Calibrate, then decide, with the code that runs in a campaign."""
    rng, machine = np.random.default_rng(seed), MACHINES[name]
    same = sample_pairs(rng, machine, pairs=CALIBRATION_PAIRS)
    pairs = sample_pairs(rng, machine, pairs=BOUNDARIES.cap, gain=gain)
    seen = noise(same, "seconds", "lower", boundaries=BOUNDARIES, resolution=1e-6)
    design = Design(
        metric="seconds",
        direction="lower",
        min_effect=MIN_EFFECT,
        boundaries=BOUNDARIES,
        floor=floor(seen),
    )
    return decide(design, pairs)


@pytest.mark.parametrize("name", MACHINE_NAMES)
def test_the_code_that_runs_keeps_hardly_any_of_600_candidates_without_effect(name):
    kept = [
        real_run(name, (seed, number)).action == "accept"
        for seed in range(3)
        for number in range(200)
    ]
    assert np.mean(kept) <= 0.008


@pytest.mark.parametrize("name", ["quiet", "cloud"])
def test_the_code_that_runs_keeps_a_gain_of_5_percent(name):
    answers = [real_run(name, (9, number), gain=0.05) for number in range(100)]
    assert sum(answer.action == "accept" for answer in answers) >= 98
    assert np.mean([answer.pairs for answer in answers]) <= 12


@pytest.mark.slow
@pytest.mark.parametrize("cap", [12, 20, 40])
@pytest.mark.parametrize("alpha", [0.0005, 0.005, 0.025])
@pytest.mark.parametrize("name", MACHINE_NAMES)
def test_no_more_than_alpha_is_kept_of_very_many_candidates_without_effect(name, alpha, cap):
    design = boundaries(alpha=alpha, cap=cap)
    found = [rates(name, 0.0, rows=20_000, seed=seed, design=design).kept for seed in (31, 32)]
    assert np.mean(found) <= alpha
