"""Who is blamed when invocations fail, and in which order sides are taken."""

from dataclasses import replace

import pytest

from support.toy import SPEC
from whet.model.trial import Invocation
from whet.trial.bench import InvocationFailed
from whet.trial.measure import Blamed, Measurer, Orders


class Scripted:
    """A benchmark that fails when it is told to; it remembers what it was asked for."""

    def __init__(self, a="", b=""):
        self.left = {"a": list(a), "b": list(b)}
        self.asked = []

    def __call__(self, side, *, pad=0, seed=None):
        self.asked.append((side, pad, seed))
        what = self.left[side].pop(0) if self.left[side] else "."
        if what != ".":
            fault = {"c": "crash", "t": "timeout", "m": "no_metric", "p": "protected"}[what]
            raise InvocationFailed(fault, f"{side} {fault}")
        return Invocation(values={"cost": 1.0}, wall=1.0)


def measurer(run, **changes):
    return Measurer(spec=replace(SPEC, **changes), invoke=run)


def test_a_crashed_pair_is_repeated_in_the_same_order_and_counted():
    run = Scripted(b="c")
    taker = measurer(run, seed=5)
    taker.fixed(1, lambda _: None)
    first = taker.pairs[0].first
    assert taker.failures == {"a": 0, "b": 1}
    assert run.asked[-2][0] == first
    assert [side for side, _, _ in run.asked][:1] == [first]


def test_a_side_that_fails_three_times_more_often_is_blamed():
    taker = measurer(Scripted(b="ccc"))
    with pytest.raises(Blamed, match="b crash") as blamed:
        taker.fixed(5, lambda _: None)
    assert (blamed.value.side, blamed.value.fault) == ("b", "crash")
    assert taker.failures["b"] == 3


def test_a_machine_that_fails_on_both_sides_blames_neither_at_once():
    taker = measurer(Scripted(a="cc", b="cc"))
    taker.fixed(3, lambda _: None)
    assert taker.failures == {"a": 2, "b": 2}


def test_even_a_fair_machine_is_not_tried_for_ever():
    taker = measurer(Scripted(a="c" * 99, b="c" * 99))
    with pytest.raises(Blamed):
        taker.fixed(3, lambda _: None)
    assert max(taker.failures.values()) <= 6


@pytest.mark.parametrize("fault", ["m", "p"])
def test_what_would_not_change_by_itself_is_not_tried_again(fault):
    run = Scripted(b=fault)
    with pytest.raises(Blamed):
        measurer(run).fixed(1, lambda _: None)
    assert [side for side, _, _ in run.asked].count("b") == 1


def test_a_crash_while_warming_up_is_tried_once_more():
    run = Scripted(a="c")
    taker = measurer(run)
    taker.warm_up("a")
    assert taker.failures == {"a": 1, "b": 0}
    with pytest.raises(Blamed):
        measurer(Scripted(a="cc")).warm_up("a")


def test_a_time_out_while_warming_up_is_not_tried_again():
    run = Scripted(a="t")
    with pytest.raises(Blamed):
        measurer(run).warm_up("a")
    assert len(run.asked) == 1


@pytest.mark.parametrize(("asked", "runs"), [(0, 1), (1, 1), (3, 3)])
def test_warming_up_takes_as_many_runs_as_asked_for_and_at_least_one(asked, runs):
    run = Scripted()
    measurer(run, bench=replace(SPEC.bench, warmup=asked)).warm_up("a")
    assert len(run.asked) == runs


def test_every_two_pairs_each_side_goes_first_once():
    import random

    orders = Orders(random.Random(1))
    taken = [next(orders) for _ in range(400)]
    blocks = list(zip(taken[::2], taken[1::2], strict=True))
    assert {frozenset(block) for block in blocks} == {frozenset("ab")}
    assert 60 < blocks.count(("a", "b")) < 140


def test_both_sides_of_a_pair_have_the_same_pad_and_pairs_differ():
    run = Scripted()
    measurer(run).fixed(6, lambda _: None)
    pads = [pad for _, pad, _ in run.asked]
    assert pads[::2] == pads[1::2]
    assert len(set(pads)) > 3
    assert all(0 <= pad < 4096 for pad in pads)


def test_a_seed_gives_the_same_orders_pads_and_inputs():
    asked = []
    for _ in range(2):
        run = Scripted()
        taker = measurer(run, seed=9)
        taker.fixed(4, lambda _: None)
        taker.fresh(3)
        asked.append(run.asked)
    assert asked[0] == asked[1]
    other = Scripted()
    measurer(other, seed=10).fixed(4, lambda _: None)
    assert other.asked != asked[0][:8]


def test_usual_pairs_have_no_seed_and_fresh_pairs_have_one_each():
    run = Scripted()
    taker = measurer(run)
    taker.fixed(2, lambda _: None)
    taker.fresh(3)
    seeds = [seed for _, _, seed in run.asked]
    assert seeds[:4] == [None] * 4
    assert seeds[4::2] == seeds[5::2]
    assert len(set(seeds[4:])) == 3


def test_pairs_that_all_say_the_same_end_at_the_limit_without_a_gain():
    taker = measurer(Scripted())
    counted = []
    assert taker.until_decided(counted.append).action != "accept"
    assert counted == list(range(1, len(taker.pairs) + 1))
