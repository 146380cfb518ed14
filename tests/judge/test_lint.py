"""Numbers that cannot be what they are said to be, in a benchmark and in a candidate's output."""

from dataclasses import replace

import pytest

from whet.judge import lint
from whet.judge.designing import design
from whet.judge.verdict import verdict
from whet.model.config import Bench, Config, Judge
from whet.model.metric import Goal, Guard
from whet.model.trial import Invocation, Pair, TrialOutcome
from whet.testing.events import MACHINE

CONFIG = Config(goal=Goal(metric="t_ms"), bench=Bench(command="./bench"),
                judge=Judge(suspicious_above=100.0))  # fmt: skip
RATE = replace(CONFIG, goal=Goal(metric="rate", unit="tokens/s", direction="higher"))
NOISE = (1.003, 0.998, 1.001, 0.997, 1.004, 0.9995, 1.002, 0.9985)


def runs(value, *, metric="t_ms", wall=None, work=None):
    """Runs with a little noise, with the wall clock of the same run; `work` is the same in all."""
    return [
        Invocation(
            values={metric: round(value * noise, 6)},
            wall=(value * noise / 1000 if wall is None else wall * noise) + 0.01,
            cpu=value,
            work=work or {},
        )
        for noise in NOISE
    ]


def pairs(a, b):
    return tuple(Pair(first="a", a=x, b=y) for x, y in zip(a, reversed(b), strict=True))


def codes(complaints):
    return [complaint.code for complaint in complaints]


def given(config, taken):
    outcome = TrialOutcome(id="E01", fingerprint=MACHINE, stages=(), pairs=taken)
    return verdict(config, design(config, None, 0.005), outcome)


def test_an_honest_benchmark_has_no_complaint_and_an_honest_gain_is_kept():
    taken = pairs(runs(1000.0), runs(800.0))
    assert list(lint.of_base(CONFIG, [pair.a for pair in taken], 8)) == []
    assert list(lint.of_candidate(CONFIG, taken, 8)) == []
    assert given(CONFIG, taken).kind == "kept"


def constant(side):
    return [replace(run, values=dict.fromkeys(run.values, 700.123)) for run in side]


def test_a_candidate_that_prints_one_number_for_ever_is_rejected():
    found = given(CONFIG, pairs(runs(1000.0), constant(runs(700.0))))
    assert (found.kind, found.code) == ("rejected", "constant")
    assert found.reason == (
        "prints the same t_ms=700.123 in each of 8 runs; print what was measured in this run"
    )


def test_two_equal_values_are_a_replay_only_when_they_are_long():
    two = constant(runs(700.0))[:2]
    assert lint.constant(CONFIG, two)
    short = [replace(run, values={"t_ms": 700.0}) for run in two]
    assert not lint.constant(CONFIG, short)
    assert lint.constant(CONFIG, short * 3)
    assert not lint.constant(CONFIG, two[:1])


@pytest.mark.parametrize("factor", [1000.0, 1200.0, 1024.0, 60.0, 1e6])
def test_a_number_that_jumps_like_a_unit_waits_for_a_person(factor):
    config = replace(CONFIG, judge=Judge(suspicious_above=1e9))
    taken = pairs(runs(6000.0), runs(6000.0 / factor, wall=6.0 / factor))
    found = given(config, taken)
    assert (found.kind, found.code) == ("inconclusive", "unit_jump")
    assert found.held.startswith("t_ms went from ")
    assert found.held.endswith("print it in one unit")


@pytest.mark.parametrize("factor", [1.5, 8.0, 200.0])
def test_a_large_gain_is_no_unit(factor):
    taken = pairs(runs(6000.0), runs(6000.0 / factor))
    assert codes(lint.of_candidate(CONFIG, taken)) == []


def test_a_guard_that_jumps_like_a_unit_is_seen_too():
    def with_memory(side, value):
        return [replace(run, values={**run.values, "rss": value}) for run in side]

    config = replace(CONFIG, guard=(Guard(metric="rss"),))
    taken = pairs(with_memory(runs(1000.0), 5e6), with_memory(runs(800.0), 5e3))
    (complaint,) = lint.of_candidate(config, taken)
    assert (complaint.code, complaint.metric) == ("unit_jump", "rss")


@pytest.mark.parametrize(("after", "said"), [
    ({"tokens": 500.0}, "tokens was 512 and is 500"),
    ({"tokens": 0.0}, "tokens was 512 and is 0"),
    ({}, "tokens was 512 and is nothing"),
])  # fmt: skip
def test_a_candidate_that_does_less_is_rejected(after, said):
    taken = pairs(runs(1000.0, work={"tokens": 512.0}), runs(800.0, work=after))
    found = given(CONFIG, taken)
    assert (found.kind, found.code) == ("rejected", "work_differs")
    assert said in found.reason


def test_a_candidate_that_prints_its_metric_once_more_does_other_work():
    again = runs(800.0, work={"METRIC t_ms lines": 2.0})
    found = given(CONFIG, pairs(runs(1000.0), again))
    assert (found.kind, found.code) == ("rejected", "work_differs")
    assert "METRIC t_ms lines was 1 and is 2" in found.reason
    both = runs(1000.0, work={"METRIC t_ms lines": 2.0})
    assert given(CONFIG, pairs(both, again)).kind == "kept"


def fresh(answers):
    """Pairs on fresh inputs; the right answer is the number of the pair, times a thousand."""
    found = []
    for number, said in enumerate(answers, start=1):
        a, b = (replace(run, work={"answer": value}) for run, value in
                ((runs(1000.0)[0], 1000.0 * number), (runs(800.0)[0], said)))  # fmt: skip
        found.append(Pair(first="a", a=a, b=b))
    return tuple(found)


@pytest.mark.parametrize(("answers", "codes_"), [
    ((1000.0, 2000.0), []), ((1000.0, 7.0), ["work_differs"]), ((7.0, 7.0), ["work_differs"]),
])  # fmt: skip
def test_an_answer_to_fresh_inputs_is_that_of_the_incumbent(answers, codes_):
    usual = {"answer": 7.0}
    taken = pairs(runs(1000.0, work=usual), runs(800.0, work=usual))
    found = list(lint.of_candidate(CONFIG, taken, 8, fresh(answers)))
    assert codes(found) == codes_
    assert all(complaint.sure for complaint in found)


def test_a_count_that_is_never_the_same_is_no_count_of_work():
    before = [replace(run, work={"requests": 100.0 + n}) for n, run in enumerate(runs(1000.0))]
    taken = pairs(before, runs(800.0, work={"requests": 90.0}))
    assert codes(lint.of_candidate(CONFIG, taken)) == []


def test_a_token_more_or_less_is_the_same_work():
    taken = pairs(runs(1000.0, work={"tokens": 512.0}), runs(800.0, work={"tokens": 511.0}))
    assert codes(lint.of_candidate(CONFIG, taken)) == []


def rounded(side, digits):
    return [
        replace(run, values={name: round(value, digits) for name, value in run.values.items()})
        for run in side
    ]


def test_a_candidate_that_hides_its_noise_in_fewer_digits_waits_for_a_person():
    a, b = runs(10.003), rounded(runs(7.2), 0)
    b[0] = replace(b[0], values={"t_ms": 8.0})
    found = given(CONFIG, pairs(a, b))
    assert (found.kind, found.code) in {("rejected", "coarse"), ("inconclusive", "coarse")}
    assert "t_ms in steps of 14.29%, and 2% is looked for" in found.reason
    assert "print more digits" in found.reason


def test_a_benchmark_that_was_always_coarse_is_no_complaint_about_a_candidate():
    a, b = rounded(runs(2000.0), -2), rounded(runs(1500.0), -2)
    a[0], b[0] = (replace(run, values={"t_ms": 15.0}) for run in (a[0], b[0]))
    config = replace(CONFIG, bench=replace(CONFIG.bench, clock="off"))
    assert "coarse" not in codes(lint.of_candidate(config, pairs(a, b)))


def test_a_run_cannot_have_taken_longer_inside_than_outside():
    slow = runs(5000.0, wall=2.0)
    (complaint,) = lint.of_base(CONFIG, slow)
    assert complaint.code == "impossible"
    assert complaint.text == "t_ms says 5 s, and the whole run took 2.01 s"
    off = replace(CONFIG, bench=replace(CONFIG.bench, clock="off"))
    assert list(lint.of_base(off, slow)) == []


@pytest.mark.parametrize(("unit", "value", "wrong"), [
    ("GB/s", 50.0, False),
    ("GB/s", 500_000.0, True),
    ("MiB/s", 50_000.0, False),
    ("bytes/s", 5e14, True),
    ("GFLOP/s", 4e3, False),
    ("flops", 1e18, True),
    ("tokens/s", 1e18, False),
])  # fmt: skip
def test_no_machine_does_more_than_its_cores_can(unit, value, wrong):
    config = replace(RATE, goal=replace(RATE.goal, unit=unit))
    found = list(lint.of_base(config, runs(value, metric="rate", wall=1.0), 8))
    assert codes(found) == (["impossible"] if wrong else [])
    assert list(lint.of_base(config, runs(value, metric="rate", wall=1.0))) == []


def test_what_is_beyond_the_best_possible_waits_for_a_person():
    config = replace(CONFIG, judge=Judge(best_possible=900.0, suspicious_above=9.0))
    found = given(config, pairs(runs(1000.0), runs(800.0)))
    assert (found.kind, found.code) == ("inconclusive", "impossible")
    assert "beyond the best possible 900" in found.held


def test_a_rate_that_rises_has_to_show_on_the_wall_clock():
    def side(rate, wall):
        return runs(rate, metric="rate", wall=wall, work={"tokens": 512.0})

    honest = pairs(side(512.0, 1.0), side(640.0, 0.8))
    assert codes(lint.of_candidate(RATE, honest)) == []
    lying = pairs(side(512.0, 1.0), side(640.0, 1.0))
    found = given(RATE, lying)
    assert (found.kind, found.code) == ("inconclusive", "contradiction")
    assert "the same tokens took 0.2 s less, by the wall clock 0 s" in found.held
    off = replace(RATE, bench=replace(RATE.bench, clock="off"))
    assert codes(lint.of_candidate(off, lying)) == []


def test_a_rate_of_a_part_of_the_run_is_not_held_against_the_whole():
    def side(rate):
        return runs(rate, metric="rate", wall=9.0, work={"tokens": 512.0})

    assert codes(lint.of_candidate(RATE, pairs(side(512.0), side(640.0)))) == []


def test_what_is_sure_comes_before_what_waits_for_a_person():
    config = replace(CONFIG, judge=Judge(best_possible=900.0))
    taken = pairs(runs(1000.0, work={"items": 9.0}), runs(800.0, work={"items": 3.0}))
    assert given(config, taken).code == "work_differs"


def in_time(found):
    return [replace(run, at=float(number)) for number, run in enumerate(found)]


def test_runs_of_one_program_in_two_units_are_no_measurement():
    found = [*runs(1.2), replace(runs(1200.0)[0], wall=1.2)]
    (complaint,) = lint.unlike(CONFIG, found)
    assert (complaint.code, complaint.metric, complaint.sure) == ("unit_jump", "t_ms", True)
    assert "about 1000 times" in complaint.text
    stalled = [*runs(20.0), replace(runs(20.0)[0], values={"t_ms": 1200.0})]
    assert list(lint.unlike(CONFIG, stalled)) == []


def test_work_that_every_run_leaves_less_of_is_no_benchmark():
    left = [1000, 1000, 900, 900, 700, 600, 500, 100]
    found = in_time(
        replace(run, work={"items": float(items)})
        for run, items in zip(runs(50.0), left, strict=True)
    )
    (complaint,) = lint.unlike(CONFIG, list(reversed(found)))
    assert (complaint.code, complaint.metric, complaint.sure) == ("work_differs", "items", True)
    assert "items fell from 1000 to 100 in 8 runs" in complaint.text
    assert list(lint.unlike(CONFIG, found[:5])) == []


@pytest.mark.parametrize("done", [
    [1000] * 8, [1000, 1001, 999, 998, 1000, 997, 996, 995],
    [1000] * 7 + [600], [1000, 999.9, 999.8, 999.7, 999.6, 999.5, 999.4, 999.3],
])  # fmt: skip
def test_work_that_varies_or_was_cut_short_once_does_not_fall(done):
    found = in_time(
        replace(run, work={"items": float(items)})
        for run, items in zip(runs(50.0), done, strict=True)
    )
    assert list(lint.unlike(CONFIG, found)) == []


@pytest.mark.parametrize(("goal", "wrong"), [
    (Goal(metric="rate", unit="tokens/s", direction="higher"), True),
    (Goal(metric="items_per_s", direction="higher"), True),
    (Goal(metric="rate", unit="ktokens/s", direction="higher"), False),
    (Goal(metric="rate", direction="higher"), False),
])  # fmt: skip
def test_work_that_would_have_taken_longer_than_the_run_denies_its_rate(goal, wrong):
    config = replace(CONFIG, goal=goal)
    slow = runs(50.0, metric=goal.metric, wall=0.5, work={"tokens": 1000.0})
    assert codes(lint.of_base(config, slow)) == ["contradiction"] * wrong
    honest = runs(2500.0, metric=goal.metric, wall=0.5, work={"tokens": 1000.0})
    assert codes(lint.of_base(config, honest)) == []
