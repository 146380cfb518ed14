"""Nothing outlives a command: the whole family goes, whatever it did to leave."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from whet import family, proc

ESCAPE = """
import os, signal, sys, time

def detached():
    os.setsid()
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    for fd in (0, 1, 2):
        os.close(fd)
    with open(sys.argv[1] + "/new", "w") as file:
        file.write(str(os.getpid()))
    os.rename(sys.argv[1] + "/new", sys.argv[1] + "/pid")
    time.sleep(600)

if os.fork() == 0:
    detached()
while not os.path.exists(sys.argv[1] + "/pid"):
    time.sleep(0.005)
time.sleep(float(sys.argv[2]))
"""
"""Leaves its session twice, its parent twice, ignores signals, and tells its pid in a file."""


def in_trial(code, *args, cwd):
    """Run code in a process that adopts orphans, as the trial does; it prints JSON."""
    head = "import json, os, sys\nfrom whet import family, proc\nproc.adopt_orphans()\n"
    done = subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(code), *map(str, args)],
        cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def alive(pid):
    """Whether a process is there and not merely unreaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


@pytest.fixture
def escape(tmp_path):
    path = tmp_path / "escape.py"
    path.write_text(ESCAPE)
    return path


RUN_ESCAPE = """
script, folder, stay, limit = sys.argv[1:]
done = proc.run(
    [sys.executable, "-S", script, folder, stay], timeout=float(limit), family=True
)
print(json.dumps([done.timed_out, done.leftovers, family.descendants()]))
"""


def test_a_daemon_that_left_its_session_goes_with_a_timed_out_command(escape, tmp_path):
    timed_out, _, left = in_trial(RUN_ESCAPE, escape, tmp_path, 600, 2, cwd=tmp_path)
    assert (timed_out, left) == (True, [])
    assert not alive(int((tmp_path / "pid").read_text()))


def test_a_daemon_goes_with_a_command_that_ended_by_itself_and_is_counted(escape, tmp_path):
    timed_out, leftovers, left = in_trial(RUN_ESCAPE, escape, tmp_path, 0, 60, cwd=tmp_path)
    assert (timed_out, leftovers, left) == (False, 1, [])
    assert not alive(int((tmp_path / "pid").read_text()))


def test_helpers_that_ended_by_themselves_are_not_counted_as_left(tmp_path):
    code = """
    done = proc.run(["/bin/sh", "-c", "(true &); (true &); sleep 0.2"], timeout=60, family=True)
    print(json.dumps([done.leftovers, family.descendants()]))
    """
    assert in_trial(code, cwd=tmp_path) == [0, []]


def test_fifty_processes_that_breed_are_all_gone(tmp_path):
    code = """
    breed = "i=0; while [ $i -lt 10 ]; do setsid sh -c 'for j in 1 2 3 4; do setsid sleep 600 & done; echo up; sleep 600' & i=$((i+1)); done; sleep 600"
    done = proc.run(["/bin/sh", "-c", breed], timeout=2, family=True)
    print(json.dumps([done.text.count("up"), family.descendants()]))
    """  # noqa: E501
    assert in_trial(code, cwd=tmp_path) == [10, []]


def test_a_stopped_process_is_killed_too(tmp_path):
    code = """
    script = "mkfifo up; setsid sh -c 'echo $$ >up; kill -STOP $$' & read pid <up; echo $pid"
    done = proc.run(["/bin/sh", "-c", script], family=True)
    print(json.dumps([int(done.stdout), done.leftovers, family.descendants()]))
    """
    pid, leftovers, left = in_trial(code, cwd=tmp_path)
    assert (leftovers, left) == (1, [])
    assert not alive(pid)


def test_without_family_a_daemon_is_left_to_its_ancestor(tmp_path):
    code = """
    script = "mkfifo up; setsid sh -c 'echo $$ >up; exec sleep 600' & read pid <up; echo $pid"
    first = proc.run(["/bin/sh", "-c", script])
    proc.run(["true"])
    living = family.descendants()
    print(json.dumps([int(first.stdout) in living, proc.kill_descendants()]))
    """
    assert in_trial(code, cwd=tmp_path) == [True, 1]


def test_descendants_are_found_whatever_they_are_called(tmp_path):
    code = """
    import shutil, subprocess
    odd = os.path.abspath("a) R 1 (b")
    shutil.copy(shutil.which("sleep"), odd)
    child = subprocess.Popen([odd, "600"])
    found = family.descendants()
    child.kill()
    child.wait()
    print(json.dumps(found == [child.pid]))
    """
    assert in_trial(code, cwd=tmp_path) is True


def test_a_process_is_found_by_a_mark_in_its_environment():
    mark = f"test-{os.getpid()}"
    with subprocess.Popen(["sleep", "600"], env={**os.environ, "WHET_TEST_MARK": mark}) as child:
        try:
            assert family.marked("WHET_TEST_MARK", mark) == [child.pid]
            assert family.marked("WHET_TEST_MARK", mark[:-1]) == []
        finally:
            child.kill()


ABANDONED = """
import signal, threading, time
signal.signal(signal.SIGTERM, lambda *_: proc.abandon(75))
threading.Thread(target=lambda: (os.read(0, 1), proc.abandon(75)), daemon=True).start()
print("ready", flush=True)
try:
    while True:
        done = proc.run(["/bin/sh", "-c", "setsid sleep 600 & echo $!; exec sleep 0.01"])
        if done.code:
            print("believed", done.how, flush=True)
        print(done.text, flush=True)
finally:
    print("unwound", flush=True)
"""


@pytest.mark.parametrize("way", ["signal", "closed input"])
@pytest.mark.parametrize("round_", range(5))
def test_abandoning_ends_everything_and_reports_nothing(way, round_, tmp_path):
    # the loop spends much of its time in starting processes: a signal arrives in the middle of it
    head = "import os\nfrom whet import family, proc\nproc.adopt_orphans()\n"
    child = subprocess.Popen(
        [sys.executable, "-c", head + ABANDONED],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path, text=True,
    )  # fmt: skip
    with child:
        assert child.stdout.readline() == "ready\n"
        for _ in range(3 + round_):
            child.stdout.readline()
        if way == "signal":
            child.send_signal(signal.SIGTERM)
        else:
            child.stdin.close()
            child.stdin = None
        said, _ = child.communicate(timeout=30)
    assert child.returncode == 75
    assert "unwound" not in said
    assert "believed" not in said
    assert [pid for pid in map(int, said.split()) if alive(pid)] == []


def test_a_signal_while_a_process_is_being_started_does_not_block(tmp_path):
    # the handler runs inside run(), in the thread that holds the lock
    code = """
    import signal
    signal.signal(signal.SIGTERM, lambda *_: proc.abandon(0))
    print(json.dumps("started"), flush=True)
    with proc._starting:
        os.kill(os.getpid(), signal.SIGTERM)
        os.getpid()
    raise SystemExit(1)
    """
    assert in_trial(code, cwd=tmp_path) == "started"


def test_pidfd_is_not_needed(monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    done = proc.run(["/bin/sh", "-c", "exec >&- 2>&-; sleep 0.05; exit 4"], timeout=60)
    assert done.code == 4
