"""Campaigns through the whole product: verdicts as the truth has them, and nothing left."""

import math
import random
import tempfile

import pytest

from whet.judge.designing import WARM
from whet.proof.campaign import Setting, judge_alone
from whet.testing.noise import MACHINES
from whet.testing.weather import Weather

TRUTHS = (0.10, 0.0)


def in_time_order(pairs):
    """Seconds of every invocation, and whether it was one of the candidate."""
    for pair in pairs:
        both = [(pair.a.values["seconds"], False), (pair.b.values["seconds"], True)]
        yield from both if pair.first == "a" else reversed(both)


@pytest.fixture(scope="module")
def temporary(tmp_path_factory):
    """Where only these campaigns put what they need for a while: other proofs run beside."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def states(temporary):
    """The same campaign twice."""
    setting = Setting(machine="quiet", seed=3, truths=TRUTHS, compiled=False)
    with pytest.MonkeyPatch.context() as here:
        here.setattr(tempfile, "tempdir", str(temporary))
        return [judge_alone(setting, pairs_min=10, judged=lambda: None) for _ in range(2)]


def test_verdicts_are_those_the_truth_deserves(states):
    found = [e.verdict.kind for e in states[0].experiments.values()]
    assert found == ["kept", "discarded"]
    assert states[0].stack == []


def test_every_trial_takes_the_pairs_that_others_need(states):
    for experiment in states[0].experiments.values():
        assert len(experiment.outcome.pairs) == 10
        assert experiment.verdict.effect.pairs < 10


def test_the_noise_goes_on_through_the_whole_campaign(states):
    """Every number but those of warm-ups is printed, in the order in which the weather made it."""
    state = states[0]
    weather = Weather(MACHINES["quiet"], seed_of(state))
    calibration = next(iter(state.calibrations.values()))
    trials = [(calibration.outcome, 0.0)]
    trials += [
        (e.outcome, gain) for e, gain in zip(state.experiments.values(), TRUTHS, strict=True)
    ]
    assert calibration.noise.cold < WARM
    for number, (outcome, gain) in enumerate(trials):
        for _ in range(
            2 if number == 0 else 1
        ):  # candidates go without, as first runs are no slower
            weather.invocation()
        for seconds, candidate in in_time_order(outcome.pairs):
            time = math.exp(weather.invocation()) / (1 + gain * candidate)
            assert seconds == pytest.approx(time, abs=1e-9)


def seed_of(state):
    return random.Random(f"quiet 3 {state.name}").randrange(2**31)


def test_equal_settings_come_to_equal_verdicts(states):
    one, other = (
        [
            (e.id, e.verdict.kind, e.verdict.effect, list(in_time_order(e.outcome.pairs)))
            for e in state.experiments.values()
        ]
        for state in states
    )
    assert one == other


def test_nothing_is_left_of_a_campaign(states, caches, temporary):
    assert not (caches / "whet").exists() or list((caches / "whet").iterdir()) == []
    assert list(temporary.glob("whet-prove-*")) == []
