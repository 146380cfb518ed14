"""Who is blamed when invocations fail, and in which order sides are taken."""

import math
import random
import statistics
from dataclasses import replace

import pytest

from support.toy import SPEC
from whet.judge.boundaries import around_t
from whet.judge.sequential import decide
from whet.model.trial import Block, Invocation
from whet.trial.arm import Arm
from whet.trial.bench import InvocationFailed
from whet.trial.measure import Measurer, Orders

AROUND = around_t(0.05, 40)


class Scripted:
    """A benchmark that fails when it is told to; it remembers what it was asked for.

    Sides are a, the incumbent, and b, c, d … for the candidates.
    """

    def __init__(self, cost=1.0, **left):
        self.left = {side: list(what) for side, what in left.items()}
        self.cost = cost
        self.asked = []
        self.turns = []

    def __call__(self, member, *, pad=0, seed=None, turn=0):
        self.turns.append(turn)
        side = "abcdefgh"[member]
        self.asked.append((side, pad, seed))
        what = self.left[side].pop(0) if self.left.get(side) else "."
        if what != ".":
            fault = {"c": "crash", "t": "timeout", "m": "no_metric", "p": "protected"}[what]
            raise InvocationFailed(fault, f"{side} {fault}")
        cost = self.cost(side) if callable(self.cost) else self.cost
        return Invocation(values={"cost": cost}, wall=1.0, at=float(len(self.asked)))

    @property
    def sides(self):
        return "".join(side for side, _, _ in self.asked)


def measurer(run, arms=1, **changes):
    """A measurer of so many candidates; `changes` are for all of them."""
    spec = replace(SPEC, **changes)
    made = [Arm(spec=replace(spec, id=f"E{number}")) for number in range(1, arms + 1)]
    return Measurer(arms=made, invoke=run)


def nothing(_):
    """Told of a pair; nobody asks."""


def test_a_crashed_pair_is_repeated_in_the_same_order_and_counted():
    run = Scripted(b="c")
    taker = measurer(run, seed=5)
    taker.fixed(1, nothing)
    (arm,) = taker.arms
    assert arm.failures == {"a": 0, "b": 1}
    assert len(arm.pairs) == 1
    assert run.sides in ("bba", "abab")
    assert arm.pairs[0].first == run.sides[0]


def test_a_side_that_fails_three_times_more_often_is_blamed():
    taker = measurer(Scripted(b="ccc"))
    taker.fixed(5, nothing)
    (arm,) = taker.arms
    assert (arm.blame.side, arm.blame.fault, arm.blame.detail) == ("b", "crash", "b crash")
    assert arm.failures["b"] == 3


def test_an_incumbent_that_fails_three_times_more_often_is_blamed_for_all():
    taker = measurer(Scripted(a="ccc"), arms=3)
    taker.fixed(5, nothing)
    assert [(arm.blame.side, arm.failures["a"]) for arm in taker.arms] == [("a", 3)] * 3


def test_a_machine_that_fails_on_both_sides_blames_neither_at_once():
    taker = measurer(Scripted(a="cc", b="cc"))
    taker.fixed(3, nothing)
    assert taker.arms[0].failures == {"a": 2, "b": 2}
    assert taker.arms[0].blame is None


def test_even_a_fair_machine_is_not_tried_for_ever():
    taker = measurer(Scripted(a="c" * 99, b="c" * 99))
    taker.fixed(3, nothing)
    assert taker.arms[0].blame
    assert max(taker.arms[0].failures.values()) <= 6


@pytest.mark.parametrize("fault", ["m", "p"])
def test_what_would_not_change_by_itself_is_not_tried_again(fault):
    run = Scripted(b=fault)
    taker = measurer(run)
    taker.fixed(1, nothing)
    assert taker.arms[0].blame
    assert run.sides.count("b") == 1


def test_a_crash_while_warming_up_is_tried_once_more():
    taker = measurer(Scripted(a="c"))
    taker.warm_up()
    assert taker.arms[0].failures == {"a": 1, "b": 0}
    again = measurer(Scripted(a="cc"), arms=2)
    again.warm_up()
    assert [arm.blame.side for arm in again.arms] == ["a", "a"]


def test_a_time_out_while_warming_up_is_not_tried_again():
    run = Scripted(a="t")
    measurer(run).warm_up()
    assert run.sides == "a"


@pytest.mark.parametrize(("asked", "runs"), [(0, 1), (1, 1), (3, 3)])
def test_warming_up_takes_as_many_runs_as_asked_for_and_at_least_one(asked, runs):
    run = Scripted()
    measurer(run, arms=2, bench=replace(SPEC.bench, warmup=asked)).warm_up()
    assert run.sides == "a" * runs + "b" * runs + "c" * runs


@pytest.mark.parametrize("candidates", [1, 2, 4])
def test_every_second_round_is_the_one_before_backwards(candidates):
    orders, everybody = Orders(random.Random(1)), range(1, candidates + 1)
    taken = [tuple(orders.take(everybody)) for _ in range(400)]
    assert all(sorted(order) == [0, *everybody] for order in taken)
    assert all(tuple(reversed(one)) == two for one, two in pairwise_of_two(taken))
    # so each candidate goes before the incumbent once in two rounds, wherever drift leads
    firsts = [order.index(0) > order.index(1) for order in taken]
    assert sum(firsts) == 200
    assert 60 < sum(firsts[::2]) < 140
    assert len(set(taken)) == math.factorial(candidates) * (1 + candidates % 2)


def test_the_incumbent_is_in_the_middle_of_every_round_whoever_joins_or_leaves():
    chance, orders = random.Random(2), Orders(random.Random(1))
    before = []
    for _ in range(200):
        present = {n for n in range(1, 8) if chance.random() < 0.7} or {1}
        order = orders.take(present)
        assert sorted(order) == [0, *sorted(present)]
        assert abs(order.index(0) - (len(order) - 1) / 2) <= 0.5
        before.append(order.index(0) > order.index(min(present)))
    assert 60 < sum(before) < 140


def pairwise_of_two(values):
    return zip(values[::2], values[1::2], strict=True)


def test_both_sides_of_a_pair_have_the_same_pad_and_pairs_differ():
    run = Scripted()
    measurer(run).fixed(6, nothing)
    pads = [pad for _, pad, _ in run.asked]
    assert pads[::2] == pads[1::2]
    assert len(set(pads)) > 3
    assert all(0 <= pad < 4096 for pad in pads)


def test_a_seed_gives_the_same_orders_pads_and_inputs():
    asked = []
    for _ in range(2):
        run = Scripted()
        taker = measurer(run, seed=9)
        taker.fixed(4, nothing)
        taker.arms[0].accepted = True
        taker.fresh(3)
        asked.append(run.asked)
    assert asked[0] == asked[1]
    other = Scripted()
    measurer(other, seed=10).fixed(4, nothing)
    assert other.asked != asked[0][:8]


def test_usual_pairs_have_no_seed_and_fresh_pairs_have_one_each():
    run = Scripted()
    taker = measurer(run, arms=2)
    taker.fixed(2, nothing)
    taker.arms[1].accepted = True
    taker.fresh(3)
    seeds = [seed for _, _, seed in run.asked]
    assert seeds[:6] == [None] * 6
    assert seeds[6::2] == seeds[7::2]
    assert len(set(seeds[6:])) == 3
    assert sorted(run.sides[6:]) == list("aaaccc")
    assert [len(arm.fresh) for arm in taker.arms] == [0, 3]


def test_pairs_that_all_say_the_same_end_at_the_limit_without_a_gain():
    taker = measurer(Scripted())
    counted = []
    taker.until_decided(lambda arm: counted.append(len(arm.pairs)))
    assert not taker.arms[0].accepted
    assert counted == list(range(1, len(taker.arms[0].pairs) + 1))


# Blocks.


def noisy(**speed):
    """Costs with a little noise, so that the judge has something to test."""
    chance = random.Random(3)
    return lambda side: speed.get(side, 1.0) * (1 + 0.002 * chance.random())


def test_a_round_has_every_member_once_and_its_incumbent_is_in_every_pair():
    run = Scripted(noisy())
    taker = measurer(run, arms=3)
    taker.fixed(4, nothing)
    assert {frozenset(run.sides[k : k + 4]) for k in range(0, 16, 4)} == {frozenset("abcd")}
    one, two, three = (arm.pairs for arm in taker.arms)
    assert [pair.a for pair in one] == [pair.a for pair in two] == [pair.a for pair in three]
    assert [arm.shared for arm in taker.arms] == [0, 4, 4]
    assert sum(2 * len(arm.pairs) - arm.shared for arm in taker.arms) == len(run.asked)
    for number, arm in enumerate(taker.arms, start=1):
        for k, pair in enumerate(arm.pairs):
            order = run.sides[4 * k : 4 * k + 4]
            assert (pair.first == "a") == (order.index("a") < order.index("abcd"[number]))


def test_whoever_is_decided_leaves_and_the_others_go_on():
    run = Scripted(noisy(b=0.7, c=1.3, d=0.985))
    taker = measurer(run, arms=3)
    taker.until_decided(nothing)
    fast, slow, near = taker.arms
    for arm in taker.arms:
        assert decide(arm.spec.design, arm.pairs).action != "continue"
        assert decide(arm.spec.design, arm.pairs[:-1]).action == "continue"
    assert fast.accepted
    assert not slow.accepted
    assert len(slow.pairs) == 3
    assert len(run.asked) == sum(2 * len(arm.pairs) - arm.shared for arm in taker.arms)
    assert len(near.pairs) >= 3
    assert "b" in run.sides[12:]
    assert "c" not in run.sides[12:]


def test_as_one_is_decided_the_next_one_joins_and_rounds_stay_full():
    run = Scripted(noisy(b=1.3, c=0.9, d=1.3, e=1.3))
    taker = measurer(run, arms=4, together=2)
    taker.until_decided(nothing)
    assert [arm.accepted for arm in taker.arms] == [False, True, False, False]
    assert [len(arm.pairs) for arm in taker.arms] == [3, 4, 3, 3]
    # b and c, then c and d, then d and e, then e
    assert run.sides.count("a") == 3 + 1 + 2 + 1
    assert len(run.asked) == sum(2 * len(arm.pairs) - arm.shared for arm in taker.arms)


def test_an_incumbent_that_fails_for_ever_is_blamed_for_those_that_wait_as_well():
    run = Scripted(noisy(), a="c" * 99)
    taker = measurer(run, arms=3, together=1)
    taker.fixed(2, nothing)
    assert [arm.blame and arm.blame.side for arm in taker.arms] == ["a", "a", "a"]


def test_candidates_go_cold_where_they_may_but_never_the_incumbent():
    run = Scripted()
    measurer(run, arms=2, warm=False).warm_up()
    assert run.sides == "a"


def test_first_runs_are_told_where_both_sides_are_the_same_code():
    for same in (True, False):
        taker = measurer(Scripted(noisy()), same_code=same)
        taker.warm_up()
        assert len(taker.arms[0].warmups) == (2 if same else 0)


def test_a_candidate_that_fails_takes_no_pair_from_the_others():
    run = Scripted(noisy(), c="c.c")
    taker = measurer(run, arms=2)
    taker.fixed(4, nothing)
    assert [len(arm.pairs) for arm in taker.arms] == [4, 4]
    assert [arm.failures for arm in taker.arms] == [{"a": 0, "b": 0}, {"a": 0, "b": 2}]
    assert run.sides.count("b") == 4


def test_a_candidate_that_fails_for_ever_is_dropped_and_the_others_are_measured():
    run = Scripted(noisy(), c="c" * 99)
    taker = measurer(run, arms=3)
    taker.fixed(5, nothing)
    assert [len(arm.pairs) for arm in taker.arms] == [5, 0, 5]
    assert [arm.blame and arm.blame.side for arm in taker.arms] == [None, "b", None]
    assert run.sides.count("c") == 3


def test_a_round_whose_incumbent_failed_is_taken_again_in_the_same_order():
    run = Scripted(noisy(), a="c")
    taker = measurer(run, arms=3, seed=2)
    taker.fixed(1, nothing)
    broken = run.sides[: run.sides.index("a") + 1]
    assert run.sides[len(broken) :].startswith(broken)
    assert len(run.sides) == len(broken) + 4
    assert [arm.failures["a"] for arm in taker.arms] == [1, 1, 1]


@pytest.mark.parametrize(("side", "blamed"), [("a", ["a", "a"]), ("c", [None, "b"])])
def test_a_value_without_a_ratio_is_held_against_who_printed_it(side, blamed):
    values = noisy(**{side: -1.0})
    taker = measurer(Scripted(values), arms=2)
    taker.until_decided(nothing)
    assert [arm.blame and arm.blame.side for arm in taker.arms] == blamed


def test_a_block_is_only_what_differs_in_its_candidates():
    spec = replace(SPEC, id="E1")
    same = replace(spec, id="E2", b="2" * 40, seed=7, pairs=9)
    assert Block(trials=(spec, same)).problem == ""
    assert Block(trials=(spec, spec)).problem == "two trials of a block have one id"
    assert Block(trials=(spec, replace(same, a="3" * 40))).problem.endswith("differ in a")
    fixed = [replace(one, mode="fixed", pairs=2) for one in (spec, same)]
    assert Block(trials=tuple(fixed)).problem == "mode fixed has no blocks"


def test_every_pair_says_what_the_others_spread_by_in_the_last_four_rounds():
    chance = random.Random(8)
    run = Scripted(
        cost=lambda side: math.exp(chance.gauss(0, 0.02) - (side == "c") * 0.05), d="..c"
    )
    taker = measurer(run, arms=6, together=4, design=replace(SPEC.design, around_t=AROUND))
    taker.until_decided(nothing)
    rounds = list(dict.fromkeys(p.a.values["cost"] for p in every_pair(taker)))
    told = 0
    for arm in taker.arms:
        for pair in arm.pairs:
            now = rounds.index(pair.a.values["cost"])
            recent = rounds[max(0, now - 3) : now + 1]
            others = [
                [math.log(p.a.values["cost"] / p.b.values["cost"]) for p in other.pairs
                 if p.a.values["cost"] in recent]
                for other in taker.arms if other is not arm
            ]  # fmt: skip
            usable = [ratios for ratios in others if len(ratios) > 1]
            if sum(len(ratios) - 1 for ratios in usable) < 3:
                assert pair.around is None
                continue
            told += 1
            squares = sum(statistics.variance(r) * (len(r) - 1) for r in usable)
            assert pair.around**2 == pytest.approx(squares / sum(len(r) - 1 for r in usable))
    assert told > 20


def every_pair(taker):
    """All pairs of a block, round by round."""
    taken = [(pair.a.at, pair) for arm in taker.arms for pair in arm.pairs]
    return [pair for _, pair in sorted(taken, key=lambda one: one[0])]


def test_alone_there_are_no_others_and_fresh_pairs_ask_for_none():
    chance = random.Random(3)
    run = Scripted(cost=lambda side: math.exp(chance.gauss(0, 0.001) - (side != "a") * 0.2))
    alone = measurer(run, design=replace(SPEC.design, around_t=AROUND))
    alone.until_decided(nothing)
    assert {pair.around for pair in alone.arms[0].pairs} == {None}
    several = measurer(run, arms=4, design=replace(SPEC.design, around_t=AROUND))
    several.until_decided(nothing)
    several.fresh(6)
    for arm in several.arms:
        assert arm.accepted
        assert len(arm.fresh) == 6
        assert {pair.around for pair in arm.fresh} == {None}
    assert any(pair.around for arm in several.arms for pair in arm.pairs)


def test_a_block_is_decided_again_from_its_pairs_alone():
    chance = random.Random(11)
    run = Scripted(cost=lambda side: math.exp(chance.gauss(0, 0.02) - (side in "bd") * 0.02))
    taker = measurer(run, arms=7, together=4, design=replace(SPEC.design, around_t=AROUND))
    taker.until_decided(nothing)
    for arm in taker.arms:
        answers = [decide(arm.spec.design, arm.pairs[:n]) for n in range(1, len(arm.pairs) + 1)]
        assert {answer.action for answer in answers[:-1]} <= {"continue"}
        assert answers[-1].action != "continue"
        assert (answers[-1].action == "accept") == arm.accepted
