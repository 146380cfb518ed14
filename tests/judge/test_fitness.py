"""Whether a machine is fit: from pairs of the same code, and from an experiment's own pairs."""

from itertools import pairwise

import numpy as np
import pytest

from whet.judge.boundaries import boundaries
from whet.judge.calibration import noise
from whet.judge.fitness import restless, unfit
from whet.model.config import Bench, Config
from whet.model.metric import Goal
from whet.testing.noise import MACHINES, sample_pairs
from whet.testing.pairs import pairs_with

GOAL = Goal(metric="seconds")
CONFIG = Config(goal=GOAL, bench=Bench(command="./bench"))
SHAPE = (-1.6, -1.1, -0.8, -0.4, -0.1, 0.1, 0.4, 0.8, 1.1, 1.6)


def described(ratios):
    pairs = pairs_with(ratios)
    return noise(pairs, "seconds", "lower", boundaries=boundaries(alpha=0.005), resolution=0.0)


def spread(sd, mean=0.0):
    return described([mean + sd * x for x in SHAPE])


def test_a_calm_machine_is_fit_and_a_wild_one_is_not():
    assert unfit(CONFIG, spread(0.01), None) == ""
    assert unfit(CONFIG, spread(0.3), None) == "A/A spread 35.6%, the limit is 15.0%"


def test_the_same_code_must_not_differ_from_itself():
    assert unfit(CONFIG, spread(0.002, mean=0.05), None) == "A/A difference +5.1%"
    assert unfit(CONFIG, spread(0.002, mean=-0.05), None) == "A/A difference -4.9%"


def test_a_difference_too_small_to_matter_or_too_uncertain_is_let_pass():
    assert unfit(CONFIG, spread(0.0005, mean=0.005), None) == ""
    assert unfit(CONFIG, spread(0.05, mean=0.02), None) == ""


def test_a_machine_that_grew_noisy_is_not_what_was_calibrated():
    assert unfit(CONFIG, spread(0.05), spread(0.005)).endswith("10 times as before")
    assert unfit(CONFIG, spread(0.05), spread(0.04)) == ""


def test_noise_that_hides_nothing_that_is_looked_for_may_grow():
    assert unfit(CONFIG, spread(0.004), spread(0.0005)) == ""


def test_an_experiments_own_pairs_show_a_restless_machine_whatever_the_effect():
    known = spread(0.005)
    wild = [0.3 + 0.05 * x for x in SHAPE]
    assert restless(pairs_with(wild), GOAL, known).startswith("its pairs spread by")
    calm = [0.3 + 0.006 * x for x in SHAPE]
    assert restless(pairs_with(calm), GOAL, known) == ""
    assert restless(pairs_with(wild[:7]), GOAL, known) == ""


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_that_stays_what_it_is_seldom_fails(name):
    rng = np.random.default_rng(5)
    found = [
        noise(
            sample_pairs(rng, MACHINES[name], pairs=10), "seconds", "lower",
            boundaries=boundaries(alpha=0.005), resolution=0.0,
        )
        for _ in range(200)
    ]  # fmt: skip
    failed = [unfit(CONFIG, now, before) for before, now in pairwise(found)]
    assert sum(1 for why in failed if why) <= 12
