import dataclasses
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from whet.judge.boundaries import boundaries, impatient_t
from whet.judge.sequential import decide
from whet.model.design import Design, GuardRule, Impatience
from whet.testing.pairs import pairs_of_many, pairs_with
from whet.testing.simulation import judge_rows

LEVELS_AT_005 = {
    4: 0.000158114,
    6: 0.000168899,
    8: 0.000222847,
    12: 0.00046492,
    16: 0.000648553,
    24: 0.00136222,
    32: 0.00193671,
    40: 0.00255932,
}
MIN_EFFECT = math.log1p(0.02)
DESIGN = Design(
    metric="seconds",
    direction="lower",
    min_effect=MIN_EFFECT,
    boundaries=boundaries(alpha=0.005),
    floor=0.004,
)
MEMORY = GuardRule(metric="rss", direction="lower", margin=math.log1p(0.05))
GUARDED = dataclasses.replace(DESIGN, guards=(MEMORY,))
GAIN = [0.05, 0.052, 0.048, 0.051, 0.049, 0.05, 0.051, 0.05, 0.049, 0.052, 0.05, 0.05] * 4


def guarded(gains, losses, metric="rss"):
    """Pairs with these log gains of the goal and these log losses of a guard."""
    ones = [1.0] * len(gains)
    return pairs_of_many(
        {
            "seconds": (ones, [math.exp(-d) for d in gains]),
            metric: (ones, [math.exp(loss) for loss in losses]),
        }
    )


def run_to_the_end(design, pairs):
    """Ask after every pair, as a trial does."""
    for n in range(1, len(pairs) + 1):
        answer = decide(design, pairs[:n])
        if answer.action != "continue":
            return answer
    raise AssertionError("the rule did not end")


def plain_rule(d, floor):
    """The rule written once more, with p values and scipy's trimmed means."""
    for n in range(2, 41):
        cut = int(0.2 * n) if n >= 8 else 0
        mean = stats.trim_mean(d[:n], cut / n + 1e-9)
        moved = np.asarray(stats.mstats.winsorize(np.array(d[:n]), (cut / n + 1e-9,) * 2))
        left = 1 - 2 * cut / n
        se = max(moved.std(ddof=1) / left, floor) / math.sqrt(n)
        df = n - 2 * cut - 1
        if mean > 0 and stats.t.sf(mean / se, df) <= LEVELS_AT_005.get(n, -1):
            return "accept", n
        if n >= 3 and mean + stats.t.isf(0.05, df) * se < MIN_EFFECT:
            return "futile", n
    return "cap", 40


def streams(count, seed):
    """Random experiments: normal noise of many sizes with wild values in it."""
    chance = random.Random(seed)
    for _ in range(count):
        effect = chance.choice([0, 0.01, 0.02, 0.05, 0.2])
        size = chance.choice([0.002, 0.01, 0.02, 0.05])
        yield [
            effect + chance.gauss(0, size) * (5 if chance.random() < 0.05 else 1) for _ in range(40)
        ]


def test_it_decides_as_the_rule_written_with_p_values():
    seen = set()
    for d in streams(300, 1):
        answer = run_to_the_end(DESIGN, pairs_with(d))
        assert (answer.action, answer.pairs) == plain_rule(d, 0.004)
        seen.add(answer.action)
    assert seen == {"accept", "futile", "cap"}


def test_it_decides_as_the_simulation_does():
    rows = np.array(list(streams(300, 2)))
    judged = judge_rows(rows, DESIGN.boundaries, min_effect=MIN_EFFECT, floor=0.004)
    for number, d in enumerate(rows):
        answer = decide(DESIGN, pairs_with(d))
        assert answer.pairs == judged.pairs[number]
        assert (answer.action == "accept") == judged.accepted[number]
        assert (answer.action == "futile") == judged.futile[number]


@settings(max_examples=60)
@given(st.lists(st.floats(-0.1, 0.15), min_size=1, max_size=40), st.booleans())
def test_the_answer_to_all_pairs_is_the_first_final_answer_to_some(d, with_guard):
    design = GUARDED if with_guard else DESIGN
    pairs = guarded(d, list(reversed(d)))
    answers = [decide(design, pairs[:n]) for n in range(1, len(d) + 1)]
    final = next((answer for answer in answers if answer.action != "continue"), answers[-1])
    assert decide(design, pairs) == final


def test_nothing_is_decided_before_there_are_pairs():
    answer = decide(DESIGN, [])
    assert (answer.action, answer.pairs, answer.goal) == ("continue", 0, None)


def test_a_clear_gain_is_accepted_at_a_planned_look():
    answer = run_to_the_end(DESIGN, pairs_with([0.15, 0.151, 0.149, 0.15]))
    assert (answer.action, answer.pairs, answer.accepted_at) == ("accept", 4, 4)
    assert answer.goal.mean == pytest.approx(0.15)
    assert answer.text == "+16.2% after 4 pairs"


def test_a_gain_is_not_accepted_between_the_looks():
    gains = [0.15, 0.10, 0.2, 0.14, *[0.15] * 10]
    answers = [decide(DESIGN, pairs_with(gains[:n])) for n in range(1, 8)]
    assert [answer.action for answer in answers[:5]] == ["continue"] * 5
    assert answers[5].accepted_at == 6


def test_no_gain_is_futile_from_the_third_pair_on():
    none = pairs_with([0.0, 0.001, -0.001, 0.0])
    assert decide(DESIGN, none[:2]).action == "continue"
    answer = decide(DESIGN, none)
    assert (answer.action, answer.pairs) == ("futile", 3)
    assert answer.text == "likely at most +0.7% after 3 pairs, less than the 2.0% asked"


def test_futility_can_wait_for_more_pairs():
    patient = dataclasses.replace(DESIGN, first_futility=5)
    assert decide(patient, pairs_with([0.0, 0.001, -0.001, 0.0, 0.0])).pairs == 5


def test_where_noise_hides_the_minimum_it_gives_up_sooner_but_only_on_pairs_that_are_noisy():
    hasty = dataclasses.replace(
        DESIGN, impatience=Impatience(above=0.03, futile_t=impatient_t(0.05, 40))
    )
    wild = pairs_with([0.05, -0.06, 0.04, -0.05, 0.045, -0.04] * 7)
    usual, soon = run_to_the_end(DESIGN, wild), run_to_the_end(hasty, wild)
    assert (soon.action, soon.pairs) == ("futile", 8)
    assert usual.pairs > 2 * soon.pairs
    for d in streams(100, 5):
        calm = pairs_with([0.1 * value for value in d])
        assert run_to_the_end(hasty, calm) == run_to_the_end(DESIGN, calm)


def test_giving_up_sooner_accepts_nothing_that_patience_would_not():
    hasty = dataclasses.replace(
        DESIGN, impatience=Impatience(above=0.0, futile_t=impatient_t(0.05, 40))
    )
    kept = [0, 0]
    for d in streams(200, 6):
        usual, soon = run_to_the_end(DESIGN, pairs_with(d)), run_to_the_end(hasty, pairs_with(d))
        kept = [kept[0] + (usual.action == "accept"), kept[1] + (soon.action == "accept")]
        if soon.action == "accept":
            assert soon == usual
    assert 0 < kept[1] < kept[0]


def test_what_stays_unclear_ends_at_the_cap_with_its_interval():
    unclear = [0.2, -0.15, 0.1, -0.05] * 10
    for cap in (12, 20, 40):
        design = dataclasses.replace(DESIGN, boundaries=boundaries(alpha=0.005, cap=cap))
        answer = run_to_the_end(design, pairs_with(unclear))
        assert (answer.action, answer.pairs, answer.accepted_at) == ("cap", cap, 0)
        assert answer.text.startswith(f"undecided after {cap} pairs: +")


def test_equal_ratios_are_no_proof_without_a_floor():
    bare = dataclasses.replace(DESIGN, floor=0.0)
    answer = run_to_the_end(bare, pairs_with([0.3] * 40))
    assert (answer.action, answer.pairs) == ("cap", 40)
    assert answer.text.startswith("every one of 40 pairs gave the same ratio")
    assert run_to_the_end(DESIGN, pairs_with([0.3] * 40)).action == "accept"


def test_a_direction_turns_the_rule_around():
    higher = dataclasses.replace(DESIGN, direction="higher")
    assert run_to_the_end(higher, pairs_with(GAIN)).action == "futile"
    assert run_to_the_end(higher, pairs_with([-d for d in GAIN])).action == "accept"


def test_a_running_experiment_tells_no_effect():
    answer = decide(DESIGN, pairs_with([0.05, 0.09]))
    assert (answer.action, answer.text) == ("continue", "2 pairs so far")


def test_a_guard_that_holds_does_not_delay():
    free, held = decide(DESIGN, pairs_with(GAIN)), decide(GUARDED, guarded(GAIN, [0.001] * 48))
    assert (held.action, held.pairs, held.guard) == ("accept", free.pairs, "")


def test_an_undecided_guard_prolongs_an_accepted_experiment_to_the_look_where_it_holds():
    losses = [0.1, -0.1, 0.08, -0.08, 0.02, -0.02] + [0.001, -0.001] * 21
    answer = run_to_the_end(GUARDED, guarded(GAIN, losses))
    accepted = decide(DESIGN, pairs_with(GAIN)).pairs
    assert (answer.action, answer.accepted_at) == ("accept", accepted)
    assert answer.pairs in DESIGN.boundaries.accept_t
    assert answer.pairs > accepted


def test_an_accepted_goal_stays_accepted_while_a_guard_is_undecided():
    fading = [*GAIN[:4], *[-0.05] * 42]
    answer = run_to_the_end(GUARDED, guarded(fading, [0.3, -0.3] * 23))
    assert (answer.action, answer.accepted_at, answer.guard) == ("cap", 4, "rss")
    assert decide(DESIGN, pairs_with(fading)).pairs == 4


def test_an_accepted_goal_with_an_undecided_guard_ends_at_the_cap_and_names_it():
    answer = run_to_the_end(GUARDED, guarded(GAIN, [0.2, -0.1] * 24))
    assert (answer.action, answer.pairs, answer.guard) == ("cap", 40, "rss")
    assert answer.text == "faster, but rss is undecided after 40 pairs"


def test_a_guard_that_loses_more_than_its_margin_ends_the_experiment():
    answer = run_to_the_end(GUARDED, guarded(GAIN, [0.2, 0.21, 0.19, 0.2] * 12))
    assert (answer.action, answer.pairs, answer.guard) == ("guard_lost", 4, "rss")
    assert answer.text == "rss is 22.1% worse, more than the 5.0% allowed"


def test_a_lost_guard_ends_an_experiment_whose_goal_is_still_open():
    unclear = [0.2, -0.15, 0.1, -0.05] * 10
    answer = run_to_the_end(GUARDED, guarded(unclear, [0.2, 0.21, 0.19, 0.2] * 10))
    assert (answer.action, answer.pairs, answer.accepted_at) == ("guard_lost", 4, 0)


def test_no_gain_is_said_before_a_lost_guard():
    answer = run_to_the_end(GUARDED, guarded([0.0, 0.001, -0.001, 0.0], [0.2] * 4))
    assert answer.action == "futile"


@pytest.mark.parametrize(
    ("p99", "action"),
    [([1.2] * 48, "guard_lost"), ([1.3, 0.8] * 24, "cap")],
)
def test_the_guard_that_decided_is_named_among_several(p99, action):
    slowest = GuardRule(metric="p99", direction="lower", margin=0.05)
    both = dataclasses.replace(GUARDED, guards=(MEMORY, slowest))
    pairs = pairs_of_many(
        {
            "seconds": ([1.0] * 48, [math.exp(-d) for d in GAIN]),
            "rss": ([1.0] * 48, [1.0] * 48),
            "p99": ([1.0] * 48, p99),
        }
    )
    answer = run_to_the_end(both, pairs)
    assert (answer.action, answer.guard) == (action, "p99")


def test_an_exact_guard_is_lost_at_the_first_pair():
    exact = dataclasses.replace(DESIGN, guards=(dataclasses.replace(MEMORY, exact=True),))
    answer = decide(exact, guarded([0.05], [0.06]))
    assert (answer.action, answer.pairs, answer.guard) == ("guard_lost", 1, "rss")
    assert decide(exact, guarded([0.05], [0.0])).action == "continue"


def test_a_metric_without_a_ratio_is_an_error_that_names_it():
    pairs = pairs_of_many({"seconds": ([1.0], [1.0]), "rss": ([1.0], [0.0])})
    with pytest.raises(ValueError, match="rss"):
        decide(GUARDED, pairs)
