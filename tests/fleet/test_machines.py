"""Machines in the ledger: what is up, what it costs, and whose turn it is after a loss."""

import anyio
import pytest

from whet.config.load import load
from whet.executors.routing import Routing
from whet.model.event import CampaignResumed, WorkerCalibrated
from whet.model.machine import MachineAsked, MachineGone, MachineReady
from whet.model.worker import WorkerConfig, expanded, here, measuring
from whet.plan import machines
from whet.plan.replay import apply, replay
from whet.report.log import log_line, plain_event
from whet.report.span import plain
from whet.testing.events import MACHINE, NOISE, campaign
from whet.testing.executor import SimulatedExecutor

EVENTS = tuple(campaign(2))
HOUR = 3600.0


def started(*more):
    state = replay(EVENTS)
    for event in more:
        apply(state, event)
    return state


def asked(name, worker="x86-1", at=0.0):
    return MachineAsked(at=at, worker=worker, machine=name, kind="sky", what="2 CPUs on aws")


def ready(name, worker="x86-1", at=0.0, price=0.5):
    return MachineReady(at=at, worker=worker, machine=name, where="aws us-east-1a", price=price)


def gone(name, worker="x86-1", at=0.0, reason="ended"):
    return MachineGone(at=at, worker=worker, machine=name, reason=reason)


def test_a_machine_costs_from_when_it_is_had_until_it_is_given_back():
    state = started(
        asked("m1"), ready("m1", at=HOUR), gone("m1", at=3 * HOUR), asked("m2"),
        ready("m2", at=4 * HOUR),
    )  # fmt: skip
    assert machines.known_cost(state, 5 * HOUR) == pytest.approx(1.5)
    assert [one.name for one in machines.up(state)] == ["m2"]
    assert machines.rate(state) == 0.5


def test_what_was_never_had_costs_nothing_and_an_unknown_price_is_not_nothing():
    state = started(asked("m1"), gone("m1", at=HOUR, reason="failed"))
    assert machines.total_cost(state, 9 * HOUR) == 0.0
    apply(state, asked("m2"))
    apply(state, ready("m2", price=None))
    assert machines.total_cost(state, HOUR) is None
    assert machines.known_cost(state, HOUR) == 0.0


def calibrated(worker="x86-1"):
    return WorkerCalibrated(
        at=0.0, worker=worker, fingerprint=MACHINE, noise=NOISE, outcome=EVENTS[2].outcome
    )


def test_another_machine_is_calibrated_before_it_is_believed():
    state = started(asked("m1"), ready("m1"), calibrated())
    assert "x86-1" in state.fit
    apply(state, gone("m1", reason="lost"))
    assert "x86-1" not in state.fit
    assert "x86-1" in state.calibrations
    apply(state, asked("m2"))
    apply(state, calibrated())
    apply(state, gone("m1", reason="ended"))
    assert "x86-1" in state.fit, "an older machine that ends late is not this worker's any more"


def test_three_machines_in_a_row_that_come_to_nothing_are_enough():
    state = started()
    for number in range(3):
        assert not machines.given_up(state, "x86-1")
        apply(state, asked(f"m{number}"))
        apply(state, gone(f"m{number}", reason=("failed", "lost", "noisy")[number]))
    assert machines.given_up(state, "x86-1")
    assert not machines.given_up(state, "x86-2")
    apply(state, CampaignResumed(at=0.0, recovered=0))
    assert not machines.given_up(state, "x86-1")


def test_a_machine_that_was_good_begins_the_row_anew():
    state = started()
    for number in range(5):
        apply(state, asked(f"m{number}"))
        apply(state, calibrated())
        apply(state, gone(f"m{number}", reason="lost"))
    assert not machines.given_up(state, "x86-1")


def test_machines_are_told_in_words_and_as_pairs():
    told = []
    state = started()
    for event in (asked("m1"), ready("m1", at=90.0), gone("m1", at=HOUR, reason="lost")):
        apply(state, event)
        told.append((plain(log_line(state, event)), plain_event(state, event)))
    assert "x86-1     asks for m1: 2 CPUs on aws" in told[0][0]
    assert "has its machine in aws us-east-1a after" in told[1][0]
    assert "$0.50 an hour" in told[1][0]
    assert "usd_per_hour=0.5" in told[1][1]
    assert "machine lost after" in told[2][0]


def test_a_count_makes_workers_with_numbers():
    configured = (
        WorkerConfig(),
        WorkerConfig(name="x86", kind="sky", count=2),
        WorkerConfig(name="arm", kind="sky", role="guard"),
    )
    names = [one.name for one in expanded(configured)]
    assert names == ["local", "x86-1", "x86-2", "arm"]
    assert [one.name for one in measuring(configured)] == ["local", "x86-1", "x86-2"]
    assert {one.count for one in expanded(configured)} == {1}
    assert here(configured[1:]).name == "local"


def test_a_fleet_is_read_from_the_file(tmp_path):
    (tmp_path / "whet.toml").write_text("""
[goal]
metric = "t"
[bench]
command = "./b"
[[workers]]
name = "x86"
kind = "sky"
count = 3
price = "$0.34"
max_hours = "90m"
envs = { OMP_NUM_THREADS = "4" }
[workers.resources]
infra = "aws/us-east-1"
accelerators = { H100 = 1 }
any_of = [{ cpus = "4+" }, { cpus = "8" }]
[[workers]]
name = "arm"
kind = "ssh"
host = "me@box:2222"
role = "guard"
guards = { t = "3%" }
required = true
""")
    loaded = load(tmp_path, overrides={"workers.0.resources.use_spot": "true"}, environ={})
    x86, arm = loaded.config.workers
    assert (x86.price, x86.max_hours, x86.envs) == (0.34, 1.5, {"OMP_NUM_THREADS": "4"})
    assert x86.resources == {
        "infra": "aws/us-east-1", "accelerators": {"H100": 1},
        "any_of": [{"cpus": "4+"}, {"cpus": "8"}], "use_spot": True,
    }  # fmt: skip
    assert (arm.host, arm.guards, arm.required) == ("me@box:2222", {"t": 0.03}, True)
    assert loaded.origins["workers.0.resources.infra"] == "whet.toml"


def test_each_worker_is_lent_by_whoever_has_its_machine():
    one, other = SimulatedExecutor(seed=1), SimulatedExecutor(seed=2)
    routing = Routing(routes={"x86-1": one, "x86-2": one}, other=other)

    async def use():
        async with routing.lease("x86-2"):
            assert (one.held, other.held) == (["x86-2"], [])
        async with routing.lease("local"):
            assert (one.held, other.held) == ([], ["local"])
        await routing.release("x86-1", "noisy")
        assert await routing.close() == ()

    anyio.run(use)


def test_an_old_ledger_has_no_machines_and_its_calibrated_workers_are_fit():
    state = replay(EVENTS)
    assert state.machines == {}
    assert state.fit == {"local"}
