"""A person may let a run start nothing more."""

from support.planned import CONFIG, Campaign
from whet.model.event import CampaignResumed, IdeaAdded, PersonPaused, PersonResumed
from whet.model.idea import Idea
from whet.plan.ready import ready
from whet.plan.replay import apply, replay

STATE = Campaign({"I01": "kept"}).begin().events


def test_a_paused_campaign_starts_nothing_until_it_is_resumed():
    state = replay(STATE)
    would = ready(state, CONFIG, ())
    assert would
    apply(state, PersonPaused(at=5.0))
    assert ready(state, CONFIG, ()) == ()
    apply(state, PersonResumed(at=7.0))
    assert ready(state, CONFIG, ()) == would


def test_a_run_that_is_started_again_is_not_paused():
    state = replay([*STATE, PersonPaused(at=5.0), CampaignResumed(at=6.0, recovered=0)])
    assert state.paused is None


def test_the_time_of_a_pause_is_no_work():
    state = replay(STATE)
    apply(state, PersonPaused(at=state.last))
    before = state.busy_seconds
    apply(state, IdeaAdded(at=state.last + 1000.0, idea=Idea(id="I04", title="x")))
    apply(state, PersonResumed(at=state.last + 1000.0))
    assert state.busy_seconds == before
