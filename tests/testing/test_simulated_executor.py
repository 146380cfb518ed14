"""The simulated machine: its noise, its truth, and the ways in which it fails on purpose."""

import math
from dataclasses import replace
from statistics import median

import anyio
import numpy as np
import pytest

from whet.errors import WorkerLost
from whet.model.trial import Block
from whet.testing.contract import DESIGN
from whet.testing.executor import SimulatedExecutor
from whet.testing.ground import BASE, METRIC, commit, ground
from whet.testing.noise import MACHINES, log_ratios
from whet.testing.program import Program, described, from_trees
from whet.testing.weather import TREND_TURNS, Weather


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    return ground(tmp_path_factory.mktemp("ground"))


def robust_sd(values):
    middle = median(values)
    return 1.4826 * median(abs(value - middle) for value in values)


@pytest.mark.parametrize("name", MACHINES)
def test_the_endless_noise_is_that_of_the_single_experiments(name):
    weather, chance = Weather(MACHINES[name], 1), np.random.default_rng(1)
    single = log_ratios(chance, MACHINES[name], experiments=400, pairs=40).ravel()
    endless = [weather.invocation() - weather.invocation() for _ in range(16_000)]
    assert robust_sd(endless) == pytest.approx(robust_sd(single), rel=0.06)
    assert np.percentile(np.abs(endless), 99) == pytest.approx(
        np.percentile(np.abs(single), 99), rel=0.15
    )


def test_a_slow_spell_outlives_the_experiment_it_began_in():
    weather = Weather(MACHINES["cloud"], 1)
    levels = [median(weather.invocation() for _ in range(10)) for _ in range(4000)]
    assert np.corrcoef(levels[:-1], levels[1:])[0, 1] > 0.5


def test_a_machine_that_drifts_turns_around():
    weather = Weather(MACHINES["drift"], 1)
    seen = [weather.invocation() for _ in range(5000)]
    assert max(seen) - min(seen) > 2 * TREND_TURNS
    assert abs(median(seen)) < TREND_TURNS


def test_gains_of_several_files_multiply():
    program = described(["seconds 0.10", "", "rss -0.5", "seconds 0.20"])
    assert program.gain("seconds") == pytest.approx(math.log(1.1 * 1.2))
    assert program.gain("rss") == pytest.approx(math.log(0.5))
    assert program.gain("unknown") == 0.0


@pytest.mark.parametrize("line", ["seconds", "seconds much", "seconds 0.1 0.2", "fails often"])
def test_a_line_that_says_nothing_known_is_an_error(line):
    with pytest.raises(ValueError, match=r"."):
        described([line])


def answer(executor, target, **changes):
    async def go():
        async with executor.lease("local") as worker:
            spec = target.spec("t", b=target.faster, mode="fixed")
            spec = replace(spec, **({"pairs": 40} | changes))
            return (await worker.run(Block(trials=(spec,)), target.store.path, lambda _: None))[0]

    return anyio.run(go)


def ratios(outcome, metric=METRIC):
    return [math.log(p.a.values[metric] / p.b.values[metric]) for p in outcome.pairs]


def test_the_true_effect_comes_from_the_files_of_the_trees(target):
    outcome = answer(SimulatedExecutor(seed=1), target)
    assert median(ratios(outcome)) == pytest.approx(math.log(1.2), abs=0.005)
    assert set(ratios(outcome, "size")) == {0.0}


def test_the_true_effect_can_be_given_by_tree(target):
    known = {target.store.tree(target.same): Program(gains={METRIC: 0.5})}
    executor = SimulatedExecutor(seed=1, truth=from_trees(known))
    assert median(ratios(answer(executor, target, b=target.same))) == pytest.approx(0.5, abs=0.005)
    assert median(ratios(answer(executor, target))) == pytest.approx(0.0, abs=0.005)


def test_a_metric_may_be_one_where_more_is_better(target):
    outcome = answer(SimulatedExecutor(seed=1, higher={METRIC}), target)
    assert median(ratios(outcome)) == pytest.approx(-math.log(1.2), abs=0.005)


def test_the_noise_of_one_trial_goes_on_in_the_next(target):
    one, other = SimulatedExecutor(seed=1), SimulatedExecutor(seed=1)
    first = answer(one, target, pairs=3).pairs + answer(one, target, pairs=3).pairs
    whole = answer(other, target, pairs=6).pairs
    # warm-up takes two invocations before the second trial begins
    assert first[:3] == whole[:3]
    assert first[3:] != whole[3:]
    assert answer(SimulatedExecutor(seed=1), target, pairs=6).pairs == whole


def test_a_worker_is_lost_in_the_trial_named_and_given_back(target):
    executor = SimulatedExecutor(lost={2})
    assert answer(executor, target).fault is None
    with pytest.raises(WorkerLost):
        answer(executor, target)
    assert executor.held == []
    assert len(answer(executor, target).pairs) == 40
    assert executor.blocks == [("t",)] * 3


def test_a_slow_worker_can_be_cancelled_and_is_given_back(target):
    executor = SimulatedExecutor(pause=3600)

    async def go():
        with anyio.CancelScope() as scope:
            async with executor.lease("local") as worker:
                spec = target.spec("t", b=target.faster)
                block = Block(trials=(spec,))
                await worker.run(block, target.store.path, lambda _: scope.cancel())
        return scope.cancelled_caught

    assert anyio.run(go)
    assert executor.held == []


def test_equal_trees_are_identical_unless_a_measurement_is_asked_for(target):
    judged = {"mode": "judge", "design": DESIGN, "b": target.base}
    assert answer(SimulatedExecutor(), target, **judged).identical
    assert answer(SimulatedExecutor(), target, **judged, distinct=True).pairs


def test_a_bundle_is_as_good_as_a_store(target, tmp_path):
    path = tmp_path / "travel.bundle"
    target.store.bundle({"base": target.base, "b": target.faster}, path)
    executor = SimulatedExecutor(seed=1)

    async def go():
        async with executor.lease("local") as worker:
            spec = replace(target.spec("t", b=target.faster, mode="fixed"), pairs=4)
            return (await worker.run(Block(trials=(spec,)), path, lambda _: None))[0]

    assert min(ratios(anyio.run(go))) > 0.1


def test_a_file_outside_of_effects_makes_another_tree_as_fast(target):
    other = commit(target.store, {**BASE, "note": "nothing\n"})
    assert target.store.tree(other) != target.store.tree(target.base)
    outcome = answer(SimulatedExecutor(seed=1), target, b=other)
    assert median(ratios(outcome)) == pytest.approx(0.0, abs=0.005)
