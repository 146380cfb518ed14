import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from whet.judge.summary import centre, degrees, mad_sd, median

SAMPLES = np.random.default_rng(5).standard_t(3, (4, 40))
NUMBERS = st.floats(-3, 3, allow_nan=False)


@pytest.mark.parametrize("n", range(2, 8))
def test_the_centre_of_few_values_is_their_mean(n):
    for sample in SAMPLES:
        found = centre(list(sample[:n]))
        assert found.mean == pytest.approx(sample[:n].mean())
        assert found.se == pytest.approx(statistics.stdev(sample[:n]) / math.sqrt(n))
        assert (found.df, found.n) == (n - 1, n)


@pytest.mark.parametrize("n", range(8, 41))
def test_from_8_values_on_the_centre_is_the_trimmed_mean(n):
    for sample in SAMPLES:
        found = centre(list(sample[:n]))
        assert found.mean == pytest.approx(stats.trim_mean(sample[:n], 0.2))
        share = (math.floor(0.2 * n) + 1e-9) / n
        expected = stats.mstats.trimmed_stde(sample[:n], (share, share))
        assert found.se == pytest.approx(float(expected))
        assert found.df == n - 2 * math.floor(0.2 * n) - 1 == degrees(n)


def test_two_wild_values_of_ten_do_not_move_the_centre_out_of_the_rest():
    rest = [0.01, 0.011, 0.012, 0.013, 0.014, 0.015, 0.016, 0.017]
    found = centre([*rest, 5.0, 7.0])
    assert found.mean < 0.017
    assert found.se < 0.002


@pytest.mark.parametrize("n", [2, 4, 7, 8, 11, 24, 40])
def test_the_floor_alone_gives_floor_over_root_n(n):
    assert centre([0.01] * n, 0.02).se == pytest.approx(0.02 / math.sqrt(n))


@given(st.lists(NUMBERS, min_size=2, max_size=40), st.floats(0, 1))
def test_a_floor_never_makes_the_error_smaller(d, floor):
    plain, raised = centre(d), centre(d, floor)
    assert raised.se >= plain.se
    assert raised.mean == plain.mean


@given(NUMBERS, st.integers(2, 40))
def test_equal_values_have_no_error_at_all(value, n):
    assert centre([value] * n).se == 0.0


def test_values_that_differ_in_the_last_bit_count_as_equal():
    assert centre([0.1, 0.1 + 1e-17, 0.1 + 2e-17, math.nextafter(0.1, 1)]).se == 0.0


@given(st.lists(NUMBERS, min_size=2, max_size=40))
def test_the_centre_turns_with_the_sign(d):
    there, back = centre(d), centre([-x for x in d])
    assert back.mean == -there.mean
    assert back.se == pytest.approx(there.se, abs=1e-12)


@given(st.lists(NUMBERS, min_size=2, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_the_values_does_not_matter(d, random):
    mixed = random.sample(d, len(d))
    assert centre(mixed) == centre(d)


def test_one_value_tells_nothing_about_its_error():
    found = centre([0.3])
    assert (found.mean, found.se, found.df) == (0.3, math.inf, 0)


def test_no_values_have_no_centre():
    with pytest.raises(ValueError, match="no values"):
        centre([])


def test_the_robust_deviation_is_the_scaled_median_distance():
    for sample in SAMPLES:
        expected = stats.median_abs_deviation(sample, scale="normal")
        assert mad_sd(list(sample)) == pytest.approx(expected, rel=1e-5)


def test_the_median_of_four_is_between_the_inner_two():
    assert median([9.0, 1.0, 3.0, 2.0]) == 2.5
