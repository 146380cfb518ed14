"""Winners on other machines: where they help, and what a machine may object to."""

import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent / "campaign")]

from simulated import CONFIG, faster, kinds, site
from test_simulated_fleet import NONE, drive

from support.planned import Campaign, config, gained
from whet.model.guarding import GuardMeasured
from whet.model.metric import Guard
from whet.model.trial import Invocation, Pair, Stage
from whet.model.worker import WorkerConfig
from whet.plan.ready import ready
from whet.plan.step import Join, MeasureGuard, Rebuild, Retire, Stop
from whet.report import fleet
from whet.report.document import report
from whet.report.markdown import report as markdown
from whet.steps.guarding import found
from whet.testing.events import outcome
from whet.testing.program import Program, from_files

ARM = WorkerConfig(name="arm", kind="sky", role="guard")
TWO = {"I01": "kept", "I02": "kept"}


def guarded(worker=ARM, truth=TWO):
    settings = replace(config(), workers=(WorkerConfig(), worker))
    return Campaign(truth, config=settings).begin()


def said(campaign, name, *, holds=True, effect=0.03):
    state = campaign.state
    campaign.events.append(GuardMeasured(
        at=campaign.clock, worker="arm", experiment=name, a="a", b=state.incumbent,
        effect=gained(effect), guards=(), holds=holds, detail="" if holds else "slower here",
        outcome=None,
    ))  # fmt: skip
    return campaign


def test_a_kept_change_is_measured_on_every_guard_machine_and_holds_nothing_up():
    campaign = guarded().drive(before=Join)
    campaign.events += campaign.perform(Join("E01"), campaign.state)
    campaign.events += campaign.perform(Join("E02"), campaign.state)
    steps = ready(campaign.state, campaign.config, ())
    assert steps[0] == MeasureGuard("E01", "arm")
    assert [type(step).__name__ for step in steps] == ["MeasureGuard", "MeasureStack"]
    after = said(campaign, "E01")
    assert ready(after.state, after.config, ())[0] == MeasureGuard("E02", "arm")


def finished(worker=ARM):
    """All is judged; only guard machines have something to do."""
    campaign = guarded(worker)
    steps = ()
    while not steps or not isinstance(steps[-1], Stop):
        steps = ready(campaign.state, campaign.config, ())
        others = [step for step in steps if not isinstance(step, MeasureGuard)]
        if not others:
            return campaign
        if not isinstance(others[0], Stop):
            campaign.events += campaign.perform(others[0], campaign.state)
    return campaign


def test_the_run_ends_when_guard_machines_have_said_what_they_can():
    campaign = finished()
    assert ready(campaign.state, campaign.config, ()) == (MeasureGuard("E01", "arm"),)
    assert ready(campaign.state, campaign.config, (MeasureGuard("E01", "arm"),)) == ()
    said(said(campaign, "E01"), "E02")
    assert ready(campaign.state, campaign.config, ()) == (MeasureGuard("", "arm"),)
    said(campaign, "")
    assert isinstance(ready(campaign.state, campaign.config, ())[0], Stop)


def test_a_guard_machine_decides_nothing_unless_it_is_required():
    campaign = said(finished(), "E02", holds=False, effect=-0.05)
    assert ready(campaign.state, campaign.config, ()) == (MeasureGuard("E01", "arm"),)
    assert campaign.state.stack == ["E01", "E02"]


def test_what_gets_worse_on_a_required_machine_leaves_the_stack_and_waits_for_a_person():
    campaign = said(finished(replace(ARM, required=True)), "E02", holds=False, effect=-0.05)
    wanted = Retire("E02", "on arm: slower here", held=True)
    assert ready(campaign.state, campaign.config, ()) == (wanted,)
    campaign.events += campaign.perform(wanted, campaign.state)
    assert campaign.state.stack == ["E01"]
    assert ready(campaign.state, campaign.config, ()) == (Rebuild(),)


def seen(b_goal, b_size=1.0, **keys):
    """What a machine says whose second side takes so long, and is so large."""
    settings = replace(
        config(), guard=(Guard(metric="size", max_loss=0.05),),
    )  # fmt: skip
    pairs = tuple(
        Pair(first="a", a=Invocation(values={"seconds": 1.0 + n / 500, "size": 1.0}, wall=1.0),
             b=Invocation(values={"seconds": b_goal + n / 500, "size": b_size}, wall=1.0))
        for n in range(8)
    )  # fmt: skip
    taken = replace(outcome("x", 1, random.Random(1)), pairs=pairs)
    return found(settings, replace(ARM, **keys), taken)


def test_a_change_holds_where_it_helps_or_does_not_harm_by_more_than_is_allowed():
    assert seen(0.9)[2:] == (True, "")
    assert seen(1.01)[2:] == (True, "")
    effect, _, holds, detail = seen(1.1)
    assert effect.estimate < 0
    assert (holds, detail) == (False, "seconds gets worse by 9.0%, 2.0% are allowed")
    assert seen(1.1, guards={"seconds": 0.2})[2] is True


def test_a_machine_has_limits_of_its_own():
    assert seen(0.9, 1.04)[2] is True
    assert seen(0.9, 1.04, guards={"size": 0.01})[2] is False
    assert "size gets worse by" in seen(0.9, 1.2)[3]


@pytest.mark.parametrize(("fault", "holds", "detail"), [
    ("incumbent", True, "nothing to say: without the change it fails: no compiler"),
    ("exit", False, "it fails: no compiler"),
])  # fmt: skip
def test_a_machine_on_which_the_base_fails_has_nothing_to_say(fault, holds, detail):
    stage = Stage(name="build_b", ok=False, seconds=1.0, fault=fault, detail="no compiler")
    ended = replace(outcome("x", 0, random.Random(1)), stages=(stage,))
    assert found(config(), ARM, ended) == (None, (), holds, detail)


def test_a_whole_campaign_tells_where_each_change_helps(tmp_path):
    place = site(tmp_path, [faster(0.1), faster(0.0)], CONFIG)
    guard = replace(ARM, name="arm")
    state, _ = drive(place, 2, NONE, alone=False, workers=(guard,), seed=3)
    assert kinds(state) == ["kept", "discarded"]
    assert [(name, one.holds) for (name, _), one in state.guarded.items()] == [("E01", True)]
    head, row = fleet.helps(state)
    assert head[2] == "arm"
    assert row[0].startswith("E01 ")
    assert row[2].startswith(("+9", "+10"))
    assert fleet.money(state).endswith("for each kept change")
    written = markdown(state)
    assert "Where it helps, on machines that decide nothing" in written
    assert "It took $" in written
    told = report(state, "h")
    assert told["guard_measurements"][0]["holds"] is True
    assert {one["worker"] for one in told["machines"]} == {"x86-1", "x86-2", "arm"}
    assert told["cost_usd"]["machines"] > 0


def test_a_change_that_harms_a_required_machine_waits_for_a_person(tmp_path):
    place = site(tmp_path, [faster(0.1)], CONFIG)

    def truth(store, commit):
        found = from_files(store, commit)
        gain = found.gain("seconds")
        return Program(gains={"seconds": -gain})

    guard = replace(ARM, required=True)
    state, _ = drive(
        place, 1, NONE, alone=False, workers=(guard,), truths={"arm": truth}, seed=3
    )  # fmt: skip
    assert kinds(state) == ["retired"]
    held = state.experiments["E01"].verdict.held
    assert held.startswith("on arm: seconds gets worse by")
    assert state.stack == []
