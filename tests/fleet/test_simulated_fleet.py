"""Whole campaigns on rented machines that are not there, through the real driver and ledger."""

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

sys.path.append(str(Path(__file__).parent.parent / "campaign"))

from simulated import CONFIG, faster, judgements, kinds, opened, propose_all, site

from whet.errors import InfraError
from whet.model.config import Measure
from whet.model.event import ExperimentStarted
from whet.model.machine import MachineAsked, MachineGone, MachineReady
from whet.model.worker import WorkerConfig
from whet.plan import machines
from whet.plan.replay import replay
from whet.steps.drive import Driver
from whet.testing.executor import SimulatedExecutor
from whet.testing.fleet import Faults, SimulatedFleet, used
from whet.testing.virtual import VirtualClock, VirtualLoop

NONE = Faults()
TROUBLE = Faults(slow=0.1, refused=0.2, noisy=0.2, preempted=0.08, lost=0.05)


def drive(place, count, faults, **more):
    """The campaign on so many rented machines, in virtual time."""
    with opened(place, SimulatedExecutor()) as world:
        fleet = prepare(place, world, count, faults, **more)
        anyio.run(Driver(world).run, backend_options={"loop_factory": VirtualLoop})
        return world.state, fleet


def prepare(place, world, count, faults=NONE, *, alone=True, budget=0.0, workers=(), **more):
    workers = (WorkerConfig(name="x86", kind="sky", count=count), *workers)
    run = replace(place.config.run, budget=budget)
    world.config = replace(place.config, workers=workers, run=run)
    world.clock = VirtualClock(began=world.state.last + 1.0)
    fleet = SimulatedFleet(
        tell=world.record, clock=world.clock, faults=faults, left=machines.up(world.state), **more
    )
    world.executor = fleet
    if not world.state.experiments:
        propose_all(place, world, alone=alone)
    return fleet


def test_nothing_is_lost_and_nothing_judged_twice_whatever_goes_wrong(tmp_path):
    place = site(tmp_path, [faster(0.1 if n % 10 == 0 else 0.0) for n in range(40)])
    state, fleet = drive(place, 8, TROUBLE, seed=5)
    events = place.events
    assert "none" not in kinds(state)
    assert set(judgements(events).values()) == {1}
    assert kinds(state)[::10] == ["kept"] * 4
    assert fleet.up == {}, "a machine was left running"
    assert not machines.up(state)
    assert replay(events) == state
    ends = Counter(event.reason for event in events if isinstance(event, MachineGone))
    assert {"lost", "noisy", "failed", "ended"} <= ends.keys()
    again = Counter(e.experiment for e in events if isinstance(e, ExperimentStarted))
    assert max(again.values()) > 1, "no experiment lost its machine: the test shows nothing"


def test_workers_stay_busy_while_there_is_work(tmp_path):
    config = replace(CONFIG, measure=Measure(shared_control=1))
    place = site(tmp_path, [faster(0.0)] * 80, config)
    state, fleet = drive(place, 8, Faults())
    assert "none" not in kinds(state)
    began = max(e.at for e in place.events if isinstance(e, MachineReady))
    until = max(e.at for e in place.events if isinstance(e, ExperimentStarted))
    assert used(fleet.spells, 8, began + 120.0, until) > 0.95


def test_every_machine_is_in_the_ledger_before_it_is_launched(tmp_path):
    place = site(tmp_path, [faster(0.0)] * 6)
    state, _ = drive(place, 3, Faults(refused=0.3), seed=4)
    asked = [e.machine for e in place.events if isinstance(e, MachineAsked)]
    assert len(asked) == len(set(asked)) == len(state.machines)
    spent = machines.known_cost(state)
    assert 0.0 < spent < 1.0
    assert machines.known_cost(state, state.last + 3600.0) == spent, "all were given back"


def test_without_any_machine_the_run_ends_with_a_sentence_and_goes_on_later(tmp_path):
    place = site(tmp_path, [faster(0.1)] * 4)
    with pytest.raises(InfraError, match="3 machines in a row came to nothing: no capacity"):
        drive(place, 2, Faults(refused=1.0))
    assert place.state.stopped.code == "machines"
    state, _ = drive(place, 2, Faults())
    assert kinds(state) == ["kept"] * 4


@pytest.mark.parametrize("begun", [5, 11])
def test_a_driver_that_is_killed_goes_on_where_it_was_with_many_workers(tmp_path, begun):
    place = site(tmp_path, [faster(0.1 if n % 8 == 0 else 0.0) for n in range(16)])
    drive(place, 4, NONE, alone=False)
    path = place.folder / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    starts = [n for n, line in enumerate(lines) if b'"type":"experiment.started"' in line]
    path.write_bytes(b"".join(lines[: starts[begun] + 1]))
    cut = place.state
    assert len(machines.up(cut)) == 4, "no machine was up: the test shows nothing"
    assert any(one.status == "running" for one in cut.experiments.values())
    state, _ = drive(place, 4, NONE)
    assert set(judgements(place.events).values()) == {1}
    assert kinds(state) == ["kept" if n % 8 == 0 else "discarded" for n in range(16)]
    assert len(state.stack) == 2
    assert not machines.up(state)


def test_when_the_money_is_used_up_everything_stops_and_every_machine_is_given_back(tmp_path):
    place = site(tmp_path, [faster(0.0)] * 24)
    state, fleet = drive(place, 4, NONE, budget=0.05, price=6.0)
    assert state.stopped.code == "money"
    assert "$0.05 for agents and machines are used up" in state.stopped.reason
    assert fleet.up == {}
    assert {reason for _, reason in fleet.released} == {"cap"}
    assert 0.05 <= machines.known_cost(state) < 0.05 + 4 * 6.0 * 10 / 3600
    assert any(one.verdict is None for one in state.experiments.values())
    assert not any(one.status == "running" for one in state.experiments.values())
    again, fleet = drive(place, 4, NONE, budget=0.05, price=6.0)
    assert again.stopped.code == "money"
    assert len(again.machines) == len(state.machines), "nothing is launched without money"
    more, _ = drive(place, 4, NONE, budget=50.0, price=6.0)
    assert "none" not in kinds(more)


def test_a_price_that_nobody_knows_is_not_within_a_budget(tmp_path):
    place = site(tmp_path, [faster(0.0)] * 4)
    state, _ = drive(place, 1, NONE, budget=5.0, price=None)
    assert state.stopped.code == "money"
    assert "nobody knows what x86 costs an hour" in state.stopped.reason
    assert not machines.up(state)
