"""What an agent or a benchmark starts and leaves behind ends with it, however well it hides."""

import os
import signal
import time
from pathlib import Path

from end_to_end.moments import PATIENCE, command, descendants, running
from end_to_end.target import experiments
from support.repos import write

HIDE = "(setsid sh -c 'env -i sleep {0} & sleep {0}' &)"
"""A daemon: another session, no parent, half of it without the mark; it holds the output open."""


def named(text):
    """Processes with a text in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if text in words:
            found.append(words)
    return found


def gone(text):
    deadline = time.monotonic() + PATIENCE
    while named(text) and time.monotonic() < deadline:
        time.sleep(0.01)
    return named(text) == []


def test_daemons_of_agents_and_benchmarks_are_ended_without_a_jail(target):
    seconds = "86412"
    target.configure('command = "./bench"', 'command = "sh ./bench.sh"')
    target.configure("[agent]", '[integrity]\nsandbox = "none"\n\n[agent]')
    write(target.root, {"bench.sh": f"{HIDE.format(seconds)}\n./bench\n"})
    target.configure("mutants = 0", "mutants = 1")
    target.edit("fast-left", f"{HIDE.format(seconds)}; sed -i 's/passes = 3/passes = 2/' left.c")
    target.ideas("fast-left")
    target.whet("run")
    assert named(seconds) == []
    assert experiments(target.events()) == {"I01": ["kept"]}


def test_a_daemon_of_an_agent_ends_when_whet_is_killed(target):
    target.edit("fast-left", f"{HIDE.format(86413)}; sleep 86413")
    target.ideas("fast-left")
    with running(target) as run:
        assert run.reaches("agent")
        assert run.until(lambda: len(named("86413")) >= 3)
        run.send(signal.SIGKILL)
        run.end()
    assert gone("86413")


def test_a_trial_that_is_killed_is_run_again_and_not_held_against_anyone(target):
    target.ideas("fast-left")
    with running(target) as run:
        assert run.reaches("experiment.started")
        assert run.reaches("bench")
        (trial,) = [pid for pid in descendants(run.process.pid) if "whet.trial" in command(pid)]
        os.kill(trial, signal.SIGKILL)
        assert run.end() == 0, run.said
    assert run.new().count("experiment.requeued") == 1
    assert experiments(target.events()) == {"I01": ["kept"]}
