import math

import numpy as np
import pytest
from scipy import stats

from whet.judge import guards
from whet.judge.boundaries import boundaries
from whet.model.design import GuardRule
from whet.testing.pairs import pairs_of

BOUNDARIES = boundaries(alpha=0.005)
MARGIN = math.log1p(0.05)
NOISY = GuardRule(metric="rss", direction="lower", margin=MARGIN)
EXACT = GuardRule(metric="size", direction="lower", margin=MARGIN, exact=True)


def state(rule, losses):
    return guards.state(rule, losses, BOUNDARIES)


def exact_state(rule, a, b):
    return state(rule, guards.losses(rule, pairs_of([a], [b], rule.metric)))


def test_a_loss_is_above_0_where_the_candidate_is_worse():
    higher = GuardRule(metric="rate", direction="higher", margin=MARGIN)
    assert guards.losses(NOISY, pairs_of([10], [11], "rss")) == pytest.approx([math.log(1.1)])
    assert guards.losses(higher, pairs_of([11], [10], "rate")) == pytest.approx([math.log(1.1)])


@pytest.mark.parametrize("shift", np.linspace(-0.02, 0.12, 29))
def test_a_guard_is_judged_by_its_two_sided_interval(shift):
    losses = [shift - 0.02, shift + 0.02, shift - 0.01, shift + 0.01]
    low, high = stats.t.interval(0.95, 3, loc=shift, scale=stats.sem(losses))
    expected = "holds" if high < MARGIN else "lost" if low > MARGIN else "undecided"
    assert state(NOISY, losses) == expected


def test_a_guard_is_undecided_between_the_looks():
    assert [state(NOISY, [0.0] * n) for n in (3, 4, 5, 6)] == [
        "undecided",
        "holds",
        "undecided",
        "holds",
    ]


def test_a_noisy_guard_that_never_varies_is_taken_at_its_word():
    assert state(NOISY, [0.0] * 4) == "holds"
    assert state(NOISY, [MARGIN] * 4) == "holds"
    assert state(NOISY, [MARGIN + 0.001] * 4) == "lost"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (100, 100, "holds"),
        (100, 90, "holds"),
        (100, 105, "holds"),
        (1000, 1051, "lost"),
        (0, 0, "holds"),
        (0, 1, "lost"),
        (1, 0, "holds"),
    ],
)
def test_an_exact_guard_may_lose_exactly_its_margin(a, b, expected):
    assert exact_state(EXACT, a, b) == expected


def test_an_exact_guard_without_a_margin_may_not_lose_at_all():
    none = GuardRule(metric="allocations", direction="lower", margin=0.0, exact=True)
    assert exact_state(none, 1200, 1200) == "holds"
    assert exact_state(none, 1_000_000, 1_000_001) == "lost"


def test_an_exact_guard_where_higher_is_better_loses_downwards():
    hits = GuardRule(metric="hits", direction="higher", margin=0.0, exact=True)
    assert exact_state(hits, 10, 9) == "lost"
    assert exact_state(hits, 10, 11) == "holds"


def test_an_exact_guard_that_varies_cannot_pass_by_luck():
    losses = guards.losses(EXACT, pairs_of([100, 100, 100], [100, 120, 100], "size"))
    assert state(EXACT, losses) == "lost"


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_an_exact_guard_that_cannot_be_compared_is_an_error(bad):
    with pytest.raises(ValueError, match="size"):
        guards.losses(EXACT, pairs_of([1.0], [bad], "size"))


def test_an_exact_guard_that_is_missing_is_an_error():
    with pytest.raises(ValueError, match="size is missing"):
        guards.losses(EXACT, pairs_of([1.0], [1.0], "other"))


def test_a_guard_at_its_margin_passes_in_at_most_11_of_100_experiments():
    losses = np.random.default_rng(4).normal(MARGIN, 0.03, (2000, 40))
    passed = [any(state(NOISY, list(row[:n])) == "holds" for n in LOOKS) for row in losses]
    assert 0.05 < np.mean(passed) < 0.125


LOOKS = tuple(BOUNDARIES.accept_t)
