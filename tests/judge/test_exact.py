"""Metrics without noise: one agreeing repeat instead of a test, and a lie is found."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.judge import exact, lint
from whet.judge.boundaries import boundaries
from whet.judge.designing import design, fixed_pairs
from whet.judge.sequential import decide
from whet.judge.verdict import verdict
from whet.model.config import Bench, Config
from whet.model.design import Design, GuardRule
from whet.model.metric import Goal, Guard
from whet.model.trial import Invocation, TrialOutcome
from whet.testing.events import MACHINE, NOISE
from whet.testing.pairs import pairs_of, pairs_of_many

LEAST = 0.02
SIZE = Design(
    metric="bytes", direction="lower", min_effect=math.log1p(LEAST), exact=True,
    boundaries=boundaries(alpha=0.005),
)  # fmt: skip
CONFIG = Config(
    goal=Goal(metric="bytes", unit="B", exact=True, min_effect=LEAST), bench=Bench(command="x")
)


def decided(a, b, **changes):
    return decide(replace(SIZE, **changes), pairs_of(a, b, "bytes"))


def test_one_number_is_not_enough_and_a_repeat_is():
    assert decided([1000], [900]).action == "continue"
    found = decided([1000, 1000], [900, 900])
    assert (found.action, found.pairs, found.accepted_at) == ("accept", 2, 2)


@pytest.mark.parametrize(("b", "action"), [
    (1000 / 1.02, "accept"), (1000 / 1.0199, "futile"), (1000, "futile"), (1200, "futile"),
])  # fmt: skip
def test_exactly_the_minimum_is_enough_and_less_is_not(b, action):
    assert decided([1000, 1000], [b, b]).action == action


def test_what_is_less_than_asked_is_said_as_a_number_without_an_interval():
    assert decided([1000, 1000], [990, 990]).text == "+1% exactly, less than the 2.0% asked"


def test_more_may_be_better():
    found = decided([100, 100], [110, 110], direction="higher")
    assert found.action == "accept"
    assert decided([100, 100], [90, 90], direction="higher").action == "futile"


@pytest.mark.parametrize(("a", "b"), [([1000, 1010], [900, 900]), ([1000, 1000], [900, 905])])
def test_one_program_with_two_numbers_is_not_exact(a, b):
    found = decided(a, b)
    assert (found.action, found.pairs) == ("unsteady", 2)
    assert "declared exact, and one program gave" in found.text


def test_a_count_of_instructions_may_move_in_its_sixth_digit():
    found = decided([234_000_000, 234_001_215], [210_000_000, 210_000_011])
    assert found.action == "accept"


positive = st.floats(min_value=1.0, max_value=1e9)


@given(
    st.lists(st.tuples(positive, positive), min_size=2, max_size=6),
    st.sampled_from(["lower", "higher"]),
)
def test_the_answer_is_that_of_arithmetic(runs, direction):
    """Held against the same rule in ratios instead of logarithms."""
    a, b = zip(*runs[:2], strict=True)
    found = decide(replace(SIZE, direction=direction), pairs_of(a, b, "bytes"))
    allowed = 1.02 ** (1 / 20)
    gains = [x / y if direction == "lower" else y / x for x, y in runs[:2]]
    near = any(
        math.isclose(value, limit, rel_tol=1e-9)
        for value, limit in [
            (max(a) / min(a), allowed), (max(b) / min(b), allowed), (min(gains), 1.02)
        ]
    )  # fmt: skip
    if near:
        return
    if max(a) / min(a) > allowed or max(b) / min(b) > allowed:
        assert found.action == "unsteady"
    else:
        assert found.action == ("accept" if min(gains) > 1.02 else "futile")


def test_a_noisy_guard_prolongs_an_exact_goal_and_can_lose_it():
    guarded = replace(SIZE, guards=(GuardRule(metric="s", direction="lower", margin=0.05),))
    n = 8
    sizes = ([1000.0] * n, [900.0] * n)
    steady = [1 + 0.001 * (k % 3) for k in range(n)]
    fine = pairs_of_many({"bytes": sizes, "s": (steady, steady[::-1])})
    assert decide(guarded, fine[:2]).action == "continue"
    assert decide(guarded, fine).action == "accept"
    slow = pairs_of_many({"bytes": sizes, "s": (steady, [1.2 * x for x in steady])})
    found = decide(guarded, slow)
    assert (found.action, found.guard) == ("guard_lost", "s")


def outcome(a, b):
    return TrialOutcome(id="E1", fingerprint=MACHINE, stages=(), pairs=pairs_of(a, b, "bytes"))


def test_the_verdict_has_an_effect_without_width():
    given_ = verdict(CONFIG, design(CONFIG, NOISE, 0.005), outcome([1000, 1000], [900, 900]))
    assert (given_.kind, given_.code) == ("kept", "faster")
    assert given_.effect.low == given_.effect.estimate == given_.effect.high
    assert given_.effect.estimate == pytest.approx(1000 / 900 - 1)
    assert given_.effect.method == "2 exact repeats"


def test_the_verdict_on_what_was_not_exact_is_that_nothing_is_known():
    given_ = verdict(CONFIG, design(CONFIG, NOISE, 0.005), outcome([1000, 1000], [900, 700]))
    assert (given_.kind, given_.code) == ("inconclusive", "not_exact")
    assert "900 and 700" in given_.reason or "700 and 900" in given_.reason


def test_a_larger_program_is_called_slower_by_the_same_words():
    given_ = verdict(CONFIG, design(CONFIG, NOISE, 0.005), outcome([1000, 1000], [1100, 1100]))
    assert (given_.kind, given_.code) == ("discarded", "slower")


def runs(**metrics):
    return [
        Invocation(values=dict(zip(metrics, row, strict=True)), wall=1.0)
        for row in zip(*metrics.values(), strict=True)
    ]


def test_before_a_campaign_what_is_declared_exact_is_asked_to_be():
    assert not list(lint.of_base(CONFIG, runs(bytes=[1000] * 8)))
    (complaint,) = lint.of_base(CONFIG, runs(bytes=[1000] * 7 + [1001.5]))
    assert (complaint.code, complaint.sure) == ("not_exact", True)
    assert complaint.fix.endswith("`whet config set goal.exact false`")


def test_an_exact_guard_is_asked_as_well_and_may_be_0():
    config = replace(CONFIG, guard=(Guard(metric="allocs", exact=True),))
    assert not list(lint.of_base(config, runs(bytes=[10.0] * 4, allocs=[0.0] * 4)))
    found = list(lint.of_base(config, runs(bytes=[10.0] * 4, allocs=[0.0, 0.0, 1.0, 0.0])))
    assert [one.metric for one in found] == ["allocs"]
    assert "guard.0.exact" in found[0].fix


def test_only_where_everything_is_exact_fixed_pairs_are_two():
    noisy = replace(CONFIG, guard=(Guard(metric="s"),))
    steady = replace(CONFIG, guard=(Guard(metric="allocs", exact=True),))
    found = [fixed_pairs(one, 24) for one in (CONFIG, steady, noisy)]
    assert found == [2, 2, 24]
    assert exact.REPEATS == 2
