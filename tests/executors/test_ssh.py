"""A host over ssh keeps the contract, and loses nothing where its connection breaks."""

import contextlib
import os
import signal
import time

import anyio
import pytest

from support.elsewhere import fixed, kept, run_on
from whet.errors import NoMachine, WorkerLost
from whet.family import marked
from whet.model.machine import Machine
from whet.testing.contract import executor_contract
from whet.trial.shell import MARK


def left(server):
    """Files of whet in the home of that host."""
    files = [path for path in server.home.rglob("*") if path.is_file()]
    return [str(path) for path in files if path.parent.name != "locks"]


@pytest.mark.slow
@pytest.mark.parametrize("clause", executor_contract)
def test_a_host_keeps_the_contract(clause, target, box):
    told = []
    executor = box(told)

    kept(executor_contract[clause], executor, target)
    assert [one.type for one in told] == ["machine.asked", "machine.ready", "machine.gone"]


def test_a_trial_travels_to_a_host_and_nothing_of_it_stays(target, box, server):
    told, heard = [], []
    outcomes = run_on(box(told), fixed(target, 3), target.store.path, heard.append)
    assert len(outcomes[0].pairs) == 3
    assert [one.pairs for one in heard if one.stage == "measure" and not one.done] == [1, 2, 3]
    assert (told[1].price, told[2].reason) == (0, "ended")
    assert left(server) == []


@pytest.mark.slow
def test_samples_survive_a_connection_that_breaks(target, box, server):
    heard = []

    def cut(progress):
        heard.append(progress)
        if progress.pairs == 5 and progress.stage == "measure" and not progress.done:
            for session in server.sessions():
                os.kill(session, signal.SIGKILL)

    (outcome,) = run_on(box([]), fixed(target, 40), target.store.path, cut)
    counted = [one.pairs for one in heard if one.stage == "measure" and not one.done]
    assert counted == list(range(1, 41))
    assert len(outcome.pairs) == 40


@pytest.mark.slow
def test_a_trial_that_is_killed_there_is_a_lost_worker(target, box):
    def kill(progress):
        if progress.stage == "measure":
            for pid in marked(MARK, "killed"):
                with contextlib.suppress(ProcessLookupError):  # it ended with one before it
                    os.kill(pid, signal.SIGKILL)

    with pytest.raises(WorkerLost) as caught:
        run_on(box([]), fixed(target, 100_000, "killed"), target.store.path, kill)
    assert "without a result" in caught.value.message


@pytest.mark.slow
def test_what_is_cancelled_here_ends_there(target, box, server):
    executor = box([])

    async def go():
        with anyio.CancelScope() as scope:
            async with executor.lease("local") as worker:
                block = fixed(target, 100_000, "cancelled")
                await worker.run(block, target.store.path, lambda _: scope.cancel())
        assert marked(MARK, "cancelled") == []
        await executor.close()

    anyio.run(go)
    assert left(server) == []


@pytest.mark.slow
def test_a_trial_that_nobody_asks_about_ends_itself(target, box, monkeypatch):
    monkeypatch.setattr("whet.executors.ssh.LINGER", 0.1)
    monkeypatch.setattr("whet.executors.ssh._TRIES", 1)
    executor = box([])

    def leave(progress):
        if progress.stage == "measure":
            for pid in marked(MARK, f"ssh {executor.terms.label}"):
                with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
                    os.kill(pid, signal.SIGKILL)

    async def lose():
        async with executor.lease("local") as worker:
            await worker.run(fixed(target, 100_000, "alone"), target.store.path, leave)

    with pytest.raises(WorkerLost):
        anyio.run(lose)
    until = time.monotonic() + 30
    while marked(MARK, "alone"):
        assert time.monotonic() < until
    anyio.run(executor.close)


@pytest.mark.slow
def test_a_setup_runs_once_in_the_files_of_the_base(target, box, server):
    base = (target.store.path, target.base)
    count = server.home / "count"
    setup = f'test -f bench.sh && echo "$GREETING" >>{count}'
    executor = box([], base=lambda: base, setup=setup, envs={"GREETING": "hello"})
    run_on(executor, fixed(target, 1), target.store.path)
    assert count.read_text() == "hello\n"
    count.unlink()
    failing = box([], base=lambda: base, setup="echo no such package >&2; exit 3")
    with pytest.raises(NoMachine) as caught:
        run_on(failing, fixed(target, 1), target.store.path)
    assert "exit 3" in caught.value.message
    assert caught.value.details == ("no such package",)


@pytest.mark.slow
def test_a_machine_of_an_earlier_process_is_taken_up_by_its_name(target, box):
    told = []
    earlier = Machine(name="box-abc", worker="local", kind="ssh", what="", asked=1.0, ready=2.0)
    run_on(box(told, up=(earlier,)), fixed(target, 1), target.store.path)
    assert [(one.type, one.machine) for one in told] == [("machine.gone", "box-abc")]


@pytest.mark.parametrize(("change", "sentence", "hint"), [
    ({"host": "127.0.0.1:1"}, "no ssh server answers", "sshd"),
    ({"host": "no-such-host.invalid"}, "no host is called", "ssh/config"),
    ({"python": "python-not-there"}, "there is no `python-not-there`", "whet"),
])  # fmt: skip
def test_a_host_that_cannot_be_had_is_one_sentence(change, sentence, hint, target, box):
    told = []
    with pytest.raises(NoMachine) as caught:
        run_on(box(told, **change), fixed(target, 1), target.store.path)
    assert sentence in caught.value.message
    assert caught.value.hint
    assert [one.type for one in told] == ["machine.asked", "machine.gone"]
    assert told[1].reason == "failed"


def test_keys_that_do_not_fit_are_said_before_anything_runs(target, box, server, tmp_path):
    config = server.config.read_text()
    known, key = tmp_path / "known_hosts", tmp_path / "key"
    known.touch()
    stranger = tmp_path / "ssh_config"
    for text, sentence in (
        (config.replace(f"{server.config.parent}/known_hosts", str(known)), "host key"),
        (config.replace(f"{server.config.parent}/user", str(key)), "does not let you in"),
    ):
        stranger.write_text(text)
        executor = box([])
        executor.options = ("-F", str(stranger))
        with pytest.raises(NoMachine) as caught:
            run_on(executor, fixed(target, 1), target.store.path)
        assert sentence in caught.value.message
