"""From an outcome to a verdict: every fault, every decision, every reason to wait."""

import math
from dataclasses import replace
from typing import get_args

import pytest

from whet.judge.designing import design
from whet.judge.verdict import NOT_THE_CANDIDATE, refuse, verdict
from whet.model.config import Bench, Config, Judge
from whet.model.metric import Goal, Guard
from whet.model.trial import Fault, Invocation, Pair, Stage, TrialOutcome
from whet.model.verdict import Gate, ReasonCode, VerdictKind
from whet.testing.events import MACHINE

CONFIG = Config(goal=Goal(metric="seconds", unit="s"), bench=Bench(command="./bench"))
WOBBLE = (0.004, -0.003, 0.001, -0.002, 0.003, -0.004, 0.002, -0.001)
RATE = replace(CONFIG, goal=Goal(metric="rate", unit="1/s", direction="higher"))


def pairs(gain, count=8, *, metric="seconds", wall=None, cpu=0.0, **others):
    """Pairs with a little noise; `wall` and `cpu` are the gains of the clocks seen from outside."""
    found = []
    for number in range(count):
        noise = math.exp(WOBBLE[number % len(WOBBLE)])
        a = Invocation(values={metric: 1.0, **dict.fromkeys(others, 1.0)}, wall=1.0, cpu=1.0)
        values = {metric: noise / (1 + gain), **others}
        outside = noise / (1 + (gain if wall is None else wall))
        b = Invocation(values=values, wall=outside, cpu=noise / (1 + cpu))
        found.append(Pair(first="a", a=a, b=b))
    return tuple(found)


def outcome(taken=(), *stages, fresh=(), **more):
    """An outcome whose stages all went well, followed by those given."""
    done = tuple(Stage(name=name, ok=True, seconds=1.0) for name in ("checkout", "build_b"))
    return TrialOutcome(
        id="E01", fingerprint=MACHINE, stages=(*done, *stages), pairs=taken, fresh=fresh, **more
    )


def plan(config=CONFIG, alpha=0.005):
    return design(config, None, alpha)


def judged(taken, config=CONFIG, **more):
    return verdict(config, plan(config), outcome(taken, **more))


def gates(given):
    return {gate.name: gate.ok for gate in given.gates}


def detail(given, name):
    return next(gate.detail for gate in given.gates if gate.name == name)


FAULTS = [
    ("build_b", "exit", "failed", "build"),
    ("build_b", "timeout", "failed", "timeout"),
    ("build_b", "protected", "rejected", "protected"),
    ("checks", "exit", "checks_failed", "checks"),
    ("checks", "timeout", "failed", "timeout"),
    ("checks", "protected", "rejected", "protected"),
    ("equivalence", "exit", "checks_failed", "checks"),
    ("equivalence", "timeout", "failed", "timeout"),
    ("equivalence", "output_differs", "checks_failed", "output_differs"),
    ("warmup", "crash", "failed", "crash"),
    ("warmup", "timeout", "failed", "timeout"),
    ("warmup", "no_metric", "failed", "no_metric"),
    ("warmup", "protected", "rejected", "protected"),
    ("measure", "crash", "failed", "crash"),
    ("measure", "timeout", "failed", "timeout"),
    ("measure", "no_metric", "failed", "no_metric"),
    ("measure", "protected", "rejected", "protected"),
    ("fresh", "crash", "failed", "crash"),
    ("fresh", "timeout", "failed", "timeout"),
    ("fresh", "no_metric", "failed", "no_metric"),
]


@pytest.mark.parametrize(("stage", "fault", "kind", "code"), FAULTS)
def test_every_fault_has_its_verdict(stage, fault, kind, code):
    bad = Stage(name=stage, ok=False, seconds=2.0, fault=fault, detail="in one sentence", log="…")
    given = verdict(CONFIG, plan(), outcome((), bad))
    assert (given.kind, given.code, given.reason) == (kind, code, "in one sentence")
    assert given.effect is None
    assert False in gates(given).values()


def test_kinds_and_codes_are_words_of_the_model():
    for _, fault, kind, code in FAULTS:
        assert fault in get_args(Fault)
        assert kind in get_args(VerdictKind)
        assert code in get_args(ReasonCode)


def test_what_was_seen_before_a_fault_is_shown():
    bad = Stage(name="measure", ok=False, seconds=2.0, fault="crash", detail="SIGSEGV")
    assert verdict(CONFIG, plan(), outcome(pairs(0.1, 3), bad)).effect.pairs == 3
    assert verdict(CONFIG, plan(), outcome(pairs(0.1, 1), bad)).effect is None


def test_a_fault_that_is_not_the_candidates_has_no_verdict():
    assert {"incumbent", "unavailable"} == NOT_THE_CANDIDATE
    bad = Stage(name="build_a", ok=False, seconds=2.0, fault="incumbent", detail="x")
    with pytest.raises(KeyError):
        verdict(CONFIG, plan(), outcome((), bad))


def test_a_fault_in_a_protected_file_is_shown_as_one_of_integrity():
    bad = Stage(name="measure", ok=False, seconds=2.0, fault="protected", detail="x")
    assert gates(verdict(CONFIG, plan(), outcome((), bad)))["Integrity"] is False


def test_a_faster_candidate_is_kept():
    given = judged(pairs(0.10, 4))
    assert (given.kind, given.code, given.held, given.by) == ("kept", "faster", "", "judge")
    assert given.effect.estimate == pytest.approx(0.10, abs=0.01)
    assert given.effect.low > 0
    assert given.reason == "faster, 4 pairs"
    assert gates(given) == {
        "Build": True, "Measurement": True, "Decision": True, "Integrity": True,
    }  # fmt: skip


def test_where_higher_is_better_a_higher_value_is_kept():
    up = pairs(-0.10, metric="rate", wall=0.0)  # a time that grows is a rate that grows
    assert judged(up, RATE).kind == "kept"
    assert judged(pairs(0.10, 3, metric="rate"), RATE).code == "slower"


def test_the_same_speed_is_no_gain():
    given = judged(pairs(0.0, 3))
    assert (given.kind, given.code) == ("discarded", "no_gain")
    assert "less than the 2.0% asked" in given.reason
    assert gates(given)["Decision"] is False


def test_a_slower_candidate_is_called_slower():
    given = judged(pairs(-0.10, 3))
    assert (given.kind, given.code, given.reason) == ("discarded", "slower", "slower")


def test_an_undecided_candidate_is_inconclusive():
    torn = tuple(
        replace(pair, b=replace(pair.b, values={"seconds": 0.9 if number % 2 else 1.06}))
        for number, pair in enumerate(pairs(0.0, 40))
    )
    given = judged(torn)
    assert (given.kind, given.code) == ("inconclusive", "pair_limit")
    assert "undecided after 40 pairs" in given.reason


def test_a_lost_guard_discards_a_faster_candidate():
    config = replace(CONFIG, guard=(Guard(metric="rss", max_loss=0.05, exact=True),))
    given = judged(pairs(0.10, 8, rss=1.2), config)
    assert (given.kind, given.code) == ("discarded", "guard_lost")
    assert "rss is 20.0% worse" in given.reason
    assert [found.metric for found in given.guards] == ["rss"]


def test_an_undecided_guard_leaves_a_faster_candidate_inconclusive():
    config = replace(CONFIG, guard=(Guard(metric="rss", max_loss=0.05),))
    torn = tuple(
        replace(p, b=replace(p.b, values={**p.b.values, "rss": 0.9 if n % 2 else 1.2}))
        for n, p in enumerate(pairs(0.10, 40, rss=1.0))
    )
    given = judged(torn, config)
    assert (given.kind, given.code) == ("inconclusive", "guard_undecided")
    assert "faster, but rss is undecided" in given.reason


def test_an_exact_guard_of_zero_has_no_effect_to_show():
    config = replace(CONFIG, guard=(Guard(metric="leaks", exact=True),))
    zeros = tuple(
        replace(p, a=replace(p.a, values={**p.a.values, "leaks": 0.0}))
        for p in pairs(0.10, 8, leaks=0.0)
    )
    given = judged(zeros, config)
    assert (given.kind, given.guards) == ("kept", ())


def test_an_identical_program_is_discarded_unmeasured():
    given = verdict(CONFIG, plan(), outcome((), identical=True))
    assert (given.kind, given.code, given.effect) == ("discarded", "identical", None)


# A gain must hold on inputs that nobody has seen.


def test_a_gain_that_is_gone_on_fresh_inputs_is_rejected():
    given = judged(pairs(0.40), fresh=pairs(0.0, 4))
    assert (given.kind, given.code) == ("rejected", "fresh_inputs")
    assert "an answer is replayed" in given.reason
    assert gates(given)["Integrity"] is False


def test_a_gain_that_holds_on_fresh_inputs_is_kept_and_said_so():
    given = judged(pairs(0.40), fresh=pairs(0.38, 4))
    assert given.kind == "kept"
    assert "holds on fresh inputs" in detail(given, "Integrity")


def test_half_of_the_gain_is_enough_on_fresh_inputs():
    assert judged(pairs(0.40), fresh=pairs(0.22, 4)).kind == "kept"
    assert judged(pairs(0.40), fresh=pairs(0.15, 4)).kind == "rejected"


def test_one_disturbed_pair_of_fresh_ones_holds_nothing_back():
    disturbed = (*pairs(0.40, 3), *pairs(-0.16, 1))
    assert judged(pairs(0.40), fresh=disturbed).kind == "kept"
    gone = (*pairs(0.40, 1), *pairs(0.05, 2), *pairs(-0.30, 1))
    given = judged(pairs(0.40), fresh=gone)
    assert (given.kind, given.code) == ("inconclusive", "suspicious")
    assert "on fresh ones: a person must look" in given.held


def test_disturbance_hides_no_answer_that_is_replayed_from_the_clock_of_the_cpu():
    lucky = tuple(pairs(gain, 1)[0] for gain in (0.9, 0.7, 1.8, 0.2, -0.1, 1.0, 0.8, -0.2))
    given = judged(pairs(0.45, cpu=0.40), fresh=lucky)
    assert (given.kind, given.code) == ("rejected", "fresh_inputs")
    assert "+40.0% of CPU time on the usual inputs, -0.4% on fresh ones" in given.reason
    used = pairs(0.40, 8, cpu=0.3)
    assert judged(pairs(0.45, cpu=0.40), fresh=used).kind == "kept"
    # a gain that is none of CPU time, such as one of threads, is not asked for it
    assert judged(pairs(0.45, cpu=0.1), fresh=lucky).kind == "kept"
    off = replace(CONFIG, bench=replace(CONFIG.bench, clock="off"))
    assert judged(pairs(0.45, cpu=0.40), config=off, fresh=lucky).kind == "kept"


def test_one_fresh_pair_says_nothing():
    assert judged(pairs(0.40), fresh=pairs(0.0, 1)).kind == "kept"


# A gain that is too good waits for a person.


def test_a_very_large_gain_is_held():
    given = judged(pairs(0.60))
    assert (given.kind, given.code) == ("inconclusive", "suspicious")
    assert given.held == given.reason
    assert "more than 50%: a person must look" in given.held
    assert gates(given)["Plausible"] is False


def test_how_large_is_suspicious_is_the_users_to_say():
    assert judged(pairs(0.60), replace(CONFIG, judge=Judge(suspicious_above=1.0))).kind == "kept"


@pytest.mark.parametrize(("config", "taken", "best", "kind"), [
    (CONFIG, pairs(0.10), 0.95, "inconclusive"),
    (CONFIG, pairs(0.10), 0.85, "kept"),
    (RATE, pairs(-0.10, metric="rate"), 1.05, "inconclusive"),
    (RATE, pairs(-0.10, metric="rate"), 1.20, "kept"),
])  # fmt: skip
def test_what_physics_forbids_is_held(config, taken, best, kind):
    given = judged(taken, replace(config, judge=Judge(best_possible=best)))
    assert given.kind == kind
    if kind == "inconclusive":
        assert given.code == "impossible"
        assert f"beyond the best possible {best:g}" in given.held


def test_a_time_that_shrank_only_inside_the_program_is_held():
    given = judged(pairs(0.10, wall=0.0))
    assert (given.kind, given.code) == ("inconclusive", "clock")
    assert "the benchmark reports 0.0909 s less, the wall clock" in given.held


def test_half_of_the_saving_on_the_wall_clock_is_enough():
    assert judged(pairs(0.10, wall=0.06)).kind == "kept"
    assert judged(pairs(0.10, wall=0.03)).code == "clock"


def test_half_of_the_saving_in_cpu_time_is_enough():
    assert judged(pairs(0.10, wall=0.0, cpu=0.06)).kind == "kept"
    assert judged(pairs(0.10, wall=0.0, cpu=0.03)).code == "clock"


BUSY = (0.4, -0.3, 0.5, -0.5, 0.2, -0.4, 0.3, -0.2)
"""Seconds that others take from the wall clock of each run."""


@pytest.mark.parametrize(("cpu", "code"), [(0.10, "faster"), (0.0, "clock")])
def test_on_a_busy_machine_cpu_time_decides_alone(cpu, code):
    taken = tuple(
        replace(pair, b=replace(pair.b, wall=pair.b.wall + wait))
        for pair, wait in zip(pairs(0.10, wall=0.0, cpu=cpu), BUSY, strict=True)
    )
    assert judged(taken).code == code


@pytest.mark.parametrize(("before", "code"), [(0.0, "clock"), (1.0, "faster")])
def test_where_neither_clock_sees_it_it_is_held_only_if_it_is_most_of_the_run(before, code):
    def ran(one, wait):
        return replace(one, wall=one.wall + before + wait, cpu=one.cpu + before + wait)

    taken = tuple(
        replace(pair, a=ran(pair.a, 0.0), b=ran(pair.b, wait))
        for pair, wait in zip(pairs(0.10, wall=0.0), BUSY, strict=True)
    )
    assert judged(taken).code == code


@pytest.mark.parametrize(("goal", "asked"), [
    (Goal(metric="seconds"), True),
    (Goal(metric="total_s"), True),
    (Goal(metric="anything", unit="s"), True),
    (Goal(metric="anything"), False),
    (Goal(metric="latency_min"), False),
    (Goal(metric="cycles", unit="1"), False),
    (Goal(metric="total_s", unit="J"), False),
])  # fmt: skip
def test_only_times_in_a_known_unit_are_held_against_the_wall_clock(goal, asked):
    config = replace(CONFIG, goal=goal)
    given = judged(pairs(0.10, metric=goal.metric, wall=0.0), config)
    assert (given.code == "clock") is asked


def test_milliseconds_are_compared_with_seconds():
    config = replace(CONFIG, goal=Goal(metric="total_ms"))
    taken = tuple(
        replace(
            pair,
            a=replace(pair.a, values={"total_ms": 1000.0}),
            b=replace(pair.b, values={"total_ms": 1000 * pair.b.values["seconds"]}),
        )
        for pair in pairs(0.10)
    )
    assert judged(taken, config).kind == "kept"


def test_the_wall_clock_is_not_asked_where_it_was_turned_off():
    config = replace(CONFIG, bench=Bench(command="./bench", clock="off"))
    assert judged(pairs(0.10, wall=0.0), config).kind == "kept"


# What the verdict shows of the way there.


def test_gates_are_shown_in_the_order_a_person_reads_them():
    scope = Gate(name="Scope", ok=True, detail="1 file")
    checks = Stage(name="checks", ok=True, seconds=1.0)
    given = verdict(CONFIG, plan(), outcome(pairs(0.1), checks), scope)
    order = ["Scope", "Integrity", "Build", "Checks", "Measurement", "Decision"]
    assert [gate.name for gate in given.gates] == order


def test_a_build_that_was_there_already_is_said_to_be():
    cached = Stage(name="build_b", ok=True, seconds=0.0, cached=True)
    given = verdict(CONFIG, plan(), replace(outcome(pairs(0.1)), stages=(cached,)))
    assert detail(given, "Build") == "built before"


def test_repeated_pairs_are_counted():
    given = judged(pairs(0.1, 4), failures={"a": 1, "b": 2})
    assert detail(given, "Measurement") == "4 pairs in random order, 3 repeated"


def test_a_refused_candidate_has_the_gates_that_refused_it():
    gate = Gate(name="Scope", ok=False, detail="too long")
    given = refuse("rejected", "scope", "too long", gate)
    assert (given.kind, given.code, given.gates) == ("rejected", "scope", (gate,))


def test_a_verdict_depends_on_nothing_but_the_outcome():
    assert judged(pairs(0.10)) == judged(pairs(0.10))


def test_a_guard_lost_at_the_first_pair_needs_no_interval():
    config = replace(CONFIG, guard=(Guard(metric="rss", max_loss=0.05, exact=True),))
    given = judged(pairs(0.10, 1, rss=1.2), config)
    assert (given.kind, given.code, given.effect) == ("discarded", "guard_lost", None)


def test_pairs_beyond_the_decision_change_nothing():
    short, long = pairs(0.10, 12), pairs(0.10, 12) + pairs(-0.30, 8)
    decided = judged(short)
    assert decided.effect is not None
    assert judged(long[: decided.effect.pairs] + pairs(-0.30, 8)).effect == decided.effect


def test_a_screen_drops_and_says_so_and_passing_it_is_no_merit():
    stage = Stage(name="screen", ok=True, seconds=1.0, detail="+0.00% instructions")
    found = verdict(CONFIG, plan(), outcome((), stage, screened=True))
    assert (found.kind, found.code) == ("discarded", "screened")
    assert found.reason == "+0.00% instructions: dropped by the screen before any pair"
    assert gates(found) == {"Build": True, "Screen": False}
    passed = verdict(CONFIG, plan(), outcome(pairs(0.0), stage))
    assert passed.kind != "kept"
    assert gates(passed)["Screen"] is None
