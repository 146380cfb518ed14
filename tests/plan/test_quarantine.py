"""Which worker measures, when it is looked at again, and what a bad stretch takes with it."""

from dataclasses import replace

import pytest

from support.planned import OUTCOME, Campaign, config
from whet.model import event as happened
from whet.model.worker import WorkerConfig
from whet.plan import quarantine
from whet.plan.ready import ready
from whet.plan.step import Calibrate, Judge, MeasureStack
from whet.testing.events import MACHINE, NOISE

TRUTH = {"I01": "kept", "I02": "inconclusive", "I03": "discarded", "I04": "kept"}


def undecided(campaign):
    """The campaign as its judge would have told it: what is inconclusive came to its pair limit."""
    campaign.events = [
        replace(event, verdict=replace(event.verdict, code="pair_limit"))
        if isinstance(event, happened.VerdictGiven) and event.verdict.kind == "inconclusive"
        else event
        for event in campaign.events
    ]
    return campaign


def out(campaign, *experiments, checked=True):
    """A worker taken out, by a check or by an experiment's own pairs."""
    campaign.events.append(happened.WorkerQuarantined(
        at=campaign.clock, worker="local", reason="noise", since=0.0, experiments=experiments,
        noise=NOISE if checked else None, outcome=OUTCOME if checked else None,
    ))  # fmt: skip
    return campaign


def back(campaign):
    campaign.events.append(happened.WorkerCalibrated(
        at=campaign.clock, worker="local", fingerprint=MACHINE, noise=NOISE, outcome=OUTCOME,
    ))  # fmt: skip
    campaign.events.append(happened.WorkerRestored(at=campaign.clock, worker="local"))
    return campaign


def judging(cut=Judge, **sections):
    """A campaign that judges one candidate after the other."""
    sections["measure"] = {"shared_control": 1, **sections.get("measure", {})}
    return Campaign(TRUTH, config=config(**sections)).begin().drive(before=cut)


def test_pauses_double_until_the_whole_wait_is_used_up():
    pauses = [quarantine.pause(failed, 900.0) for failed in range(8)]
    assert pauses == [0.0, 30.0, 60.0, 120.0, 240.0, 450.0, None, None]
    assert sum(pause for pause in pauses if pause) == 900.0
    assert quarantine.pause(1, 0.0) is None


def test_while_its_only_worker_is_out_a_campaign_does_nothing_but_check_it():
    campaign = out(judging(), checked=False)
    assert ready(campaign.state, campaign.config, ()) == (Calibrate("local"),)
    assert ready(out(campaign).state, campaign.config, ()) == (Calibrate("local", 30.0),)
    assert ready(out(campaign).state, campaign.config, ()) == (Calibrate("local", 60.0),)
    assert ready(campaign.state, campaign.config, [Calibrate("local", 60.0)]) == ()
    assert ready(back(campaign).state, campaign.config, ()) == (Judge(("E01",), "local"),)


def test_a_new_run_checks_at_once_and_may_wait_as_long_again():
    campaign = out(out(out(judging())))
    assert ready(campaign.state, campaign.config, ()) == (Calibrate("local", 120.0),)
    campaign.resume()
    assert ready(campaign.state, campaign.config, ()) == (Calibrate("local", 0.0),)


def test_another_worker_takes_the_place_of_one_that_is_out():
    campaign = out(judging())
    two = replace(campaign.config, workers=(WorkerConfig(), WorkerConfig(name="second")))
    assert ready(campaign.state, two, ()) == (Calibrate("second"),)
    campaign.events.append(happened.WorkerCalibrated(
        at=campaign.clock, worker="second", fingerprint=MACHINE, noise=NOISE, outcome=OUTCOME,
    ))  # fmt: skip
    assert ready(campaign.state, two, ()) == (Judge(("E01",), "second"),)


def test_a_worker_is_checked_again_before_it_measures_when_its_check_is_old():
    campaign = (
        Campaign(TRUTH, config=config(measure={"aa_every": 400.0, "shared_control": 1}))
        .begin()
        .drive()
    )
    checks = [n for n, step in enumerate(campaign.asked) if step == Calibrate("local")]
    assert len(checks) > 2
    later = {type(campaign.asked[n + 1]) for n in checks[1:]}
    assert later <= {Judge, MeasureStack, type(campaign.asked[-2])}
    assert Judge in later
    never = Campaign(TRUTH, config=config(measure={"aa_every": 0.0})).begin().drive()
    assert never.asked.count(Calibrate("local")) == 1


def test_a_campaign_left_alone_for_a_night_is_checked_before_it_goes_on():
    campaign = judging()
    campaign.clock += 8 * 3600
    campaign.resume()
    assert ready(campaign.state, campaign.config, ()) == (Calibrate("local"),)


def test_only_what_was_undecided_since_the_last_good_check_is_measured_again():
    campaign = undecided(Campaign(TRUTH).begin().drive())
    assert quarantine.undecided(campaign.state, "local") == ("E02",)
    assert quarantine.undecided(campaign.state, "elsewhere") == ()
    campaign.clock += 10.0
    assert quarantine.undecided(back(out(campaign)).state, "local") == ()


def test_an_experiment_of_a_bad_stretch_waits_again_and_is_not_thrown_away_twice():
    campaign = undecided(Campaign(TRUTH).begin().drive())
    assert campaign.state.waves[1].judged == 3
    out(campaign.resume(), "E02")
    state = campaign.state
    assert state.experiments["E02"].status == "waiting"
    assert state.experiments["E02"].repeated == 1
    assert state.waves[1].judged == 2
    campaign.truth["I02"] = "kept"
    verdicts, stack, *_ = back(campaign).drive().result
    assert (verdicts["E02"], stack) == ("kept", ["E01", "E04", "E02"])
    campaign.truth["I02"] = "inconclusive"
    assert quarantine.undecided(campaign.state, "local") == ()


@pytest.mark.parametrize("length", range(4))
def test_a_campaign_cut_anywhere_in_a_quarantine_comes_to_the_same_end(length):
    def quarantined():
        return back(out(out(undecided(Campaign(TRUTH).begin().drive()).resume(), "E02")))

    whole = quarantined()
    before = len(whole.events) - 4
    whole.drive()
    cut = quarantined()
    cut.events = cut.events[: before + length]
    if not cut.state.quarantines:
        out(cut, "E02")
    cut.resume()
    while cut.state.quarantine("local") is not None:
        assert isinstance(ready(cut.state, cut.config, ())[0], Calibrate)
        back(cut)
    assert cut.drive().result == whole.result
