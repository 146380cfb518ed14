import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from whet.judge.shrink import shrink, spread

SIZES = st.floats(1e-4, 0.2)


@pytest.mark.parametrize(
    ("est", "se", "tau"), [(0.03, 0.01, 0.05), (-0.02, 0.02, 0.03), (0.1, 0.01, 0.02)]
)
def test_it_is_the_posterior_mean_under_a_spike_and_a_slab(est, se, tau):
    def slab(x):
        return 0.1 * stats.norm.pdf(x, 0, tau) * stats.norm.pdf(est, x, se)

    spike = 0.9 * stats.norm.pdf(est, 0, se)
    evidence = integrate.quad(slab, -1, 1, points=[0, est])[0]
    weighted = integrate.quad(lambda x: x * slab(x), -1, 1, points=[0, est])[0]
    assert shrink(est, se, tau) == pytest.approx(weighted / (evidence + spike), rel=1e-6)


@given(st.floats(-0.5, 0.5), SIZES, SIZES)
def test_it_never_passes_0_or_the_estimate(est, se, tau):
    found = shrink(est, se, tau)
    assert 0 <= math.copysign(1, est) * found <= abs(est)


@given(st.floats(0, 0.5), SIZES, SIZES)
def test_a_loss_shrinks_like_a_gain(est, se, tau):
    assert shrink(-est, se, tau) == -shrink(est, se, tau)


def test_a_sure_gain_hardly_shrinks_and_an_unsure_one_does():
    assert shrink(0.05, 0.002, 0.05) == pytest.approx(0.05, rel=0.01)
    assert shrink(0.02, 0.02, 0.05) < 0.005


def test_a_huge_gain_does_not_overflow():
    assert shrink(5.0, 0.001, 0.05) == pytest.approx(5.0, rel=1e-3)


def test_without_an_error_there_is_nothing_to_shrink():
    assert shrink(0.05, 0.0, 0.05) == 0.05


def test_the_spread_of_real_effects_is_found_again():
    rng = np.random.default_rng(7)
    real = rng.random(20_000) < 0.1
    effects = np.where(real, rng.normal(0, 0.06, 20_000), 0.0)
    errors = rng.uniform(0.005, 0.02, 20_000)
    estimates = list(zip(effects + rng.normal(0, errors), errors, strict=True))
    assert spread(estimates) == pytest.approx(0.06, rel=0.08)


def test_a_few_estimates_say_nothing_about_the_spread():
    assert spread([]) == spread([(0.5, 0.01)] * 4) == 0.05


def test_the_spread_is_never_0():
    assert spread([(0.0, 0.02)] * 10) == pytest.approx(0.005)
