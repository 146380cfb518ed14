import math

import numpy as np
import pytest

from whet.judge.spending import level
from whet.model.config import Judge


def test_fixed_gives_every_candidate_the_same():
    judge = Judge(alpha=0.003, spend="fixed")
    assert level(judge, judged=0, kept=0, planned=200, noisy=True) == 0.003
    assert level(judge, judged=150, kept=40, planned=200, noisy=False) == 0.003


def test_auto_is_fixed_on_a_quiet_machine_and_lond_on_a_noisy_one():
    judge = Judge(alpha=0.005, fdr=0.1)
    assert level(judge, judged=3, kept=1, planned=100, noisy=False) == 0.005
    assert level(judge, judged=3, kept=1, planned=100, noisy=True) == pytest.approx(0.002)


def test_lond_grows_with_every_keep_up_to_a_limit():
    judge = Judge(alpha=0.005, spend="lond", fdr=0.1)
    levels = [level(judge, judged=k, kept=k, planned=100, noisy=False) for k in range(60)]
    assert levels[:3] == pytest.approx([0.001, 0.002, 0.003])
    assert levels == sorted(levels)
    assert max(levels) == 0.025


def test_a_strict_alpha_limits_lond():
    judge = Judge(alpha=0.0005, spend="lond")
    assert level(judge, judged=60, kept=60, planned=100, noisy=True) == pytest.approx(0.0025)


def test_beyond_the_plan_the_shares_shrink():
    judge = Judge(spend="lond", fdr=0.1)
    levels = [level(judge, judged=k, kept=0, planned=100, noisy=True) for k in range(200)]
    assert levels[99] == pytest.approx(0.001)
    assert levels[100] == pytest.approx(0.1 / 101)
    assert sum(levels) < 0.1 * (1 + math.log(2))


def test_lond_keeps_the_share_of_false_keeps_below_its_limit():
    rng, judge, shares = np.random.default_rng(12), Judge(alpha=0.02, spend="lond", fdr=0.2), []
    for _ in range(400):
        kept = false = 0
        for number in range(100):
            real = rng.random() < 0.1
            p = rng.random() * (1e-4 if real else 1.0)
            if p <= level(judge, judged=number, kept=kept, planned=100, noisy=True):
                kept, false = kept + 1, false + (not real)
        shares.append(false / max(kept, 1))
    assert 0.0 < np.mean(shares) < 0.2
