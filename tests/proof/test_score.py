"""Shares with their intervals, and what candidates are truly worth."""

import pytest

from whet.proof.mix import truths
from whet.proof.score import share


def test_no_keep_at_all_bounds_the_share_by_what_chance_would_hide():
    found = share(0, 30)
    assert (found.low, found.rate) == (0.0, 0.0)
    assert (1 - found.high) ** 30 == pytest.approx(0.025)
    assert share(30, 30).low == pytest.approx(1 - found.high)
    assert share(30, 30).high == 1.0


@pytest.mark.parametrize(
    ("kept", "of", "low", "high"), [(1, 10, 0.0025, 0.4450), (5, 10, 0.1871, 0.8129)]
)
def test_the_interval_is_that_of_the_tables(kept, of, low, high):
    found = share(kept, of)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_an_interval_holds_every_share_that_the_data_do_not_refute():
    from scipy.stats import binom

    found = share(4, 40)
    assert binom.sf(3, 40, found.low) == pytest.approx(0.025)
    assert binom.cdf(4, 40, found.high) == pytest.approx(0.025)


def test_of_no_candidates_nothing_is_known():
    found = share(0, 0)
    assert (found.rate, found.low, found.high) == (None, 0.0, 1.0)


def test_a_mixed_campaign_is_mostly_useless():
    found = truths(40, seed=1)
    assert len([gain for gain in found if gain == 0]) == 30
    harmful = [gain for gain in found if gain < 0]
    gains = [gain for gain in found if gain > 0]
    assert (len(harmful), len(gains)) == (6, 4)
    assert all(-0.10 <= gain <= -0.01 for gain in harmful)
    assert all(0.01 <= gain <= 0.15 for gain in gains)
    assert truths(40, seed=1) == found
    assert truths(40, seed=2) != found


def test_candidates_can_all_be_the_same():
    assert truths(3, seed=1, mix="null") == [0.0] * 3
    assert truths(3, seed=1, effect=0.02) == [0.02] * 3
