"""What giving up asks of others is in the ledger, so that every verdict can be found again."""

import math
import statistics
from dataclasses import replace

import pytest
from simulated import CONFIG, faster, run, site

from whet.judge.designing import design
from whet.judge.sequential import decide
from whet.model.config import Judge, Measure
from whet.model.event import ExperimentMeasured, ExperimentStarted, WorkerCalibrated
from whet.plan.replay import replay
from whet.steps.restlessness import usual_on
from whet.testing.executor import SimulatedExecutor
from whet.testing.noise import MACHINES

GAINS = [0.0] * 12 + [0.03] * 3 + [-0.05] * 3 + [0.0] * 6
FEW = replace(CONFIG, measure=Measure(shared_control=4), judge=Judge(leave_one_out=False))


@pytest.fixture(scope="module", params=["cloud", "noisy"])
def campaign(request, tmp_path_factory):
    place = site(tmp_path_factory.mktemp(request.param), [faster(one) for one in GAINS], FEW)
    run(place, SimulatedExecutor(machine=MACHINES[request.param], seed=2), proposed=True)
    return place


def test_every_verdict_is_found_again_from_the_ledger_alone(campaign):
    """The worker decided in a block; here each outcome is asked by itself."""
    noise, started, ended = None, {}, set()
    for event in campaign.events:
        if isinstance(event, WorkerCalibrated):
            noise = event.noise
        if isinstance(event, ExperimentStarted):
            started[event.experiment] = event
        if isinstance(event, ExperimentMeasured):
            begun, pairs = started[event.experiment], event.outcome.pairs
            plan = design(campaign.config, noise, begun.alpha, begun.usual)
            answers = [decide(plan, pairs[:n]).action for n in range(1, len(pairs) + 1)]
            assert set(answers[:-1]) <= {"continue"}
            ended.add(answers[-1])
    assert "futile" in ended
    assert "continue" not in ended
    assert any(pair.around for one in campaign.state.experiments.values() if one.outcome
               for pair in one.outcome.pairs)  # fmt: skip


def test_what_pairs_usually_spread_by_is_fixed_before_the_first_pair(campaign):
    events, told = campaign.events, []
    for place, event in enumerate(events):
        if isinstance(event, ExperimentStarted):
            assert event.usual == usual_on(replay(events[:place]), campaign.config, event.worker)
            told.append(event.usual)
    assert told[0] is None
    assert told[-1] is not None
    assert told[-1] == pytest.approx(plainly(campaign), rel=0.35)


def plainly(campaign):
    """A deviation without what is wild: that of the middle half of all residuals."""
    found = []
    for one in campaign.state.experiments.values():
        pairs = one.outcome.pairs if one.outcome else ()
        ratios = [math.log(p.a.values["seconds"] / p.b.values["seconds"]) for p in pairs]
        if len(ratios) > 2:
            middle = statistics.fmean(ratios)
            found += [r - middle for r in ratios]
    low, _, high = statistics.quantiles(found, n=4)
    return (high - low) / 1.349
