import numpy as np
import pytest
from scipy import stats

from whet.judge.boundaries import LOOKS, boundaries, impatient_t, interval_t, nominal_levels
from whet.testing.simulation import calibrated_floors, judge_rows

LATE_0005 = (0.00012583, 0.000173067, 0.000222712)
LATE_005 = (0.00136222, 0.00193671, 0.00255932)
LATE_05 = (0.0155266, 0.023129, 0.0317943)

# One-sided nominal levels, found with another quadrature: 601 equal steps and 48 bisections.
PUBLISHED = [
    (12, 0.0001, (1.9245e-05, 1.93759e-05, 2.50687e-05, 5.31887e-05)),
    (12, 0.005, (0.00096225, 0.00110093, 0.00148743, 0.00306033)),
    (12, 0.05, (0.0096225, 0.0124643, 0.0176496, 0.0358632)),
    (
        20,
        0.001,
        (8.94427e-05, 9.3847e-05, 0.000123083, 0.000257966, 0.000357088, 0.000462383),
    ),
    (20, 0.025, (0.00223607, 0.0026621, 0.00364894, 0.00746532, 0.0109008, 0.0147563)),
    (40, 0.0005, (1.58114e-5, 1.58454e-5, 2.047e-5, 4.3498e-5, 5.89876e-5, *LATE_0005)),
    (40, 0.005, (0.000158114, 0.000168899, 0.000222847, 0.00046492, 0.000648553, *LATE_005)),
    (40, 0.05, (0.00158114, 0.00185061, 0.00252085, 0.00516878, 0.0074934, *LATE_05)),
]


@pytest.mark.parametrize(("cap", "alpha", "levels"), PUBLISHED)
def test_the_levels_agree_with_another_implementation(cap, alpha, levels):
    assert nominal_levels(LOOKS[cap], alpha) == pytest.approx(levels, rel=1e-4)


@pytest.mark.parametrize("cap", [12, 20, 40])
@pytest.mark.parametrize("alpha", [1.1e-5, 0.00037, 0.0123, 0.099])
def test_any_alpha_has_boundaries_that_fall_with_every_look(cap, alpha):
    found = boundaries(alpha=alpha, cap=cap)
    heights = list(found.accept_t.values())
    assert list(found.accept_t) == list(LOOKS[cap])
    assert heights == sorted(heights, reverse=True)
    assert found.alpha == alpha


@pytest.mark.parametrize("cap", [12, 20, 40])
def test_a_random_walk_crosses_as_often_as_was_spent(cap):
    alpha, rows = 0.05, 60_000
    sums = np.random.default_rng(11).normal(size=(rows, cap)).cumsum(axis=1)
    crossed = np.zeros(rows, dtype=bool)
    for look, level in zip(LOOKS[cap], nominal_levels(LOOKS[cap], alpha), strict=True):
        crossed |= sums[:, look - 1] / look**0.5 >= stats.norm.isf(level)
        spent = alpha * (look / cap) ** 1.5
        assert crossed.mean() == pytest.approx(spent, abs=4 * (spent / rows) ** 0.5)


@pytest.mark.parametrize("cap", [12, 20, 40])
def test_normal_noise_that_dwarfs_the_minimum_crosses_about_as_often_as_alpha_says(cap):
    d = np.random.default_rng(3).normal(size=(40_000, 10 + cap))
    floors, design = calibrated_floors(d[:, :10]), boundaries(alpha=0.005, cap=cap)
    bare = judge_rows(d[:, 10:], design, min_effect=-9.0)
    assert 0.005 < bare.accepted.mean() < 1.7 * 0.005
    floored = judge_rows(d[:, 10:], design, min_effect=0.2, floor=floors)
    assert 0.7 * 0.005 < floored.accepted.mean() < 1.4 * 0.005
    useful = judge_rows(d[:, 10:], design, min_effect=0.5, floor=floors)
    assert useful.accepted.mean() < 1.3 * 0.005


@pytest.mark.parametrize("cap", [12, 20, 40])
def test_the_critical_values_are_quantiles_of_students_t(cap):
    found = boundaries(alpha=0.005, beta=0.07, cap=cap, confidence=0.9)
    levels = nominal_levels(LOOKS[cap], 0.005)
    for look, level in zip(LOOKS[cap], levels, strict=True):
        df = look - 1 if look < 8 else look - 2 * int(0.2 * look) - 1
        assert found.accept_t[look] == pytest.approx(stats.t.isf(level, df), rel=1e-9)
    assert list(found.futile_t) == list(found.interval_t) == list(range(2, cap + 1))
    for n in range(2, cap + 1):
        df = n - 1 if n < 8 else n - 2 * int(0.2 * n) - 1
        assert found.futile_t[n] == pytest.approx(stats.t.isf(0.07, df))
        assert found.interval_t[n] == pytest.approx(stats.t.isf(0.05, df))


def test_an_interval_without_a_design_has_the_same_quantile():
    assert interval_t(24, 0.95) == boundaries(alpha=0.01).interval_t[24]


def test_a_smaller_alpha_asks_for_more_at_every_look():
    strict, loose = boundaries(alpha=0.001), boundaries(alpha=0.002)
    assert all(strict.accept_t[n] > loose.accept_t[n] for n in LOOKS[40])


def test_the_same_design_is_computed_once():
    assert boundaries(alpha=0.0042) is boundaries(alpha=0.0042)


@pytest.mark.parametrize("alpha", [0.0, -0.1, 1e-7, 0.2, float("nan")])
def test_an_alpha_nobody_can_mean_is_an_error(alpha):
    with pytest.raises(ValueError, match="alpha"):
        boundaries(alpha=alpha)


def test_a_cap_without_looks_is_an_error():
    with pytest.raises(ValueError, match="must be 12, 20 or 40"):
        boundaries(alpha=0.005, cap=30)


@pytest.mark.parametrize("cap", [12, 20, 40])
def test_impatience_has_higher_levels_and_none_beyond_two_in_five(cap):
    found = impatient_t(0.05, cap)
    assert list(found) == list(range(2, cap + 1))
    assert found[3] == pytest.approx(stats.t.isf(0.15, 2))
    assert found[8] == pytest.approx(stats.t.isf(0.4, 5))
    assert impatient_t(0.3, cap)[4] == pytest.approx(stats.t.isf(0.4, 3))
