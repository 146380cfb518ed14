"""Agents at work while it is measured: on other cores, or on other machines, or not at all."""

import os
import sys
from dataclasses import replace

import anyio
import anyio.lowlevel
import pytest

from support.planned import CONFIG
from whet.agents import desk as desks
from whet.agents.command import any_command
from whet.model.config import Agent
from whet.model.worker import WorkerConfig, left_over
from whet.ports import Brief
from whet.steps.turns import Turns

CORES = sorted(os.sched_getaffinity(0))
ALONE = {core: frozenset({core}) for core in range(4)}
PAIRED = {0: frozenset({0, 2}), 2: frozenset({0, 2}), 1: frozenset({1, 3}), 3: frozenset({1, 3})}


def local(cpus, name="local"):
    return WorkerConfig(name=name, cpus=cpus)


@pytest.mark.parametrize(("workers", "threads", "wanted"), [
    ((local("0-1"),), ALONE, {2, 3}),
    ((local(""),), ALONE, set()),
    ((local("0-3"),), ALONE, set()),
    ((local("0"), local("3", "b")), ALONE, {1, 2}),
    ((local("0"), local("", "b")), ALONE, set()),
    ((local("0"),), PAIRED, {1, 3}),
    ((local("0-1"),), PAIRED, set()),
    ((WorkerConfig(name="x", kind="sky", cpus="0"),), ALONE, set()),
])  # fmt: skip
def test_agents_have_the_cores_that_share_nothing_with_what_is_measured_on(
    workers, threads, wanted
):
    assert left_over(workers, threads) == wanted


def test_who_wants_turns_has_turns():
    config = replace(CONFIG, workers=(local(str(CORES[0])),))
    never = replace(config, agent=Agent(beside="never"))
    assert desks.desk(never) == ""
    assert str(CORES[0]) not in desks.desk(config).split(",")


def test_hardware_threads_are_read_from_the_system(tmp_path):
    folder = tmp_path / "cpu1" / "topology"
    folder.mkdir(parents=True)
    (folder / "thread_siblings_list").write_text("1,5\n")
    assert desks.siblings(1, tmp_path) == {1, 5}
    assert desks.siblings(2, tmp_path) == {2}


SEEN = (
    f"{sys.executable} -c 'import os; print(sorted(os.sched_getaffinity(0)))' > cores; "
    f"({sys.executable} -c 'import os; print(sorted(os.sched_getaffinity(0)))' > below) & wait"
)


@pytest.mark.skipif(len(CORES) < 2, reason="one core has no other beside it")
def test_an_agent_and_all_it_starts_keep_to_their_cores(tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    agent = any_command(SEEN, root=tmp_path, label=str(tmp_path), timeout=60.0, jail="none")
    kept = replace(agent, setting=replace(agent.setting, cpus=str(CORES[-1])))
    report = anyio.run(kept.work, Brief(idea="I01", text="x"), tree)
    assert report.code == 0, report.detail
    for name in ("cores", "below"):
        assert (tree / name).read_text().strip() == f"[{CORES[-1]}]"


def order(turns):
    """Who came when, where two want to work here at the same time."""
    told = []

    async def work(kind, name):
        async with getattr(turns, kind)():
            told.append(f"{name} begins")
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            told.append(f"{name} ends")

    async def both():
        async with anyio.create_task_group() as group:
            group.start_soon(work, "measure", "pairs")
            group.start_soon(work, "agent", "review")

    anyio.run(both)
    return told


def test_on_one_machine_they_take_turns_and_on_cores_of_their_own_they_do_not():
    assert order(Turns()) in (
        ["pairs begins", "pairs ends", "review begins", "review ends"],
        ["review begins", "review ends", "pairs begins", "pairs ends"],
    )
    apart = order(Turns(apart=True))
    assert {apart[0], apart[1]} == {"pairs begins", "review begins"}
