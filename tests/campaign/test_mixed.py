"""Campaigns of all kinds of changes, proposed by an agent in waves, on machines that fail."""

from collections import Counter
from dataclasses import replace

import anyio
import pytest
from scipy.stats import binom
from simulated import CONFIG, claims, faster, judgements, kinds, opened, run, site

from whet.errors import InfraError
from whet.model.event import ExperimentRequeued, WaveClosed
from whet.steps.drive import Driver
from whet.steps.trials import ATTEMPTS
from whet.testing.executor import SimulatedExecutor
from whet.testing.noise import MACHINES

EIGHT = {
    "": "failed",  # the agent gave up
    faster(0.0): "discarded",
    faster(-0.05): "discarded",
    faster(0.10): "kept",
    faster(0.08): "kept",
    "fails build\n": "failed",
    "fails checks\n": "checks_failed",
    "fails run\n" + faster(0.30): "failed",
}
"""One wave of changes whose verdict is not in doubt on a quiet machine."""


def in_waves(of):
    return replace(CONFIG, run=replace(CONFIG.run, ideas_per_wave=of))


def test_every_kind_of_change_gets_the_verdict_it_deserves(tmp_path):
    place = site(tmp_path, list(EIGHT), in_waves(4))
    state = run(place, SimulatedExecutor(seed=1))
    assert kinds(state) == list(EIGHT.values())
    assert state.stack == ["E04", "E05"]
    assert claims(place, place.events) == [True, True]
    assert [e.kept for e in place.events if isinstance(e, WaveClosed)] == [1, 1]
    assert set(judgements(place.events).values()) == {1}


def test_a_lost_worker_is_never_held_against_a_candidate(tmp_path):
    place = site(tmp_path, list(EIGHT), in_waves(8))
    executor = SimulatedExecutor(seed=1, lost={2, 3, 5})
    state = run(place, executor)
    assert kinds(state) == list(EIGHT.values())
    requeued = Counter(e.experiment for e in place.events if isinstance(e, ExperimentRequeued))
    # the block of all, its first alone, then its second: nothing says which of them is to blame
    others = {f"E{number:02d}": 1 for number in range(4, 9)}
    assert requeued == {"E02": 2, "E03": 2} | others
    assert set(judgements(place.events).values()) == {1}
    assert executor.held == []


def test_a_worker_that_is_always_lost_stops_the_campaign_without_a_verdict(tmp_path):
    place = site(tmp_path, [faster(0.10)], CONFIG)
    executor = SimulatedExecutor(seed=1, lost=range(2, 2 + ATTEMPTS))
    with opened(place, executor) as world, pytest.raises(InfraError):
        anyio.run(Driver(world).run)
    assert kinds(place.state) == ["none"]
    assert place.state.stopped.code == "error"
    assert executor.held == []
    # the next start goes on with it
    assert kinds(run(place, executor)) == ["kept"]


def test_a_lost_calibration_or_measurement_of_the_stack_is_repeated(tmp_path):
    place = site(tmp_path, [faster(0.10)], CONFIG)
    state = run(place, SimulatedExecutor(seed=1, lost={1, 4, 6}))
    assert kinds(state) == ["kept"]
    assert claims(place, place.events) == [True]


def test_a_calibration_that_is_always_lost_stops_the_campaign(tmp_path):
    place = site(tmp_path, [faster(0.10)], CONFIG)
    executor = SimulatedExecutor(seed=1, lost=range(1, 1 + ATTEMPTS))
    with opened(place, executor) as world, pytest.raises(InfraError):
        anyio.run(Driver(world).run)
    assert place.state.stopped.code == "error"
    assert kinds(run(place, executor)) == ["kept"]


CLAIM = 0.95


@pytest.mark.slow
def test_the_interval_claimed_for_the_stack_holds_the_truth(tmp_path):
    """Every wave keeps something and so ends with a claim: 8 claims on each machine."""
    held = []
    for name, machine in MACHINES.items():
        (tmp_path / name).mkdir()
        place = site(tmp_path / name, [faster(0.06), faster(0.0)] * 8, in_waves(2))
        run(place, SimulatedExecutor(machine=machine, seed=2))
        held += claims(place, place.events)
    assert len(held) >= 30
    assert sum(held) >= binom.ppf(0.001, len(held), CLAIM)
