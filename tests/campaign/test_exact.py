"""Campaigns on a metric without noise, and on one that was only said to have none."""

from dataclasses import replace

import anyio
import pytest
from simulated import CONFIG, METRIC, faster, kinds, opened, run, site

from whet.errors import NotReady
from whet.model.metric import Goal
from whet.steps.drive import Driver
from whet.testing.executor import SimulatedExecutor
from whet.testing.noise import Machine

STEADY = Machine(
    name="steady", wander=0.0, wander_memory=0.0, launch=0.0, jitter=0.0, outlier_share=0.0,
    outlier=0.0,
)  # fmt: skip
EXACT = replace(CONFIG, goal=Goal(metric=METRIC, unit="B", exact=True))


def test_every_verdict_takes_two_pairs_and_is_right(tmp_path):
    place = site(tmp_path, [faster(0.10), faster(0.0), faster(0.021), faster(0.019)], EXACT)
    executor = SimulatedExecutor(machine=STEADY)
    state = run(place, executor)
    assert kinds(state) == ["kept", "discarded", "kept", "discarded"]
    assert {len(e.outcome.pairs) for e in state.experiments.values()} == {2}
    assert len(next(iter(state.calibrations.values())).outcome.pairs) == 2
    headline = state.headline
    assert headline.effect.estimate == pytest.approx(1.10 * 1.021 - 1)
    assert headline.effect.pairs == 2


def test_a_metric_that_is_not_exact_is_refused_before_anything_is_judged(tmp_path):
    place = site(tmp_path, [faster(0.10)], EXACT)
    with opened(place, SimulatedExecutor()) as world, pytest.raises(NotReady) as error:
        anyio.run(Driver(world).run)
    assert "declared exact" in error.value.message
    assert "whet config set goal.exact false" in error.value.message
