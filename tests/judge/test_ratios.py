import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from whet.judge.ratios import effect, gain, log_ratios
from whet.model.trial import Invocation, Pair
from whet.testing.pairs import pairs_of, pairs_with

TIMES = st.floats(0.01, 100, allow_nan=False)
SAMPLES = st.lists(st.tuples(TIMES, TIMES), min_size=2, max_size=40)


def swapped(pairs):
    return tuple(Pair(first=pair.first, a=pair.b, b=pair.a) for pair in pairs)


def sides(rows):
    return pairs_of([a for a, _ in rows], [b for _, b in rows])


def test_a_shorter_time_is_better_where_lower_is():
    assert log_ratios(pairs_of([2.0], [1.0]), "seconds", "lower") == (math.log(2),)


def test_a_larger_number_is_better_where_higher_is():
    found = log_ratios(pairs_of([50.0], [100.0], "rate"), "rate", "higher")
    assert found == pytest.approx((math.log(2),))


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("side", ["a", "b"])
def test_a_value_without_a_logarithm_is_an_error_that_names_the_metric(value, side):
    numbers = {"a": [1.0, 1.0], "b": [1.0, 1.0]}
    numbers[side][1] = value
    with pytest.raises(ValueError, match="p99_ms"):
        log_ratios(pairs_of(numbers["a"], numbers["b"], "p99_ms"), "p99_ms", "lower")


def test_a_missing_metric_is_an_error_that_names_it():
    pair = Pair(
        first="a", a=Invocation(values={"x": 1.0}, wall=1.0), b=Invocation(values={}, wall=1.0)
    )
    with pytest.raises(ValueError, match="metric x is missing"):
        log_ratios([pair], "x", "lower")


@given(SAMPLES)
def test_swapping_the_sides_negates_every_ratio(rows):
    pairs = sides(rows)
    there = log_ratios(pairs, "seconds", "lower")
    assert log_ratios(swapped(pairs), "seconds", "lower") == tuple(-d for d in there)


@given(SAMPLES)
def test_swapping_the_sides_inverts_the_effect(rows):
    pairs = sides(rows)
    there = effect(pairs, "seconds", "lower", t=0.5, confidence=0.9)
    back = effect(swapped(pairs), "seconds", "lower", t=0.5, confidence=0.9)
    assert (1 + there.estimate) * (1 + back.estimate) == pytest.approx(1)
    assert (1 + there.low) * (1 + back.high) == pytest.approx(1)
    assert (there.a, there.b) == (back.b, back.a)


@given(SAMPLES, st.floats(0.001, 1000))
def test_the_unit_of_the_metric_does_not_matter(rows, scale):
    pairs = sides(rows)
    rescaled = sides([(a * scale, b * scale) for a, b in rows])
    one = effect(pairs, "seconds", "lower", t=0.5, confidence=0.9)
    two = effect(rescaled, "seconds", "lower", t=0.5, confidence=0.9)
    assert two.estimate == pytest.approx(one.estimate, abs=1e-9)
    assert two.low == pytest.approx(one.low, abs=1e-9)


@given(SAMPLES, st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_does_not_matter(rows, random):
    pairs = sides(rows)
    mixed = random.sample(pairs, len(pairs))
    assert effect(mixed, "seconds", "lower", t=2, confidence=0.9) == effect(
        pairs, "seconds", "lower", t=2, confidence=0.9
    )


def test_an_effect_has_the_interval_of_students_t():
    d = [0.05, 0.03, 0.04, 0.06, 0.02]
    t = float(stats.t.ppf(0.975, 4))
    found = effect(pairs_with(d), "seconds", "lower", t=t, confidence=0.95)
    low, high = stats.t.interval(0.95, 4, loc=0.04, scale=stats.sem(d))
    assert found.estimate == pytest.approx(math.expm1(0.04))
    assert (found.low, found.high) == pytest.approx((math.expm1(low), math.expm1(high)))
    assert (found.pairs, found.confidence, found.metric) == (5, 0.95, "seconds")


def test_an_effect_tells_the_medians_of_both_sides():
    found = effect(pairs_of([3, 1, 2], [30, 10, 20], "x"), "x", "higher", t=2, confidence=0.9)
    assert (found.a, found.b) == (2, 20)
    assert found.estimate == pytest.approx(9)


def test_an_effect_says_how_it_was_estimated():
    few, many = pairs_with([0.01] * 7), pairs_with([0.01] * 8)
    assert effect(few, "seconds", "lower", t=2, confidence=0.9).method == "paired log ratio, mean"
    assert effect(many, "seconds", "lower", t=2, confidence=0.9).method.endswith("trimmed mean")


def test_a_floor_widens_the_interval():
    equal = pairs_with([0.01] * 8)
    assert effect(equal, "seconds", "lower", t=2, confidence=0.9).low == pytest.approx(gain(0.01))
    assert effect(equal, "seconds", "lower", t=2, confidence=0.9, floor=0.05).low < 0


def test_one_pair_has_no_interval():
    with pytest.raises(ValueError, match="seconds needs at least 2 pairs"):
        effect(pairs_with([0.1]), "seconds", "lower", t=2, confidence=0.9)


def test_an_absurd_interval_is_still_a_number():
    found = effect(pairs_with([300.0, -300.0]), "seconds", "lower", t=12.7, confidence=0.95)
    assert math.isfinite(found.high)
    assert found.low == pytest.approx(-1)
