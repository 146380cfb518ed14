"""What the others of a block say about a machine, and what it may decide."""

import dataclasses
import json
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from scipy import stats

from whet.judge.around import around, joined, usual
from whet.judge.boundaries import around_t, boundaries, impatient_t
from whet.judge.sequential import decide
from whet.model.design import Design, Impatience
from whet.model.trial import Pair
from whet.testing.pairs import pairs_with

MIN_EFFECT = math.log1p(0.02)
ALONE = Design(
    metric="seconds",
    direction="lower",
    min_effect=MIN_EFFECT,
    boundaries=boundaries(alpha=0.005),
    floor=0.004,
)
BESIDE = dataclasses.replace(ALONE, around_t=around_t(0.05, 40))


def beside(gains, spreads):
    """Pairs with these log gains, among others that spread like this."""
    return tuple(
        dataclasses.replace(pair, around=spread)
        for pair, spread in zip(pairs_with(gains), spreads, strict=True)
    )


def streams(count, seed):
    chance = random.Random(seed)
    for _ in range(count):
        effect = chance.choice([0, 0.01, 0.02, 0.05])
        size = chance.choice([0.002, 0.01, 0.02, 0.05])
        gains = [
            effect + chance.gauss(0, size) * (5 if chance.random() < 0.05 else 1) for _ in range(40)
        ]
        yield gains, [chance.choice([None, size * chance.uniform(0.3, 3)]) for _ in range(40)]


def rule(d, spreads, floor, haste=None):
    """When it gives up, written once more with numpy, scipy and p values; 0 for never."""
    for n in range(2, 41):
        others = spreads[n - 1]
        if n < 3 and others is None:
            continue
        cut = int(0.2 * n) if n >= 8 else 0
        mean = stats.trim_mean(d[:n], cut / n + 1e-9)
        moved = np.asarray(stats.mstats.winsorize(np.array(d[:n]), (cut / n + 1e-9,) * 2))
        own = max(moved.std(ddof=1) / (1 - 2 * cut / n), floor)
        df, spread = n - 2 * cut - 1, own
        wild = own if others is None else others
        if others is not None:
            spread = max(floor, np.average([own**2, others**2], weights=[df, 2]) ** 0.5)
            df += 2
        level = 0.05
        if haste is not None and wild >= haste:
            level = 0.15 if n < 8 else 0.4
        if stats.t.sf((MIN_EFFECT - mean) / (spread / math.sqrt(n)), df) < level:
            return n
    return 0


@given(
    st.lists(st.lists(st.floats(-0.2, 0.2), max_size=4), max_size=8),
    st.lists(st.floats(-1, 1), min_size=8, max_size=8),
)
def test_it_is_the_pooled_deviation_of_the_others_whatever_each_is_worth(others, worth):
    usable = [ratios for ratios in others if len(ratios) > 1]
    freedom = sum(len(ratios) - 1 for ratios in usable)
    found = around(others)
    if freedom < 3:
        assert found is None
        return
    moved = [[x + by for x in ratios] for ratios, by in zip(others, worth, strict=False)]
    expected = math.sqrt(sum(np.var(ratios, ddof=0) * len(ratios) for ratios in usable) / freedom)
    assert found == pytest.approx(expected, abs=1e-12)
    assert around(moved) == pytest.approx(expected, abs=1e-12)


def test_others_count_as_two_degrees_of_freedom():
    assert joined(0.03, 4, 0.0) == pytest.approx(0.03 * math.sqrt(4 / 6))
    assert joined(0.0, 2, 0.02) == pytest.approx(0.02 / math.sqrt(2))
    assert joined(0.01, 7, 0.01) == pytest.approx(0.01)


@pytest.mark.parametrize("haste", [None, 0.02])
def test_it_gives_up_as_the_rule_written_with_p_values(haste):
    design = BESIDE
    if haste is not None:
        values = impatient_t(0.05, 40), impatient_t(0.05, 40, beside=2)
        hasty = Impatience(above=haste, futile_t=values[0], around_t=values[1])
        design = dataclasses.replace(BESIDE, impatience=hasty)
    # nothing is ever accepted, so that only giving up is left
    never = dict.fromkeys(design.boundaries.accept_t, math.inf)
    design = dataclasses.replace(
        design, boundaries=dataclasses.replace(design.boundaries, accept_t=never)
    )
    ended = set()
    for d, spreads in streams(200, 4):
        answer = decide(design, beside(d, spreads))
        given_up = rule(d, spreads, 0.004, haste)
        assert (answer.action, answer.pairs) == ("futile" if given_up else "cap", given_up or 40)
        ended.add(given_up)
    assert len(ended) > 8


def test_calm_others_end_a_dud_sooner_and_restless_ones_keep_a_lucky_row_open():
    wild = [-0.02, 0.02, 0.0]
    assert decide(BESIDE, beside(wild, [None] * 3)).action == "continue"
    assert decide(BESIDE, beside(wild, [0.001] * 3)).action == "futile"
    dud = [-0.03, -0.02, -0.02]
    assert decide(BESIDE, beside(dud, [0.01] * 3)).pairs == 2
    assert decide(BESIDE, beside(dud, [None] * 3)).pairs == 3
    lucky = [0.006, 0.007, 0.0065]
    assert decide(BESIDE, beside(lucky, [None] * 3)).action == "futile"
    assert decide(BESIDE, beside(lucky, [0.03] * 3)).action == "continue"


def test_pairs_that_say_nothing_of_others_are_decided_as_ever():
    for d, _ in streams(60, 5):
        pairs = pairs_with(d)
        assert decide(BESIDE, pairs) == decide(ALONE, pairs)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_what_others_are_like_never_makes_a_keep(seed, spread):
    """Whatever is recorded of them, it can end an experiment, but not accept one."""
    ((d, _),) = streams(1, seed)
    without = decide(ALONE, pairs_with(d))
    found = decide(BESIDE, beside(d, [spread] * 40))
    never_ending = decide(dataclasses.replace(ALONE, min_effect=-9.0), pairs_with(d))
    if found.action == "accept":
        assert found == dataclasses.replace(never_ending, text=found.text)
    if without.action == "accept" and found.action != "accept":
        assert found.pairs <= without.pairs


def test_a_ledger_keeps_the_number_and_one_without_it_is_read():
    (pair,) = beside([0.01], [0.0123])
    lines = TypeAdapter(Pair)
    assert lines.validate_json(lines.dump_json(pair)) == pair
    older = json.loads(lines.dump_json(pair))
    del older["around"]
    assert lines.validate_python(older) == dataclasses.replace(pair, around=None)


def test_what_a_machine_usually_is_comes_from_the_latest_pairs_whatever_each_is_worth():
    rng = np.random.default_rng(2)
    rows = [list(rng.normal(worth, 0.02, 3)) for worth in rng.normal(0, 0.1, 2000)]
    found = [usual(rows[place : place + 70]) for place in range(0, 1900, 70)]
    assert np.median(found) == pytest.approx(0.02, rel=0.05)
    assert usual(rows[:9]) is None
    assert usual([[0.1], *rows[:10]]) == usual(rows[:10])
    assert usual(rows[:67] + [[0.0, 9.0]] * 500) == usual(rows[:67])
    disturbed = [[*row[:2], row[2] + 0.5] if place % 20 == 0 else row
                 for place, row in enumerate(rows[:60])]  # fmt: skip
    assert usual(disturbed) < 1.3 * usual(rows[:60])
