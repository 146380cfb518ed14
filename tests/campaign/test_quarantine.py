"""A machine that goes bad in the middle of a campaign: it is taken out, and nothing is believed."""

from collections.abc import Sequence
from dataclasses import replace

import anyio
import pytest
from simulated import CONFIG, faster, kinds, opened, propose_all, site

from whet.errors import NotReady
from whet.model.config import Measure
from whet.model.event import (
    CampaignStopped,
    ExperimentStarted,
    WorkerCalibrated,
    WorkerQuarantined,
    WorkerRestored,
)
from whet.plan.replay import replay
from whet.report.status import attention
from whet.steps.drive import Driver
from whet.testing.clock import SimulatedClock
from whet.testing.executor import SimulatedExecutor
from whet.testing.noise import MACHINES

WILD = replace(MACHINES["noisy"], name="wild", busy_share=0.0, jitter=0.5)
RESTLESS = replace(MACHINES["quiet"], name="restless", jitter=0.08)
QUIET = MACHINES["quiet"]


def measured(place, executor: SimulatedExecutor, clock: SimulatedClock):
    with opened(place, executor) as world:
        world.clock = clock
        if not world.state.experiments:
            propose_all(place, world)
        anyio.run(Driver(world).run)
        return world.state


def of(place, kind: type) -> Sequence:
    return [event for event in place.events if isinstance(event, kind)]


def test_a_machine_that_is_wild_at_first_is_waited_for(tmp_path):
    place, clock = site(tmp_path, [faster(0.1), faster(0.0)]), SimulatedClock()
    executor = SimulatedExecutor(seed=1, machine=WILD, spells={3: QUIET})
    state = measured(place, executor, clock)
    assert kinds(state) == ["kept", "discarded"]
    assert clock.slept == [30.0, 60.0]
    assert len(of(place, WorkerQuarantined)) == 2
    assert len(of(place, WorkerRestored)) == len(of(place, WorkerCalibrated)) == 1
    assert "was out once" in attention(state)[0]


def test_a_machine_that_stays_wild_ends_the_run_with_a_way_on(tmp_path):
    place, clock = site(tmp_path, [faster(0.1)]), SimulatedClock()
    executor = SimulatedExecutor(seed=2, machine=WILD)
    with pytest.raises(NotReady) as error:
        measured(place, executor, clock)
    assert error.value.exit_code == 3
    assert error.value.hint == ("see what else runs: `top`; then: `whet run --campaign simulated`")
    assert "local is not fit to measure, also after 15 min" in error.value.message
    assert sum(clock.slept) == 900.0
    state = place.state
    assert of(place, CampaignStopped)[-1].code == "error"
    assert "local is out since" in attention(state)[0]
    again = measured(place, SimulatedExecutor(seed=2), clock)
    assert kinds(again) == ["kept"]
    assert sum(clock.slept) == 900.0


def test_without_patience_a_wild_machine_ends_the_run_at_once(tmp_path):
    config = replace(CONFIG, measure=Measure(max_wait=0.0))
    place, clock = site(tmp_path, [faster(0.1)], config), SimulatedClock()
    with pytest.raises(NotReady, match="not fit to measure: A/A spread"):
        measured(place, SimulatedExecutor(machine=WILD), clock)
    assert clock.slept == []


def test_an_experiment_without_an_answer_for_its_machines_sake_is_measured_again(tmp_path):
    config = replace(CONFIG, measure=Measure(shared_control=1))
    place, clock = site(tmp_path, [faster(0.03), faster(0.0)], config), SimulatedClock()
    executor = SimulatedExecutor(seed=2, spells={2: RESTLESS, 3: QUIET})
    state = measured(place, executor, clock)
    assert kinds(state) == ["kept", "discarded"]
    assert [event.experiment for event in of(place, ExperimentStarted)] == ["E01", "E01", "E02"]
    (event,) = of(place, WorkerQuarantined)
    assert event.experiments == ("E01",)
    assert event.reason.startswith("E01: its pairs spread by")
    assert clock.slept == []
    assert len(of(place, WorkerRestored)) == 1
    assert attention(state)[0].endswith("measured again: E01")
    first, second = (e.seed for e in of(place, ExperimentStarted)[:2])
    assert first != second


def test_all_without_an_answer_in_one_block_are_measured_again(tmp_path):
    place, clock = site(tmp_path, [faster(0.03), faster(0.03), faster(-0.3)]), SimulatedClock()
    state = measured(place, SimulatedExecutor(seed=1, spells={2: RESTLESS, 3: QUIET}), clock)
    assert kinds(state) == ["kept", "kept", "discarded"]
    (event,) = of(place, WorkerQuarantined)
    assert event.experiments == ("E01", "E02")
    begun = [(event.experiment, len(event.beside)) for event in of(place, ExperimentStarted)]
    assert begun == [("E01", 2), ("E02", 2), ("E03", 2), ("E01", 1), ("E02", 1)]
    assert len(of(place, WorkerRestored)) == 1


def test_what_a_check_finds_bad_takes_its_undecided_experiments_with_it(tmp_path):
    """The first experiment is too small to be decided, and the check after it fails."""
    config = replace(CONFIG, measure=Measure(aa_every=3.0, pairs_max=12, shared_control=1))
    place, clock = site(tmp_path, [faster(0.03), faster(0.5)], config), SimulatedClock()
    cloud = replace(MACHINES["quiet"], jitter=0.025)
    executor = SimulatedExecutor(
        seed=1, machine=cloud, spells={3: WILD, 4: replace(cloud, jitter=0.003)}
    )
    state = measured(place, executor, clock)
    (event,) = of(place, WorkerQuarantined)
    assert event.experiments == ("E01",)
    assert "A/A spread" in event.reason
    assert kinds(state)[0] == "kept"
    assert state.quarantines[0].restored is not None


def test_a_machine_that_stays_noisier_than_it_was_is_taken_as_it_is(tmp_path):
    config = replace(CONFIG, measure=Measure(aa_every=3.0))
    place, clock = site(tmp_path, [faster(0.0), faster(0.5)], config), SimulatedClock()
    executor = SimulatedExecutor(seed=3, spells={3: replace(RESTLESS, jitter=0.05)})
    state = measured(place, executor, clock)
    assert sum(clock.slept) == 900.0
    assert kinds(state)[1] in ("kept", "inconclusive")
    assert of(place, WorkerQuarantined)[0].reason.endswith("times as before")


def test_a_run_killed_while_it_waits_checks_first_when_it_goes_on(tmp_path):
    place, clock = site(tmp_path, [faster(0.1)]), SimulatedClock()

    class Gone(BaseException):
        pass

    class Dying(SimulatedClock):
        async def sleep(self, seconds):
            raise Gone

    with pytest.raises(BaseExceptionGroup):
        measured(place, SimulatedExecutor(seed=1, machine=WILD), Dying())
    assert place.state.quarantine("local") is not None
    executor = SimulatedExecutor(seed=2)
    state = measured(place, executor, clock)
    assert executor.blocks[0][0].split(":")[-1].startswith("calibrate")
    assert clock.slept == []
    assert kinds(state) == ["kept"]
    assert replay(place.events) == state
