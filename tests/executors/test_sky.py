"""Clusters of SkyPilot's: had once, used again, given back for sure, whatever goes wrong."""

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import anyio
import pytest

from support.elsewhere import fixed, kept, run_on
from whet.clock import SystemClock
from whet.errors import InfraError, NoMachine, NotReady, WorkerLost
from whet.executors.sky import names
from whet.executors.sky.pool import SkyExecutor
from whet.family import marked
from whet.model.config import Integrity
from whet.model.machine import Machine
from whet.model.worker import WorkerConfig
from whet.ports import Terms
from whet.testing.contract import executor_contract
from whet.trial.shell import MARK

FAKE = Path(__file__).parent.parent / "support" / "fake_sky"


@pytest.fixture
def clouds(tmp_path):
    """A folder with the clusters of a pretended SkyPilot."""
    (tmp_path / "sky" / "clusters").mkdir(parents=True)
    return tmp_path / "sky"


@pytest.fixture
def pool(clouds, tmp_path):
    def make(told, up=(), base=None, **more):
        config = {"python": sys.executable, "resources": {"cpus": "2+"}, **more}
        terms = Terms(
            campaign="try", workers=(WorkerConfig(name="local", kind="sky", **config),),
            root=tmp_path, folder=tmp_path, label=str(tmp_path), base=base,
            integrity=Integrity(sandbox="none"), clock=SystemClock(), tell=told.append, up=up,
        )  # fmt: skip
        environ = {**os.environ, "FAKE_SKY": str(clouds), "PYTHONPATH": str(FAKE),
                   "WHET_SKY_PYTHON": sys.executable}  # fmt: skip
        return SkyExecutor(terms, environ)

    return make


def up(clouds):
    return sorted(path.name for path in (clouds / "clusters").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("clause", executor_contract)
def test_a_cluster_keeps_the_contract(clause, target, pool, clouds):
    told = []
    executor = pool(told)

    kept(executor_contract[clause], executor, target)
    assert [one.type for one in told] == ["machine.asked", "machine.ready", "machine.gone"]
    assert up(clouds) == []


def test_a_block_runs_on_a_cluster_that_is_given_back(target, pool, clouds):
    told, heard = [], []
    (outcome,) = run_on(pool(told), fixed(target, 3), target.store.path, heard.append)
    assert len(outcome.pairs) == 3
    assert [one.pairs for one in heard if one.stage == "measure" and not one.done] == [1, 2, 3]
    asked, ready, gone = told
    assert (asked.what, ready.price, ready.where) == ("cpus 2+", 0.5, "Fake here two-cores")
    assert (gone.machine, gone.reason) == (asked.machine, "ended")
    assert up(clouds) == []


@pytest.mark.slow
def test_a_cluster_is_used_again_and_replaced_when_it_is_released(target, pool, clouds):
    told = []
    executor = pool(told)

    async def go():
        for _ in range(2):
            async with executor.lease("local") as worker:
                await worker.run(fixed(target, 1), target.store.path, lambda _: None)
        assert len(up(clouds)) == 1
        await executor.release("local", "noisy")
        assert up(clouds) == []
        async with executor.lease("local"):
            assert len(up(clouds)) == 1
        return await executor.close()

    stopped = anyio.run(go)
    first, second = (one.machine for one in told if one.type == "machine.asked")
    assert first != second
    assert stopped == (f"local: {second} (Fake here two-cores)",)
    assert [one.reason for one in told if one.type == "machine.gone"] == ["noisy", "ended"]


@pytest.mark.slow
def test_a_cluster_that_is_taken_away_is_a_lost_worker(target, pool, clouds):
    def preempt(progress):
        if progress.stage == "measure" and up(clouds):
            (cluster,) = (clouds / "clusters").iterdir()
            pids = [int(path.read_text()) for path in cluster.glob("job-*.pid")]
            shutil.rmtree(cluster, ignore_errors=True)
            for pid in (*pids, *marked(MARK, "taken")):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    with pytest.raises(WorkerLost):
        run_on(pool([]), fixed(target, 100_000, "taken"), target.store.path, preempt)


@pytest.mark.slow
def test_what_is_cancelled_leaves_nothing_running(target, pool, clouds):
    executor = pool([])

    async def go():
        with anyio.CancelScope() as scope:

            def end(told):
                if told.stage == "measure":
                    scope.cancel()

            async with executor.lease("local") as worker:
                await worker.run(fixed(target, 100_000, "cancelled"), target.store.path, end)
        async with executor.lease("local") as worker:
            assert marked(MARK, "cancelled") == []
            await worker.run(fixed(target, 1), target.store.path, lambda _: None)
        await executor.close()

    anyio.run(go)
    assert up(clouds) == []


@pytest.mark.slow
@pytest.mark.parametrize("dead", [False, True])
def test_a_cluster_of_a_process_that_died_is_found_by_its_name(dead, target, pool, clouds):
    told = []
    first = pool(told)

    async def begin():
        async with first.lease("local") as worker:
            await worker.run(fixed(target, 1), target.store.path, lambda _: None)
        first._bridge.close()  # as if this process had been killed

    anyio.run(begin)
    (name,) = up(clouds)
    if dead:
        shutil.rmtree(clouds / "clusters" / name)
    earlier = Machine(name=name, worker="local", kind="sky", what="", asked=1.0, price=0.5,
                      ready=told[1].at)  # fmt: skip
    later = []
    run_on(pool(later, up=(earlier,)), fixed(target, 1), target.store.path)
    assert up(clouds) == []
    if dead:
        assert [one.type for one in later] == [
            "machine.gone", "machine.asked", "machine.ready", "machine.gone",
        ]  # fmt: skip
    else:
        assert [(one.type, one.machine) for one in later] == [("machine.gone", name)]


def test_clusters_that_nobody_asks_for_any_more_are_ended_too(pool, clouds):
    (clouds / "clusters" / "whet-old").mkdir()
    told = []
    earlier = Machine(name="whet-old", worker="other", kind="sky", what="", asked=1.0)
    assert anyio.run(pool(told, up=(earlier,)).close) == ("other: whet-old",)
    assert up(clouds) == []
    assert [one.type for one in told] == ["machine.gone"]


@pytest.mark.slow
def test_a_cluster_that_no_ledger_knows_is_found_by_its_name_and_ended(
    target, pool, clouds, tmp_path
):
    ours = names.of_worker(tmp_path, str(tmp_path), "local")
    others = names.of_worker(tmp_path, "another campaign", "local")
    for name in (ours, others, "mine"):
        (clouds / "clusters" / name).mkdir()
    told = []
    run_on(pool(told), fixed(target, 1), target.store.path)
    assert up(clouds) == sorted([others, "mine"])
    assert [(one.type, one.machine) for one in told[:2]] == [
        ("machine.asked", ours), ("machine.gone", ours),
    ]  # fmt: skip
    assert [one.type for one in told[2:]] == ["machine.asked", "machine.ready", "machine.gone"]


@pytest.mark.slow
def test_a_released_machine_of_an_earlier_process_is_given_back(pool, clouds):
    (clouds / "clusters" / "whet-old").mkdir()
    told = []
    earlier = Machine(name="whet-old", worker="local", kind="sky", what="", asked=1.0)
    executor = pool(told, up=(earlier,))

    async def go():
        await executor.release("local", "drained")
        assert await executor.close() == ()

    anyio.run(go)
    assert up(clouds) == []
    assert [(one.machine, one.reason) for one in told] == [("whet-old", "drained")]


@pytest.mark.slow
def test_a_machine_of_an_earlier_process_that_cannot_be_looked_at_is_ended(target, pool, clouds):
    (clouds / "clusters" / "whet-old").mkdir()
    (clouds / "fail").write_text("status ApiServerConnectionError for a moment")
    told = []
    earlier = Machine(name="whet-old", worker="local", kind="sky", what="", asked=1.0, ready=2.0)
    with pytest.raises(NoMachine, match="does not answer"):
        run_on(pool(told, up=(earlier,)), fixed(target, 1), target.store.path)
    assert up(clouds) == []
    assert [(one.type, one.machine) for one in told] == [("machine.gone", "whet-old")]


@pytest.mark.slow
def test_what_outlives_its_driver_ends_itself_when_its_machine_is_too_old(
    target, pool, clouds, monkeypatch
):
    monkeypatch.setattr("whet.executors.sky.worker._LEAST", 1.0)
    told = []
    executor = pool(told, max_hours=1e-6)
    there = []

    def die(progress):
        if progress.stage == "measure" and not there:
            there.extend(marked(MARK, "alone"))
            executor._bridge.close()  # as if this process had been killed

    async def begin():
        async with executor.lease("local") as worker:
            await worker.run(fixed(target, 100_000, "alone"), target.store.path, die)

    with pytest.raises((WorkerLost, InfraError)):
        anyio.run(begin)
    assert there
    until = time.monotonic() + 60
    while marked(MARK, "alone"):
        assert time.monotonic() < until
    anyio.run(pool([], up=(Machine(name=up(clouds)[0], worker="local", kind="sky", what="",
                                   asked=1.0),)).close)  # fmt: skip


@pytest.mark.slow
def test_a_setup_that_hangs_ends_when_its_machine_is_too_old(target, pool, clouds):
    told = []
    executor = pool(told, base=lambda: (target.store.path, target.base), setup="sleep 1000",
                    max_hours=1 / 3600)  # fmt: skip
    with pytest.raises(NoMachine):
        run_on(executor, fixed(target, 1), target.store.path)
    assert [one.type for one in told] == ["machine.asked", "machine.gone"]
    assert up(clouds) == []


def test_a_cluster_that_cannot_be_ended_is_named(pool, clouds, monkeypatch):
    monkeypatch.setattr("whet.executors.sky.pool._TRIES", 1)
    (clouds / "clusters" / "whet-old").mkdir()
    (clouds / "fail").write_text("down RuntimeError the cloud is down")
    told = []
    earlier = Machine(name="whet-old", worker="other", kind="sky", what="", asked=1.0)
    with pytest.raises(InfraError) as caught:
        anyio.run(pool(told, up=(earlier,)).close)
    assert (caught.value.hint, told) == ("sky down whet-old", [])


@pytest.mark.slow
def test_a_task_file_of_skypilots_sets_a_machine_up_in_the_files_of_the_base(
    target, pool, clouds, tmp_path
):
    (tmp_path / "experiment.yaml").write_text(TASK)
    executor = pool([], base=lambda: (target.store.path, target.base),
                    experiment="experiment.yaml", resources={"infra": "aws"})  # fmt: skip

    async def go():
        async with executor.lease("local"):
            (cluster,) = (clouds / "clusters").iterdir()
            asked = (cluster / "asked").read_text()
            made = (cluster / "sky_workdir" / "made").read_text()
        await executor.close()
        return asked, made

    asked, made = anyio.run(go)
    assert "{'cpus': '4+', 'memory': '8+', 'infra': 'aws'}" in asked
    assert made == "baseline 300\n"


TASK = """\
resources:
  cpus: 4+
  memory: 8+

workdir: .

envs:
  EXPERIMENT_ID: baseline
  BUILD_CMD: "echo $EXPERIMENT_ID $BENCH_TIMEOUT >made"
  BENCH_TIMEOUT: 300
  CHECK_TIMEOUT: 300

setup: |
  cd ~/sky_workdir
  if [ -f setup_deps.sh ]; then bash setup_deps.sh
  else test -f bench.sh && eval "${BUILD_CMD}"
  fi

run: |
  bash autoresearch.sh
  echo "EXPERIMENT_STATUS: done"
"""


@pytest.mark.parametrize(("raised", "error", "sentence"), [
    ("ResourcesUnavailableError Quota exceeded for vCPUs", NoMachine, "may not have so many"),
    ("ResourcesUnavailableError Insufficient capacity", NoMachine, "nobody has such a machine"),
    ("NoCloudAccessError no clouds enabled", NotReady, "no credentials"),
    ("ApiServerConnectionError at localhost", NoMachine, "API server does not answer"),
    ("APIVersionMismatchError 25 and 9", NotReady, "different versions"),
    ("ValueError Invalid resource key: cpu_count", NotReady, "does not take"),
])  # fmt: skip
def test_a_machine_that_cannot_be_had_is_a_sentence_and_nothing_stays(
    raised, error, sentence, target, pool, clouds
):
    (clouds / "fail").write_text(f"launch {raised}")
    told = []
    with pytest.raises(error) as caught:
        run_on(pool(told), fixed(target, 1), target.store.path)
    assert sentence in caught.value.message
    assert caught.value.hint
    assert [one.type for one in told] == ["machine.asked", "machine.gone"]
    assert told[1].detail == caught.value.message
    assert up(clouds) == []


def test_names_say_whose_they_are_and_never_repeat():
    made = {names.of_worker(Path("/a/b"), "label", "big GPU box no. 1") for _ in range(50)}
    assert len(made) == 50
    assert all(name.startswith(names.of_repository(Path("/a/b"))) for name in made)
    assert all(len(name) <= 35 for name in made)
