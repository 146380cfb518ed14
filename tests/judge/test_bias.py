"""How far builds of one source differ, held against scipy's analysis of variance."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from whet.judge.bias import layout_bias
from whet.testing.pairs import pairs_with

BUILDS, ROUNDS = 6, 4


def taken(seed, *, sd, noise=0.003):
    """Pairs whose sides have each a layout that changes them by `sd`, in rounds."""
    rng = np.random.default_rng(seed)
    bias = rng.normal(0, sd, BUILDS) - rng.normal(0, sd, BUILDS)
    d = rng.normal(0, noise, (ROUNDS, BUILDS)) + bias
    pairs = pairs_with([float(value) for value in d.ravel()])
    return d, [replace(pair, layout=n % BUILDS) for n, pair in enumerate(pairs)]


def test_chance_is_that_of_an_analysis_of_variance():
    for seed in range(20):
        d, pairs = taken(seed, sd=0.002)
        found = layout_bias(pairs, "seconds", "lower")
        assert found.p == pytest.approx(stats.f_oneway(*d.T).pvalue, rel=1e-9)
        assert found.builds == BUILDS


def test_the_spread_of_a_build_is_found_without_that_of_its_pairs():
    found = [layout_bias(taken(seed, sd=0.01)[1], "seconds", "lower").sd for seed in range(200)]
    assert math.sqrt(np.mean(np.square(found))) == pytest.approx(0.01, rel=0.1)


def test_builds_that_are_alike_are_seldom_told_to_matter():
    none = [layout_bias(taken(seed, sd=0.0)[1], "seconds", "lower") for seed in range(400)]
    assert sum(one.matters(0.005) for one in none) <= stats.binom.isf(0.001, 400, 0.05)
    much = [layout_bias(taken(seed, sd=0.015)[1], "seconds", "lower") for seed in range(100)]
    assert sum(one.matters(0.02) for one in much) >= 95
    assert not any(one.matters(1.0) for one in much)


def test_builds_without_any_noise_differ_or_do_not():
    assert layout_bias(taken(1, sd=0.01, noise=0.0)[1], "seconds", "lower").p < 1e-9
    same = [replace(pair, layout=n % 2) for n, pair in enumerate(pairs_with([0.01] * 6))]
    assert layout_bias(same, "seconds", "lower").sd == pytest.approx(0, abs=1e-9)


def test_one_pair_of_each_build_says_nothing():
    _, pairs = taken(1, sd=0.01)
    with pytest.raises(ValueError, match="two pairs in each of two layouts"):
        layout_bias(pairs[:BUILDS], "seconds", "lower")
