"""Many workers: who measures what, who is checked first, and what must never meet."""

from dataclasses import replace

import pytest

from support.planned import OUTCOME, Campaign, config
from whet.model import event as happened
from whet.model.idea import Idea
from whet.model.machine import MachineAsked, MachineGone, MachineReady
from whet.model.worker import WorkerConfig
from whet.plan.placing import disturbs
from whet.plan.ready import ready
from whet.plan.step import (
    Ablate,
    Calibrate,
    CloseWave,
    Join,
    Judge,
    MeasureStack,
    OpenWave,
    Propose,
    Retire,
    Stop,
)
from whet.testing.events import MACHINE, NOISE

CLOUD = WorkerConfig(name="x86", kind="sky", count=4)
FOUR = (CLOUD,)


def truth(count, kind="discarded"):
    return {f"I{n:02d}": kind for n in range(1, count + 1)}


def fleet(count, workers=FOUR, fit=("x86-1", "x86-2", "x86-3", "x86-4"), kind="discarded", **more):
    """A campaign with so many candidates that wait, and some workers that are calibrated."""
    sections = {"run": {"ideas_per_wave": 50}, "agent": {"parallel": 50}, **more}
    settings = replace(config(**sections), workers=workers)
    campaign = Campaign(truth(count, kind), config=settings).begin()
    for name in fit:
        calibrated(campaign, name)
    campaign.events.append(
        happened.WaveOpened(at=campaign.clock, wave=1, ideas=tuple(campaign.truth))
    )
    for name in campaign.truth:
        campaign.events += campaign.perform(Propose(name, 1), campaign.state)
    return campaign


def calibrated(campaign, name):
    campaign.events.append(happened.WorkerCalibrated(
        at=campaign.clock, worker=name, fingerprint=MACHINE, noise=NOISE, outcome=OUTCOME,
    ))  # fmt: skip


def next_steps(campaign, *running, **more):
    return ready(campaign.state, campaign.config, running, **more)


def test_candidates_are_spread_over_all_workers_instead_of_sharing_one():
    assert next_steps(fleet(4)) == tuple(Judge((f"E0{n}",), f"x86-{n}") for n in range(1, 5))
    blocks = [step.experiments for step in next_steps(fleet(8))]
    assert blocks == [("E01", "E02"), ("E03", "E04"), ("E05", "E06"), ("E07", "E08")]
    assert [len(step.experiments) for step in next_steps(fleet(40))] == [10] * 4


def test_a_candidate_is_given_to_one_worker_only():
    campaign = fleet(3)
    first = next_steps(campaign)
    assert len(first) == 3
    assert next_steps(campaign, *first) == ()
    assert next_steps(campaign, *first[1:]) == (Judge(("E01",), "x86-1"),)


def test_workers_are_calibrated_beside_one_another_when_there_is_work_for_them():
    campaign = fleet(3, fit=())
    steps = next_steps(campaign)
    assert steps == tuple(Calibrate(f"x86-{n}") for n in range(1, 4))
    assert next_steps(campaign, *steps) == ()
    calibrated(campaign, "x86-2")
    assert next_steps(campaign, steps[0], steps[2]) == (Judge(("E01",), "x86-2"),)


def test_only_one_machine_is_asked_for_before_there_is_work():
    settings = replace(config(agent={"kind": "none"}), workers=FOUR)
    campaign = Campaign(truth(8), config=settings).begin()
    assert next_steps(campaign) == (Calibrate("x86-1"),)


def test_machines_are_asked_for_while_agents_write_as_many_as_will_be_needed():
    settings = replace(config(agent={"parallel": 2}), workers=FOUR)
    campaign = Campaign(truth(8), config=settings).begin()
    calibrated(campaign, "x86-1")
    assert next_steps(campaign) == (OpenWave(1, ("I01", "I02", "I03")),)
    campaign.events += campaign.perform(OpenWave(1, ("I01", "I02", "I03")), campaign.state)
    assert next_steps(campaign) == (Propose("I01", 1), Propose("I02", 1), Calibrate("x86-2"))


def test_every_worker_has_a_clock_of_its_own_for_its_checks():
    campaign = fleet(2, measure={"aa_every": 500.0})
    campaign.clock += 600.0
    calibrated(campaign, "x86-2")
    assert next_steps(campaign) == (
        Calibrate("x86-1"), Judge(("E01",), "x86-2"),
    )  # fmt: skip


def machine(campaign, worker, *, gone=""):
    at, name = campaign.clock, f"{worker}-m{len(campaign.events)}"
    campaign.events.append(MachineAsked(at=at, worker=worker, machine=name, kind="sky"))
    if gone == "failed":
        campaign.events.append(
            MachineGone(at=at, worker=worker, machine=name, reason="failed", detail="no capacity")
        )
        return
    campaign.events.append(MachineReady(at=at, worker=worker, machine=name, price=0.5))
    calibrated(campaign, worker)
    if gone:
        campaign.events.append(MachineGone(at=at, worker=worker, machine=name, reason=gone))


def test_a_worker_whose_machine_was_lost_is_calibrated_on_the_next_one():
    campaign = fleet(8, fit=("x86-2", "x86-3", "x86-4"))
    machine(campaign, "x86-1", gone="lost")
    steps = next_steps(campaign)
    assert [step.worker for step in steps] == ["x86-2", "x86-3", "x86-4", "x86-1"]
    assert steps[-1] == Calibrate("x86-1")


def test_a_worker_without_machines_is_given_up_and_the_others_go_on():
    campaign = fleet(4, fit=("x86-2",))
    for _ in range(3):
        machine(campaign, "x86-1", gone="failed")
    steps = next_steps(campaign)
    assert steps[0] == Judge(("E01", "E02"), "x86-2")
    assert Calibrate("x86-1") not in steps


def test_without_any_machine_the_run_stops_and_says_why():
    campaign = fleet(1, workers=(replace(CLOUD, count=1),), fit=())
    for _ in range(3):
        machine(campaign, "x86", gone="failed")
    why = "no worker is left: 3 machines in a row came to nothing: no capacity"
    assert next_steps(campaign) == (Stop("machines", why),)
    campaign.resume()
    assert next_steps(campaign) == (Calibrate("x86"),)


def test_what_lost_its_machine_often_waits_until_nothing_else_does():
    campaign = fleet(6, fit=("x86-1",), workers=(replace(CLOUD, count=1),))
    campaign.config = replace(campaign.config, workers=(WorkerConfig(name="x86-1", kind="sky"),))
    for _ in range(3):
        campaign.events.append(
            happened.ExperimentRequeued(at=campaign.clock, experiment="E01", reason="lost")
        )
    assert next_steps(campaign) == (Judge(("E02", "E03", "E04", "E05", "E06"), "x86-1"),)


def test_a_kept_change_joins_while_others_are_measured():
    campaign = fleet(4, kind="kept")
    steps = next_steps(campaign)
    campaign.events += campaign.perform(steps[0], campaign.state)
    assert next_steps(campaign, *steps[1:]) == (Join("E01"),)
    assert next_steps(campaign, *steps[1:], Join("E01")) == ()


def finished(count=2, **more):
    """A wave whose candidates were all kept, each on a worker of its own."""
    campaign = fleet(count, kind="kept", **more)
    for step in next_steps(campaign):
        campaign.events += campaign.perform(step, campaign.state)
    for name in list(campaign.state.experiments):
        campaign.events += campaign.perform(Join(name), campaign.state)
    return campaign


def test_the_stack_is_measured_on_a_worker_that_chose_nothing_in_it():
    campaign = finished(2)
    assert next_steps(campaign) == (MeasureStack(1, "x86-3"),)
    assert next_steps(campaign, Calibrate("x86-3")) == (MeasureStack(1, "x86-4"),)
    assert next_steps(campaign, MeasureStack(1, "x86-3")) == ()


def test_a_calibration_elsewhere_does_not_hold_up_the_end_of_a_wave():
    campaign = finished(2)
    campaign.events += campaign.perform(MeasureStack(1, "x86-3"), campaign.state)
    assert next_steps(campaign, Calibrate("x86-4")) == (CloseWave(1),)


def test_a_machine_that_comes_too_late_does_not_hold_up_the_end_of_a_run():
    campaign = finished(1)
    for step in (MeasureStack(1, "x86-3"), CloseWave(1)):
        campaign.events += campaign.perform(step, campaign.state)
    (step,) = next_steps(campaign, Calibrate("x86-4"))
    assert step == Stop("done", "the queue of ideas is empty")


def test_a_check_before_the_last_questions_is_waited_for():
    campaign = finished(2)
    for step in (MeasureStack(1, "x86-4"), CloseWave(1)):
        campaign.events += campaign.perform(step, campaign.state)
    asked = tuple(Calibrate(f"x86-{number}") for number in range(1, 5))
    assert next_steps(campaign, *asked) == ()


def test_agents_work_on_where_this_machine_is_not_fit_to_measure():
    campaign = fleet(1, workers=(WorkerConfig(name="local"),), fit=())
    campaign.events.append(happened.IdeaAdded(at=campaign.clock, idea=Idea(id="I90", title="t")))
    campaign.events.append(happened.WaveOpened(at=campaign.clock, wave=2, ideas=("I90",)))
    assert next_steps(campaign) == (Propose("I90", 2),)


def test_changes_are_left_out_beside_one_another_each_where_it_was_not_chosen():
    campaign = finished(3)
    for step in (MeasureStack(1, "x86-4"), CloseWave(1)):
        campaign.events += campaign.perform(step, campaign.state)
    steps = next_steps(campaign)
    assert [step.experiment for step in steps] == ["E01", "E02", "E03"]
    assert len({step.worker for step in steps}) == 3
    for step in steps:
        assert campaign.state.experiments[step.experiment].started.worker != step.worker


def test_two_that_do_the_same_are_not_both_thrown_away():
    """Each is worth nothing beside the other: when one has left, the other is asked again."""
    campaign = finished(2)
    for step in (MeasureStack(1, "x86-4"), CloseWave(1)):
        campaign.events += campaign.perform(step, campaign.state)
    campaign.useless = frozenset({"E01", "E02"})
    both = next_steps(campaign)
    campaign.events += campaign.perform(both[0], campaign.state)
    assert next_steps(campaign, both[1]) == (), "the other answer is about this stack, too"
    campaign.events += campaign.perform(both[1], campaign.state)
    asked = []
    while not isinstance((steps := next_steps(campaign))[0], Ablate | Stop):
        asked += steps
        campaign.events += campaign.perform(steps[0], campaign.state)
    assert [step.experiment for step in asked if isinstance(step, Retire)] == ["E01"]
    assert campaign.state.stack == ["E02"]


def test_a_verdict_that_was_not_given_any_more_is_given_without_a_machine():
    campaign = fleet(2, fit=())
    started = next(campaign.perform(Judge(("E01",), "x86-3"), campaign.state))
    campaign.events += [
        started, happened.ExperimentMeasured(at=campaign.clock, experiment="E01", outcome=OUTCOME)
    ]  # fmt: skip
    assert next_steps(campaign) == (Judge(("E01",), "x86-3"),)


@pytest.mark.parametrize(("one", "other", "wanted"), [
    ({}, {"name": "b"}, True),
    ({"cpus": "0-1"}, {"name": "b", "cpus": "2-3"}, False),
    ({"cpus": "0-2"}, {"name": "b", "cpus": "2-3"}, True),
    ({"cpus": "0"}, {"name": "b"}, True),
    ({}, {"name": "b", "kind": "sky"}, False),
])  # fmt: skip
def test_workers_of_one_machine_disturb_one_another_unless_their_cores_are_apart(
    one, other, wanted
):
    assert disturbs(WorkerConfig(**one), WorkerConfig(**other)) is wanted


def test_this_machine_measures_one_thing_at_a_time_and_others_go_on():
    workers = (WorkerConfig(), WorkerConfig(name="b"), WorkerConfig(name="c", kind="sky"))
    campaign = fleet(4, workers=workers, fit=("local", "b", "c"))
    steps = next_steps(campaign)
    assert steps == (Judge(("E01", "E02"), "local"), Judge(("E03", "E04"), "c"))


def test_agents_write_while_it_is_measured_elsewhere_but_not_while_it_is_here():
    workers = (WorkerConfig(), WorkerConfig(name="c", kind="sky"))
    campaign = fleet(2, workers=workers, fit=("local", "c"), agent={"parallel": 1})
    campaign.events = [
        event for event in campaign.events
        if not (isinstance(event, happened.ExperimentOpened) and event.experiment == "E02")
    ]  # fmt: skip
    here, there = Judge(("E01",), "local"), Judge(("E01",), "c")
    assert next_steps(campaign) == (Propose("I02", 1), there)
    assert next_steps(campaign, there) == (Propose("I02", 1),)
    assert next_steps(campaign, here) == ()
    assert next_steps(campaign, here, apart=True) == (Propose("I02", 1),)
    assert next_steps(campaign, Propose("I02", 1)) == (there,)
    assert next_steps(campaign, Propose("I02", 1), apart=True) == (here,)
