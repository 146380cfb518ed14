"""What sharing the incumbent's invocations costs and saves, through the product's own rounds.

Bounds are such that chance breaks them once in a thousand seeds, and the seeds are fixed.
"""

import math

import pytest
from scipy.stats import binom

from whet.judge.boundaries import boundaries
from whet.testing.blocks import Bay
from whet.testing.noise import MACHINES

ALPHA = 0.005


def judged(name, gain, *, of, size, seed=1, wanted=None):
    """How many of so many equal candidates are kept, and invocations for each, in blocks.

    With `wanted` as well, only the first of each block has the gain, and only it is counted.
    """
    kept = count = spent = 0
    for number in range(of // size if wanted is None else of):
        # a machine met for the first time, so that no spell of it is in all of them
        bay = Bay(machine=MACHINES[name], seed=seed + 1000 * number, boundaries=bounds())
        gains = [gain] * size if wanted is None else [gain, *[0.0] * (size - 1)]
        arms = bay.judge(gains)
        counted = arms if wanted is None else arms[:1]
        kept += sum(arm.accepted for arm in counted)
        count += len(counted)
        spent += bay.invocations
    return kept, count, spent / count


def bounds():
    return boundaries(alpha=ALPHA)


@pytest.mark.parametrize("size", [2, 4, 8])
def test_in_blocks_hardly_any_change_without_effect_is_kept(size):
    found = [judged(name, 0.0, of=64, size=size) for name in MACHINES]
    assert max(kept for kept, _, _ in found) <= binom.isf(0.001, 64, ALPHA)
    assert sum(kept for kept, _, _ in found) <= binom.isf(0.001, 64 * len(MACHINES), ALPHA)


def test_a_block_saves_invocations_on_every_machine():
    for name in MACHINES:
        alone = judged(name, 0.0, of=160, size=1)[2]
        in_eight = judged(name, 0.0, of=160, size=8)[2]
        assert in_eight < 0.9 * alone


@pytest.mark.parametrize(("name", "gain", "power"), [
    ("quiet", 0.02, 0.90), ("cloud", 0.03, 0.95), ("cloud", 0.05, 0.98),
])  # fmt: skip
def test_among_others_a_good_change_is_found_as_often_as_alone(name, gain, power):
    kept, count, _ = judged(name, gain, of=60, size=4, wanted=1)
    assert kept >= binom.ppf(0.001, count, power)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 4, 8])
def test_of_800_changes_in_blocks_the_stated_share_is_kept_wrongly(size):
    for name in MACHINES:
        kept, count, _ = judged(name, 0.0, of=800, size=size)
        assert kept <= binom.isf(0.001, count, ALPHA), name


@pytest.mark.slow
@pytest.mark.parametrize(("name", "power"), [("quiet", 0.90), ("cloud", 0.79)])
def test_in_blocks_changes_worth_the_minimum_are_kept_as_often(name, power):
    kept, count, _ = judged(name, 0.02, of=300, size=4, wanted=1)
    assert kept >= binom.ppf(0.01, count, power)
    assert math.isclose(count, 300)
