"""A whole campaign with lists only: what starts when, and that a cut changes nothing."""

from dataclasses import replace

import pytest

from support.planned import CONFIG, Campaign, config, gained
from whet.model import event as happened
from whet.model.idea import Change
from whet.model.reading import ReaderFinished
from whet.model.research import Effort
from whet.model.verdict import Verdict
from whet.plan.ready import limit, ready
from whet.plan.replay import replay
from whet.plan.step import (
    Ablate,
    Calibrate,
    CloseWave,
    Join,
    Judge,
    MeasureStack,
    OpenWave,
    Propose,
    Read,
    Rebuild,
    Retire,
    Stop,
)

MIXED = {
    "I01": "kept", "I02": "discarded", "I03": "dropped", "I04": "kept", "I05": "failed",
    "I06": "kept", "I07": "inconclusive", "I08": "discarded",
}  # fmt: skip


def kinds(campaign):
    return [type(step).__name__ for step in campaign.asked]


def test_a_campaign_comes_to_its_end_in_the_order_of_its_steps():
    campaign = Campaign({"I01": "kept", "I02": "discarded"}).begin().drive()
    assert campaign.asked == [
        Calibrate("local"),
        OpenWave(1, ("I01", "I02")),
        Propose("I01", 1),
        Propose("I02", 1),
        Judge(("E01", "E02"), "local"),
        Join("E01"),
        MeasureStack(1, "local"),
        CloseWave(1),
        Stop("done", "the queue of ideas is empty"),
    ]
    assert campaign.result == (
        {"E01": "kept", "E02": "discarded"}, ["E01"], "base+E01", [(("I01", "I02"), 1, 2)], "done",
    )  # fmt: skip


def test_every_idea_gets_its_verdict_and_every_kept_change_its_place():
    campaign = Campaign(MIXED).begin().drive()
    verdicts, stack, incumbent, waves, code = campaign.result
    assert verdicts == {
        name.replace("I", "E"): kind for name, kind in MIXED.items() if kind != "dropped"
    }
    assert (stack, incumbent, code) == (["E01", "E04", "E06"], "base+E01+E04+E06", "done")
    assert [(len(ideas), kept, judged) for ideas, kept, judged in waves] == [
        (3, 1, 2), (3, 2, 3), (2, 0, 2),
    ]  # fmt: skip


SCRIPTS = {
    "mixed": Campaign(MIXED),
    "a stack that breaks": Campaign(
        MIXED, breaks=frozenset({"base+E01+E04+E06", "base+E01+E04", "base+E01"})
    ),
    "a change that became useless": Campaign(MIXED, useless=frozenset({"E04"})),
    "dry": Campaign(dict.fromkeys((f"I{n:02d}" for n in range(1, 12)), "discarded")),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_campaign_cut_at_any_event_comes_to_the_same_end(name):
    script = SCRIPTS[name]

    def fresh():
        return Campaign(script.truth, breaks=script.breaks, useless=script.useless).begin()

    whole = fresh().drive()
    for length in range(len(whole.events)):
        cut = fresh()
        cut.events = whole.events[:length] if length > len(cut.events) else cut.events
        cut.clock = whole.events[length].at
        cut.resume().drive()
        assert cut.result == whole.result, f"cut after event {length}"


def test_a_campaign_cut_again_and_again_comes_to_the_same_end():
    whole = Campaign(MIXED).begin().drive()
    cut = Campaign(MIXED).begin()
    while not cut.state.stopped:
        cut.resume().drive(until=len(cut.events) + 3)
    assert cut.result == whole.result


def test_a_stack_that_does_not_hold_loses_its_newest_change():
    breaks = frozenset({"base+E01+E04"})
    campaign = Campaign(MIXED, breaks=breaks, config=config(run={"ideas_per_wave": 4})).begin()
    verdicts, stack, incumbent, _, _ = campaign.drive().result
    assert verdicts["E04"] == "retired"
    assert (stack, incumbent) == (["E01", "E06"], "base+E01+E06")
    at = campaign.asked.index(Retire("E04", "no gain"))
    assert campaign.asked[at + 1 : at + 3] == [Rebuild(), MeasureStack(1, "local")]


def test_a_stack_in_which_nothing_holds_ends_at_the_base():
    campaign = Campaign(
        {"I01": "kept", "I02": "kept"}, breaks=frozenset({"base+E01+E02", "base+E01"})
    )
    verdicts, stack, incumbent, _, _ = campaign.begin().drive().result
    assert (set(verdicts.values()), stack, incumbent) == ({"retired"}, [], "base")
    assert campaign.state.headline is None


def test_at_the_end_every_change_of_a_larger_stack_is_left_out_once():
    campaign = Campaign(MIXED).begin().drive()
    asked = [step.experiment for step in campaign.asked if isinstance(step, Ablate)]
    assert asked == ["E01", "E04", "E06"]
    off = Campaign(MIXED, config=config(judge={"leave_one_out": False})).begin().drive()
    assert "Ablate" not in kinds(off)


def test_a_useless_change_is_retired_and_the_rest_is_measured_again():
    campaign = Campaign(MIXED, useless=frozenset({"E04"})).begin().drive()
    assert campaign.result[1:3] == (["E01", "E06"], "base+E01+E06")
    at = campaign.asked.index(Retire("E04", "worth nothing"))
    assert [type(step) for step in campaign.asked[at + 1 : at + 3]] == [Rebuild, MeasureStack]


# What may run beside what.


def state_before(kind, campaign=None):
    """A campaign, driven until a step of this kind is what is ready."""
    return (campaign or Campaign(MIXED)).begin().drive(before=kind)


def test_nothing_is_measured_before_the_worker_is_calibrated():
    campaign = Campaign(MIXED).begin()
    assert ready(campaign.state, CONFIG, ()) == (Calibrate("local"),)
    assert ready(campaign.state, CONFIG, (Calibrate("local"),)) == ()


@pytest.mark.parametrize("busy", [
    Calibrate("local"), Judge(("E09",), "local"), MeasureStack(1, "local"), Ablate("E09", "local"),
])  # fmt: skip
@pytest.mark.parametrize("kind", [Propose, Judge, MeasureStack])
def test_while_something_is_measured_nothing_else_runs(kind, busy):
    campaign = state_before(kind)
    assert ready(campaign.state, CONFIG, (busy,)) == ()


def test_agents_work_side_by_side_up_to_their_number_and_nothing_is_measured():
    four = config(agent={"parallel": 2}, run={"ideas_per_wave": 4})
    campaign = state_before(Propose, Campaign(MIXED, config=four))
    first = ready(campaign.state, four, ())
    assert first == (Propose("I01", 1), Propose("I02", 1))
    assert ready(campaign.state, four, first) == ()
    assert ready(campaign.state, four, first[:1]) == (Propose("I02", 1),)


def test_what_is_owed_comes_before_anything_else():
    campaign = state_before(Join)
    assert ready(campaign.state, CONFIG, ()) == (Join("E01"),)
    assert ready(campaign.state, CONFIG, (Judge(("E02",), "local"),)) == (Join("E01"),)
    assert ready(campaign.state, CONFIG, (Join("E01"),)) == ()


def test_a_change_judged_for_its_own_sake_joins_no_stack():
    campaign = state_before(Judge)
    campaign.events = [
        happened.ExperimentOpened(
            at=event.at, experiment=event.experiment, wave=event.wave, candidate=event.candidate,
            alone=True,
        ) if isinstance(event, happened.ExperimentOpened) else event
        for event in campaign.events
    ]  # fmt: skip
    campaign.drive(until=len(campaign.events) + 6)
    assert campaign.state.stack == []
    assert "Join" not in kinds(campaign)


def test_an_experiment_that_was_measured_is_judged_without_being_measured_again():
    campaign = state_before(Judge, Campaign(MIXED, config=config(measure={"shared_control": 1})))
    campaign.drive(until=len(campaign.events) + 2)
    assert isinstance(campaign.events[-1], happened.ExperimentMeasured)
    campaign.resume().drive()
    measured = [e for e in campaign.events if isinstance(e, happened.ExperimentMeasured)]
    assert [event.experiment for event in measured].count("E01") == 1


def judged(campaign):
    return [step.experiments for step in campaign.asked if isinstance(step, Judge)]


def test_candidates_that_wait_together_are_judged_in_blocks_of_three_times_as_many_as_share():
    truth = {f"I{n:02d}": "discarded" for n in range(1, 8)}
    for number, wanted in ((1, [1] * 7), (2, [6, 1]), (3, [7]), (16, [7])):
        settings = config(measure={"shared_control": number}, run={"ideas_per_wave": 7})
        campaign = Campaign(truth, config=settings).begin().drive()
        assert [len(block) for block in judged(campaign)] == wanted


def test_what_was_queued_again_is_judged_by_itself():
    four = config(run={"ideas_per_wave": 4})
    campaign = state_before(Judge, Campaign(MIXED, config=four))
    campaign.events.append(
        happened.ExperimentRequeued(at=campaign.clock, experiment="E02", reason="lost")
    )
    assert ready(campaign.state, four, ()) == (Judge(("E01", "E04"), "local"),)
    campaign.events.append(
        happened.ExperimentRequeued(at=campaign.clock, experiment="E01", reason="lost")
    )
    assert ready(campaign.state, four, ()) == (Judge(("E01",), "local"),)


def test_those_judged_for_their_own_sake_have_another_incumbent_than_the_rest():
    campaign = state_before(Judge)
    campaign.events = [
        replace(event, alone=event.experiment == "E01")
        if isinstance(event, happened.ExperimentOpened) else event
        for event in campaign.events
    ]  # fmt: skip
    assert ready(campaign.state, CONFIG, ()) == (Judge(("E01",), "local"),)


def test_an_idea_that_was_dropped_or_tried_is_not_proposed():
    campaign = Campaign(MIXED).begin().drive()
    asked = [step.idea for step in campaign.asked if isinstance(step, Propose)]
    assert sorted(asked) == sorted(MIXED)


def test_an_idea_added_late_waits_for_the_next_wave():
    from whet.model.idea import Idea

    campaign = state_before(CloseWave)
    late = Idea(id="I09", title="late")
    campaign.truth["I09"] = "kept"
    campaign.events.append(happened.IdeaAdded(at=campaign.clock, idea=late))
    campaign.drive()
    waves = [step.ideas for step in campaign.asked if isinstance(step, OpenWave)]
    assert waves == [("I01", "I02", "I03"), ("I04", "I05", "I06"), ("I07", "I08", "I09")]


# Where it stops.


@pytest.mark.parametrize(("sections", "code", "said"), [
    ({"run": {"max_experiments": 2}}, "experiments", "2 experiments were judged"),
    ({"run": {"max_waves": 1}}, "waves", "1 wave was run"),
    ({"run": {"hours": 0.1}}, "time", "0.1 h are used up"),
    ({"goal": {"target": 0.08}}, "target", "the goal of +8.0% is reached"),
    ({}, "done", "the queue of ideas is empty"),
])  # fmt: skip
def test_a_campaign_stops_at_its_limits(sections, code, said):
    campaign = Campaign(MIXED, config=config(**sections)).begin().drive()
    assert campaign.asked[-1] == Stop(code, said)
    assert campaign.state.stopped.code == code


def test_a_campaign_without_success_stops_after_dry_waves():
    none = dict.fromkeys((f"I{n:02d}" for n in range(1, 20)), "discarded")
    campaign = Campaign(none).begin().drive()
    assert campaign.asked[-1] == Stop("dry", "2 waves in a row without a kept change")
    assert len(campaign.state.waves) == 2
    never = Campaign(none, config=config(run={"stop_after_dry_waves": 0})).begin().drive()
    assert never.asked[-1].code == "done"


def test_dry_waves_count_only_in_a_row():
    truth = {f"I{n:02d}": "kept" if n == 5 else "discarded" for n in range(1, 20)}
    campaign = Campaign(truth).begin().drive()
    assert (len(campaign.state.waves), campaign.asked[-1].code) == (4, "dry")


def test_no_more_ideas_are_taken_than_experiments_are_left():
    campaign = Campaign(MIXED, config=config(run={"max_experiments": 4})).begin().drive()
    waves = [step.ideas for step in campaign.asked if isinstance(step, OpenWave)]
    assert [len(ideas) for ideas in waves] == [3, 2]
    assert len(campaign.state.experiments) == 4


def test_time_limits_count_from_the_start_of_this_run():
    campaign = Campaign(MIXED, config=config(run={"hours": 0.1})).begin().drive()
    state = campaign.state
    assert limit(state, campaign.config, 0.0).code == "time"
    assert limit(state, campaign.config, state.busy_seconds) is None


def test_the_goal_is_reached_only_by_a_stack_that_was_measured_as_it_is():
    campaign = state_before(
        CloseWave, Campaign({"I01": "kept"}, config=config(goal={"target": 0.05}))
    )
    assert limit(campaign.state, campaign.config, 0.0).code == "target"
    campaign.events.append(happened.IncumbentAdvanced(
        at=campaign.clock, experiment="", commit="other", previous="base+E01",
    ))  # fmt: skip
    assert limit(campaign.state, campaign.config, 0.0) is None


def test_a_campaign_that_stopped_is_ready_to_stop_again():
    campaign = Campaign(MIXED).begin().drive()
    assert ready(campaign.resume().state, CONFIG, ())[0].code == "done"


# A person decides.


def test_a_retried_experiment_is_judged_again_and_counted_once():
    campaign = Campaign({"I01": "discarded", "I02": "kept"}).begin().drive()
    campaign.resume().events.append(happened.PersonDecided(
        at=campaign.clock, experiment="E01", decision="retry", reason="",
    ))  # fmt: skip
    assert campaign.state.waves[1].judged == 1
    campaign.truth["I01"] = "kept"
    verdicts, stack, _, waves, _ = campaign.drive().result
    assert (verdicts["E01"], stack) == ("kept", ["E02", "E01"])
    assert waves == [(("I01", "I02"), 2, 2)]


def test_a_change_that_a_person_keeps_joins_the_stack():
    campaign = Campaign({"I01": "inconclusive"}).begin().drive()
    given = Verdict(kind="kept", code="person", reason="I looked", by="person")
    campaign.resume().events.append(
        happened.VerdictGiven(at=campaign.clock, experiment="E01", verdict=given)
    )
    assert ready(campaign.state, CONFIG, ()) == (Join("E01"),)
    assert campaign.drive().result[1] == ["E01"]
    assert campaign.state.headline.effect == gained(0.1)


def test_replaying_prefixes_one_event_at_a_time_is_replaying_them_whole():
    from whet.plan.replay import apply
    from whet.plan.state import State

    campaign = Campaign(MIXED).begin().drive()
    state = State()
    for number, event in enumerate(campaign.events, start=1):
        apply(state, event)
        assert state == replay(campaign.events[:number])


def test_changes_of_the_same_file_are_taken_over_one_after_the_other():
    """Each is merged with what was kept before it; others wait together and share a block."""
    files = {"I01": ("a.c",), "I02": ("a.c", "b.c"), "I03": ("c.c",)}
    campaign = Campaign({"I01": "kept", "I02": "discarded", "I03": "discarded"})
    campaign.begin()
    campaign.events = [
        replace(event, idea=replace(event.idea, commit="c", files=files[event.idea.id]))
        if isinstance(event, happened.IdeaAdded) else event
        for event in campaign.events
    ]  # fmt: skip
    perform = campaign.perform

    def with_files(step, state):
        for event in perform(step, state):
            if isinstance(event, happened.ExperimentOpened):
                changes = tuple(
                    Change(path=path, status="M", old_mode="100644", new_mode="100644", added=1,
                           removed=1)
                    for path in files[event.candidate.idea]
                )  # fmt: skip
                yield replace(event, candidate=replace(event.candidate, changes=changes))
            else:
                yield event

    campaign.perform = with_files
    asked = [step for step in campaign.drive().asked if isinstance(step, Propose | Judge | Join)]
    assert asked == [
        Propose("I01", 1),
        Propose("I03", 1),
        Judge(("E01", "E03"), "local"),
        Join("E01"),
        Propose("I02", 1),
        Judge(("E02",), "local"),
    ]


def read_at(campaign, *readers):
    """The readers have looked at the base before the first wave, and now."""
    for name in readers:
        campaign.events.append(ReaderFinished(
            at=campaign.clock, reader=name, evidence=1, ideas=0, effort=Effort(),
        ))  # fmt: skip
    return campaign


@pytest.mark.parametrize(("readers", "due"), [
    (("papers", "profile", "roofline"), ["profile", "roofline"]),
    (("papers", "roofline"), ["roofline"]),
    (("papers",), []),
])  # fmt: skip
def test_what_was_profiled_at_the_base_is_profiled_with_the_stack_before_the_end(readers, due):
    one_wave = config(run={"max_waves": 1})
    campaign = read_at(Campaign({"I01": "kept"}, one_wave).begin(), *readers)
    for name in due:
        campaign.drive(before=Read)
        assert ready(replay(campaign.events), one_wave, ()) == (Read(name),)
        campaign.clock += 60.0
        read_at(campaign, name)
    assert campaign.drive().asked[-1] == Stop("done", "the queue of ideas is empty")


@pytest.mark.parametrize(("truth", "changed"), [
    ("discarded", {}),
    ("kept", {"run": {"max_waves": 1, "hours": 0.02, "ideas_per_wave": 1}}),
    ("kept", {"run": {"max_waves": 1}, "research": {"every": "once"}}),
])  # fmt: skip
def test_without_a_stack_or_time_or_the_wish_nothing_is_profiled_at_the_end(truth, changed):
    wanted = config(**{"run": {"max_waves": 1}, **changed})
    campaign = Campaign({"I01": truth, "I02": truth}, wanted).begin()
    read_at(campaign, "profile", "roofline").drive()
    assert Read not in {type(step) for step in campaign.asked}
