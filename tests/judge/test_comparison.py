import math

import numpy as np
import pytest
from scipy import stats

from whet.judge.comparison import compare
from whet.model.trial import Pair
from whet.testing.pairs import pairs_of, pairs_with

SWAPPED = {"faster": "slower", "slower": "faster"}


def compared(d, min_effect=0.02, confidence=0.95):
    return compare(pairs_with(d), "seconds", "lower", confidence=confidence, min_effect=min_effect)


def around(centre, half, n=10):
    """Log ratios with this mean, spread evenly around it."""
    return [centre + half * (-1) ** i for i in range(n)]


@pytest.mark.parametrize(
    ("d", "answer"),
    [
        (around(0.05, 0.01), "faster"),
        (around(-0.05, 0.01), "slower"),
        (around(0.0, 0.005), "no_difference"),
        (around(0.005, 0.002), "no_difference"),
        (around(0.0, 0.1), "cannot_tell"),
        (around(0.03, 0.1), "cannot_tell"),
    ],
)
def test_the_interval_gives_the_answer(d, answer):
    assert compared(d).answer == answer


def test_of_the_same_program_no_number_says_a_difference():
    pairs = pairs_with(around(-0.05, 0.01))
    said = compare(pairs, "seconds", "lower", confidence=0.95, min_effect=0.02, same=True)
    assert (said.answer, said.pairs_needed) == ("no_difference", None)
    assert said.text.startswith("the same program, and noise: -4.9% [")


def test_the_interval_is_that_of_the_trimmed_mean():
    d = list(np.random.default_rng(3).normal(0.03, 0.02, 20))
    trimmed = stats.trim_mean(d, 0.2)
    error = float(stats.mstats.trimmed_stde(d, (0.2, 0.2)))
    half = stats.t.ppf(0.995, 11) * error
    found = compared(d, confidence=0.99).effect
    assert found.estimate == pytest.approx(math.expm1(trimmed))
    assert (found.low, found.high) == pytest.approx(
        (math.expm1(trimmed - half), math.expm1(trimmed + half))
    )
    assert found.confidence == 0.99


@pytest.mark.parametrize("seed", range(40))
def test_swapping_the_sides_swaps_the_answer(seed):
    rng = np.random.default_rng(seed)
    pairs = pairs_with(rng.normal(rng.choice([0, 0.01, 0.03]), 0.02, 12))
    back = tuple(Pair(first=pair.first, a=pair.b, b=pair.a) for pair in pairs)
    one, two = (
        compare(some, "seconds", "lower", confidence=0.95, min_effect=0.02)
        for some in (pairs, back)
    )
    assert two.answer == SWAPPED.get(one.answer, one.answer)
    assert two.pairs_needed == one.pairs_needed


def test_only_an_open_answer_asks_for_more_pairs():
    assert compared(around(0.05, 0.01)).pairs_needed is None
    assert compared(around(0.0, 0.005)).pairs_needed is None
    assert compared(around(0.0, 0.1)).pairs_needed > 10


@pytest.mark.parametrize(
    ("centre", "half", "n"), [(0.0, 0.05, 10), (0.01, 0.03, 8), (0.03, 0.2, 4)]
)
def test_the_pairs_asked_for_are_enough_and_one_less_is_not(centre, half, n):
    wanted = compared(around(centre, half, n)).pairs_needed
    found = compared(around(centre, half, n)).effect
    assert wanted > n
    t = stats.t.ppf(0.975, n - 1 if n < 8 else n - 2 * (n // 5) - 1)
    sd = math.log((1 + found.high) / (1 + found.low)) / 2 / t * math.sqrt(n)
    room = max(centre, math.log1p(0.02) - centre)
    for pairs, enough in ((wanted, True), (wanted - 1, False)):
        df = pairs - 1 if pairs < 8 else pairs - 2 * (pairs // 5) - 1
        assert bool(stats.t.ppf(0.975, df) * sd / math.sqrt(pairs) <= room) is enough


def test_hopeless_noise_asks_for_no_number():
    hopeless = compared(around(0.0, 3.0), min_effect=1e-6)
    assert (hopeless.answer, hopeless.pairs_needed) == ("cannot_tell", None)
    assert hopeless.text.endswith("10 pairs")


def test_equal_programs_are_called_different_as_often_as_the_confidence_allows():
    rng = np.random.default_rng(5)
    answers = [compared(rng.normal(0, 0.02, 10), min_effect=0.0001).answer for _ in range(1500)]
    assert 0.03 < np.mean([answer != "cannot_tell" for answer in answers]) < 0.075


def test_the_text_says_what_was_found():
    assert compared(around(0.0488, 0.005)).text == "faster: +5.0% [+4.3, +5.8], 10 pairs"
    assert compared(around(0.0, 0.005)).text.startswith("no difference of 2% or more: +0.0%")
    assert compared(around(-0.05, 0.01)).text.startswith("slower: -4.9% [")
    assert "would tell" in compared(around(0.0, 0.05)).text


def test_a_metric_without_noise_is_compared_all_the_same():
    exact = compare(
        pairs_of([100, 100], [90, 90], "size"), "size", "lower", confidence=0.95, min_effect=0.02
    )
    assert exact.answer == "faster"


def test_one_pair_is_no_comparison():
    with pytest.raises(ValueError, match="at least 2 pairs"):
        compared([0.1])
