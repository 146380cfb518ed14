"""What noise makes of an effect: pairs that are needed, and shifts that pairs forgive."""

import math
import random
from dataclasses import replace

import pytest
from small_targets import CONFIG, HOST, Target, of

from whet.judge.designing import design
from whet.judge.sequential import decide
from whet.model.config import Measure
from whet.model.design import Noise
from whet.model.trial import Invocation, Pair, TrialOutcome
from whet.steps.doctor import control, noise
from whet.steps.doctor.noise import limits, pairs_needed

QUIET = Noise(
    pairs=10, sd_pair=0.01, sd_plain=0.01, mean=0.0, t=0.0, drift=0.0, autocorrelation=0.0,
    resolution=1e-6, detectable=0.01, seconds_per_pair=2.0,
)  # fmt: skip


def pair(a: float, b: float, first: str = "a", at: float = 0.0) -> Pair:
    sides = [
        Invocation(values={"time_ms": value}, wall=value / 1e3, at=at + place)
        for value, place in ((a, 0 if first == "a" else 1), (b, 1 if first == "a" else 0))
    ]
    return Pair(first=first, a=sides[0], b=sides[1])


def outcome(*pairs: Pair) -> TrialOutcome:
    return TrialOutcome(id="x", fingerprint=HOST, stages=(), pairs=pairs)


def test_less_noise_needs_fewer_pairs():
    bounds = limits(CONFIG)
    needed = [
        pairs_needed(replace(QUIET, sd_pair=sd), bounds, 0.02).pairs
        for sd in (0.001, 0.005, 0.01, 0.02, 0.05, 0.31)
    ]
    assert needed == sorted(needed)
    assert needed[0] == 4
    assert needed[-1] > 1000


def test_pairs_beyond_the_limit_grow_with_the_square_of_the_noise():
    bounds = limits(CONFIG)
    one = pairs_needed(replace(QUIET, sd_pair=0.1), bounds, 0.02).pairs
    two = pairs_needed(replace(QUIET, sd_pair=0.2), bounds, 0.02).pairs
    assert two == pytest.approx(4 * one, rel=0.01)


@pytest.mark.parametrize("sd", [0.004, 0.008, 0.02])
def test_so_many_pairs_find_the_effect_four_times_in_five(sd):
    config = replace(CONFIG, goal=replace(CONFIG.goal, min_effect=0.0001))
    bounds = limits(config)
    effect = 0.02
    need = pairs_needed(replace(QUIET, sd_pair=sd), bounds, effect)
    judged = design(config, None, config.judge.alpha)
    chance, found, tries = random.Random(7), 0, 200
    for _ in range(tries):
        ratios = [math.log1p(effect) + chance.gauss(0, sd) for _ in range(need.pairs)]
        taken = [pair(10.0, 10.0 * math.exp(-ratio)) for ratio in ratios]
        found += decide(judged, taken).action == "accept"
    assert found / tries > 0.7


def told(
    make, noise_found: Noise, taken: TrialOutcome, **sections: object
) -> list[tuple[str, str]]:
    target: Target = make()
    visit = target.visit(**sections)
    visit.noise = noise_found
    noise.look(visit, taken, overhead=30.0)
    return [(finding.level, finding.text) for finding in of(visit.diagnosis, "Noise")]


STEADY = outcome(*(pair(10 + n % 3 / 100, 10 + n % 2 / 100, at=2.0 * n) for n in range(10)))


def test_a_quiet_machine_is_told_what_an_experiment_costs(make):
    assert told(make, QUIET, STEADY) == [
        ("ok", "sd 1% per pair. A 2% effect needs about 12 pairs, 54 s per experiment")
    ]


def test_a_machine_that_cannot_see_the_effect_is_warned_of(make):
    noisy = replace(QUIET, sd_pair=0.05, detectable=0.06)
    ((level, text),) = told(make, noisy, STEADY)
    assert level == "warning"
    assert text.startswith("sd 5% per pair. A 2% effect would need about 1")
    assert text.endswith("at most 20 are taken: effects below 6.0% stay undecided")


def test_a_machine_beyond_the_limit_is_not_fit(make):
    noisy = replace(QUIET, sd_pair=0.31, modes=2, heavy_tailed=True)
    ((level, text),) = told(make, noisy, STEADY, measure=Measure(max_noise=0.15))
    assert level == "error"
    assert text.startswith(
        "sd 31% per pair (two modes, rare large outliers). A 2% effect would need"
    )
    assert text.endswith("00 pairs")


def test_the_second_of_a_pair_being_slower_is_seen(make):
    pairs = [
        pair(10.0, 11.0, "a", 2.0 * n) if n % 2 else pair(11.0, 10.0, "b", 2.0 * n)
        for n in range(10)
    ]
    assert ("warning", "the second run of a pair is 10.0% slower than the first") in told(
        make, QUIET, outcome(*pairs)
    )


def test_a_machine_that_slows_down_is_seen(make):
    pairs = [pair(10 + n // 5, 10 + n // 5 + n % 2 / 100, at=2.0 * n) for n in range(10)]
    assert ("warning", "the second half of the runs is 10.0% slower than the first half") in told(
        make, QUIET, outcome(*pairs)
    )


def test_rates_are_slower_when_they_fall(make):
    visit = make().visit(goal=replace(CONFIG.goal, direction="higher"))
    pairs = [pair(11 - n // 5, 11 - n // 5 + n % 2 / 100, at=2.0 * n) for n in range(10)]
    control.shifts(visit, outcome(*pairs))
    assert "slower than the first half" in of(visit.diagnosis, "Noise")[0].text
