"""Events to state."""

import random

import pytest

from support.planned import Campaign
from whet.model import event as happened
from whet.model.idea import Candidate, Idea
from whet.model.verdict import Verdict
from whet.plan.replay import replay
from whet.testing.events import campaign


def test_the_same_events_are_the_same_state():
    events = tuple(campaign(30, pairs=2))
    assert replay(events) == replay(iter(events))


def test_a_campaign_of_drawn_events_adds_up():
    state = replay(campaign(30, pairs=2))
    kept = [e.id for e in state.experiments.values() if e.verdict.kind == "kept"]
    assert state.stack == kept
    assert state.count("kept") == len(kept) == sum(wave.kept for wave in state.waves.values())
    assert sum(wave.judged for wave in state.waves.values()) == 30
    assert all(e.status == "judged" for e in state.experiments.values())
    assert state.incumbent == state.experiments[kept[-1]].candidate.commit


def test_nothing_happened_is_a_state_too():
    state = replay(())
    assert (state.wave, state.headline, state.queue(), state.events) == (None, None, (), 0)


def test_every_kind_of_event_is_understood():
    from typing import get_args

    from whet.plan.replay import _APPLY

    assert set(_APPLY) == set(get_args(happened.Event))


def opened(*more):
    first = Campaign({"I01": "kept"}).begin().events
    made = Candidate(idea="I01", commit="c", parent="base")
    return [
        *first, happened.WaveOpened(at=1000.0, wave=1, ideas=("I01",)),
        happened.ExperimentOpened(at=1000.0, experiment="E01", wave=1, candidate=made), *more,
    ]  # fmt: skip


def started(at=1001.0):
    return happened.ExperimentStarted(
        at=at, experiment="E01", worker="local", incumbent="base", commit="c", alpha=0.1, seed=1
    )


def given(kind, at=1002.0):
    return happened.VerdictGiven(
        at=at, experiment="E01", verdict=Verdict(kind=kind, code="faster", reason="")
    )


def requeued():
    return happened.ExperimentRequeued(at=1001.5, experiment="E01", reason="lost")


def test_an_experiment_goes_from_waiting_to_judged():
    from support.planned import OUTCOME

    measured = happened.ExperimentMeasured(at=1001.5, experiment="E01", outcome=OUTCOME)
    events = opened(started(), measured, given("kept"))
    seen = [replay(events[:end]).experiments["E01"].status for end in range(len(events) - 3, 0, -1)
            if "E01" in replay(events[:end]).experiments]  # fmt: skip
    assert seen == ["waiting"]
    assert replay(events[:-2]).experiments["E01"].status == "running"
    assert replay(events[:-1]).experiments["E01"].status == "measured"
    assert replay(events).experiments["E01"].status == "judged"


def test_an_interrupted_experiment_waits_again_and_its_attempts_are_counted():
    state = replay(opened(started(), requeued(), started(), requeued()))
    experiment = state.experiments["E01"]
    assert (experiment.status, experiment.requeued, experiment.outcome) == ("waiting", 2, None)


def test_a_second_verdict_replaces_the_first_in_every_count():
    state = replay(opened(given("kept"), given("discarded"), given("kept"), given("retired")))
    wave = state.waves[1]
    assert (wave.kept, wave.judged, state.count("kept"), state.count("retired")) == (0, 1, 0, 1)


def test_only_a_stack_measured_as_it_is_has_a_headline():
    whole = Campaign({"I01": "kept"}).begin().drive()
    assert whole.state.headline is not None
    moved = happened.IncumbentAdvanced(at=1.0, experiment="", commit="x", previous="base")
    assert replay([*whole.events, moved]).headline is None


@pytest.mark.parametrize(("gap", "counted"), [
    (0.0, 0.0), (60.0, 60.0), (3600.0 * 23, 3600.0 * 23), (3600.0 * 24, 0.0), (-5.0, 0.0),
])  # fmt: skip
def test_gaps_are_work_unless_they_are_longer_than_a_day(gap, counted):
    at = 1000.0 + gap
    added = happened.IdeaAdded(at=at, idea=Idea(id="I02", title=""))
    assert replay([*opened(), added]).busy_seconds == counted


def test_the_time_between_two_runs_is_not_work():
    resumed = happened.CampaignResumed(at=4600.0, recovered=0)
    added = happened.IdeaAdded(at=4630.0, idea=Idea(id="I02", title=""))
    assert replay([*opened(), resumed, added]).busy_seconds == 30.0


def test_the_order_of_independent_ideas_is_the_order_of_the_queue():
    names = [f"I{number:02d}" for number in range(20)]
    random.Random(3).shuffle(names)
    state = replay(Campaign(dict.fromkeys(names, "kept")).begin().events)
    assert [idea.id for idea in state.queue()] == names


def test_a_dropped_idea_leaves_the_queue():
    dropped = happened.IdeaDropped(at=1.0, idea="I01", reason="no")
    events = Campaign({"I01": "kept", "I02": "kept"}).begin().events
    assert [idea.id for idea in replay([*events, dropped]).queue()] == ["I02"]
