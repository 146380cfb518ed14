"""Workers that a person takes out while a campaign runs, and experiments that they end."""

import sys
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

sys.path.append(str(Path(__file__).parent.parent / "campaign"))
sys.path.append(str(Path(__file__).parent))

from simulated import CONFIG, faster, judgements, kinds, opened, site
from test_simulated_fleet import drive, prepare

from whet.errors import InfraError, Interrupted, NotReady, UserError
from whet.ledger import mail
from whet.model.config import Measure
from whet.model.event import ExperimentRequeued, ExperimentStarted, VerdictGiven
from whet.model.machine import MachineAsked, MachineGone, MachineReady
from whet.model.request import Drain, Pause, Readmit, Withdraw
from whet.model.worker import WorkerConfig
from whet.plan import machines
from whet.plan.replay import replay
from whet.steps.desk import answer
from whet.steps.drive import Driver
from whet.testing.executor import SimulatedExecutor
from whet.testing.fleet import Faults
from whet.testing.virtual import VirtualLoop


def told(place, count, when, request, **more):
    """The campaign, while somebody asks this when that has happened for the first time."""
    with opened(place, SimulatedExecutor()) as world:
        prepare(place, world, count, **more)
        sent = []

        def happened(event):
            if not sent and when(event):
                asked = request(event) if callable(request) else request
                sent.append(mail.send(world.ledger.folder, asked))

        world.told.append(happened)
        anyio.run(Driver(world).run, backend_options={"loop_factory": VirtualLoop})
        assert sent, "nothing was asked: the test shows nothing"
        return world.state


def starts(name):
    return lambda event: isinstance(event, ExperimentStarted) and event.worker == name


def after(place, kind):
    """What came after the first event of this kind."""
    events = place.events
    return events[next(n for n, one in enumerate(events) if isinstance(one, kind)) + 1 :]


def test_a_drained_worker_ends_its_block_gives_its_machine_back_and_gets_no_more(tmp_path):
    place = site(tmp_path, [faster(0.0)] * 24)
    state = told(place, 3, starts("x86-2"), Drain(worker="x86-2", reason="slow"))
    ends = [e for e in place.events if isinstance(e, MachineGone) and e.worker == "x86-2"]
    assert [one.reason for one in ends] == ["drained"]
    rest = [e for e in place.events if getattr(e, "at", 0) > ends[0].at]
    assert not [e for e in rest if isinstance(e, ExperimentStarted) and e.worker == "x86-2"]
    assert not [e for e in rest if isinstance(e, MachineAsked)]
    assert not [e for e in place.events if isinstance(e, ExperimentRequeued)]
    assert set(judgements(place.events).values()) == {1}
    assert "none" not in kinds(state)
    assert replay(place.events) == state


def test_a_stopped_worker_does_not_end_its_block_which_is_measured_elsewhere(tmp_path):
    place = site(tmp_path, [faster(0.0)] * 24)
    state = told(place, 3, starts("x86-2"), Drain(worker="x86-2", now=True))
    again = [e for e in place.events if isinstance(e, ExperimentRequeued)]
    assert again
    assert {one.reason for one in again} == {"x86-2 was stopped"}
    by = {e.experiment: e.worker for e in place.events if isinstance(e, ExperimentStarted)}
    assert all(by[one.experiment] != "x86-2" for one in again)
    assert set(judgements(place.events).values()) == {1}
    assert "none" not in kinds(state)


def test_a_replaced_worker_goes_on_with_another_machine_that_is_calibrated_first(tmp_path):
    config = replace(CONFIG, measure=Measure(shared_control=1))  # blocks of one
    place = site(tmp_path, [faster(0.0)] * 24, config)
    state = told(place, 2, starts("x86-1"), Drain(worker="x86-1", replace=True))
    had = [e.machine for e in place.events if isinstance(e, MachineReady) and e.worker == "x86-1"]
    assert len(set(had)) == 2
    assert state.machines[had[0]].reason == "drained"
    back = [e.at for e in place.events if isinstance(e, MachineReady) and e.machine == had[1]]
    later = [e for e in place.events if isinstance(e, ExperimentStarted) and e.worker == "x86-1"]
    assert any(one.at > back[0] for one in later), "it measured nothing on its new machine"
    assert state.drained == {}
    assert "none" not in kinds(state)


def test_when_all_are_drained_the_run_ends_says_so_and_goes_on_when_one_is_let_in(tmp_path):
    place = site(tmp_path, [faster(0.0)] * 8)
    with pytest.raises(InfraError, match="x86 drained by hand") as caught:
        told(place, 1, starts("x86"), Drain(worker="x86", now=True))
    assert caught.value.hint == "whet workers resume x86"
    with pytest.raises(InfraError, match="drained by hand"):
        drive(place, 1, Faults())
    with opened(place, SimulatedExecutor()) as world:
        prepare(place, world, 1)
        assert not answer(Readmit(worker="x86"), world).known
        assert answer(Readmit(worker="x86"), world).known
    state, _ = drive(place, 1, Faults())
    assert kinds(state) == ["discarded"] * 8


def test_a_machine_is_given_back_while_the_campaign_is_paused(tmp_path):
    place = site(tmp_path, [faster(0.0)] * 8)
    with opened(place, SimulatedExecutor()) as world:
        prepare(place, world, 2)
        folder = world.ledger.folder

        def happened(event):
            if isinstance(event, ExperimentStarted) and world.state.paused is None:
                mail.send(folder, Pause())
                mail.send(folder, Drain(worker="x86-2"))
            if isinstance(event, MachineGone):
                world.halted = "finish"

        world.told.append(happened)
        with pytest.raises(Interrupted):
            anyio.run(Driver(world).run, backend_options={"loop_factory": VirtualLoop})
    gone = [e for e in place.events if isinstance(e, MachineGone)]
    assert (gone[0].worker, gone[0].reason) == ("x86-2", "drained")


def test_a_cancelled_experiment_gets_no_machine_and_nothing_else_is_lost(tmp_path):
    config = replace(CONFIG, measure=Measure(shared_control=1))  # blocks of one
    place = site(tmp_path, [faster(0.1)] * 12, config)
    begun = []

    def cancel(event):
        begun.append(event)
        return Withdraw(by="somebody", experiment=event.experiment, reason="a typo")

    state = told(place, 2, starts("x86-1"), cancel)
    (name,) = (one.experiment for one in begun)
    verdict = state.experiments[name].verdict
    assert (verdict.kind, verdict.code, verdict.reason) == ("discarded", "withdrawn", "a typo")
    assert not [e for e in place.events if isinstance(e, ExperimentRequeued)]
    given = [e.experiment for e in place.events if isinstance(e, VerdictGiven)]
    assert len(given) == len(set(given)) == 12
    assert kinds(state).count("kept") == 11
    assert not machines.up(state)


def test_what_cannot_be_drained_is_one_sentence(tmp_path):
    place = site(tmp_path, [faster(0.0)] * 2)
    with opened(place, SimulatedExecutor()) as world:
        prepare(place, world, 2, workers=(WorkerConfig(),))
        with pytest.raises(UserError, match="there is no worker x; there is x86-1, x86-2, local"):
            answer(Drain(worker="x"), world)
        with pytest.raises(UserError, match="local is this machine"):
            answer(Drain(worker="local", replace=True), world)
        with pytest.raises(NotReady, match="x86-1 has no machine"):
            answer(Drain(worker="x86-1", replace=True), world)
        assert not answer(Drain(worker="local"), world).known
        assert answer(Drain(worker="local"), world).known
