"""What comes back from a process: output, ends, times."""

import os
import select
import signal
import sys
from pathlib import Path

import pytest

from whet import proc

PYTHON = [sys.executable, "-I", "-S", "-c"]


def sh(command, **options):
    return proc.run(["/bin/sh", "-c", command], **options)


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def zombies():
    """Unreaped children of this process."""
    mine = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, *_ = entry.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        if state == b"Z" and int(parent) == os.getpid():
            mine.append(entry)
    return mine


def test_both_streams_and_the_exit_code_come_back():
    done = sh("echo out; echo err >&2; exit 3")
    assert (done.stdout, done.stderr, done.code) == (b"out\n", b"err\n", 3)
    assert not done.ok
    assert done.how == "exit 3"
    assert done.tail() == "out\nerr"


def test_the_last_lines_are_the_tail():
    assert sh("seq 100; echo; seq 5 >&2").tail(7) == "99\n100\n1\n2\n3\n4\n5"


def test_output_larger_than_a_pipe_on_both_streams_does_not_block():
    code = "import os\nfor i in range(300): os.write(1, b'o' * 10000); os.write(2, b'e' * 10000)"
    done = proc.run([*PYTHON, code], timeout=60)
    assert (len(done.stdout), len(done.stderr), done.code) == (3_000_000, 3_000_000, 0)


def test_of_endless_output_the_end_is_kept(monkeypatch):
    monkeypatch.setattr(proc, "OUTPUT_LIMIT", 100_000)
    done = sh("head -c 5000000 /dev/zero; printf end")
    assert len(done.stdout) == 100_000
    assert done.stdout.endswith(b"\0end")


def test_a_large_standard_input_is_fed_while_output_is_read():
    data = bytes(range(256)) * 20_000
    done = proc.run(["cat"], stdin=data, timeout=60)
    assert done.stdout == data


def test_a_command_that_does_not_read_its_input_is_no_error():
    assert sh("exec <&-; echo fine", stdin=b"x" * 1_000_000, timeout=60).stdout == b"fine\n"


def test_without_input_there_is_an_end_at_once():
    assert proc.run(["cat"], timeout=60).stdout == b""


def test_a_signal_is_named():
    assert sh("kill -SEGV $$").how == "killed by SIGSEGV"
    assert sh("kill -SEGV $$").code == -signal.SIGSEGV


def test_a_signal_that_a_shell_saw_is_named():
    assert sh("sh -c 'kill -KILL $$'; exit $?").how == "exit 137 (SIGKILL)"


def test_a_signal_without_a_name_is_a_number():
    done = sh("kill -40 $$")
    assert (done.code, done.how) == (-40, "killed by signal 40")


def test_a_timed_out_command_says_so_and_keeps_its_output():
    done = sh("echo before; exec sleep 600", timeout=0.3)
    assert (done.timed_out, done.ok, done.how) == (True, False, "timed out")
    assert done.stdout == b"before\n"
    assert done.wall >= 0.3


def test_a_command_that_ends_in_time_has_not_timed_out():
    assert sh("exit 0", timeout=60).ok


def test_cpu_time_of_children_is_counted():
    done = sh(f"{sys.executable} -S -c 'sum(range(3_000_000))'; exit 0")
    assert done.cpu > 0
    assert done.wall > 0


def test_waiting_is_not_cpu_time():
    done = sh("exec sleep 0.3")
    assert done.wall >= 0.3 > done.cpu


def test_a_missing_program_is_an_error_that_names_it():
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        proc.run(["no-such-program"])


def test_a_missing_folder_is_an_error_that_names_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        proc.run(["true"], cwd=tmp_path / "nowhere")


def test_the_environment_is_only_what_was_given():
    assert proc.run(["/usr/bin/env"], env={"A": "1"}).stdout == b"A=1\n"


def test_the_environment_is_inherited_unless_given(monkeypatch):
    monkeypatch.setenv("WHET_TEST_WORD", "heard")
    assert sh("echo $WHET_TEST_WORD").stdout == b"heard\n"


def test_the_command_is_the_first_of_its_own_session():
    done = proc.run([*PYTHON, "import os; print(os.getpid() == os.getsid(0) == os.getpgrp())"])
    assert done.stdout == b"True\n"


def detached(command):
    """A shell command that runs another in a session of its own and prints its process id."""
    # the pipe tells that the session has changed: before that, both would be killed together
    return f"mkfifo up; setsid sh -c 'echo $$ >up; exec {command}' & read pid <up; echo $pid"


def test_a_grandchild_that_holds_the_pipe_does_not_hold_up_the_run(tmp_path):
    done = sh(detached("sleep 600"), timeout=60, cwd=tmp_path)
    assert done.ok
    os.kill(int(done.stdout), signal.SIGKILL)


def test_a_grandchild_that_never_stops_talking_does_not_hold_up_the_run(tmp_path):
    done = sh(detached("yes >&2"), timeout=60, cwd=tmp_path)
    assert done.ok
    os.kill(int(done.stdout), signal.SIGKILL)


def test_processes_in_the_same_session_end_with_the_command():
    done = sh("sleep 600 & echo $!")
    assert gone(int(done.stdout))


def gone(pid):
    """Whether a process ends; it has been killed, but may need a moment to go."""
    try:
        notify = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([notify], [], [], 10)[0])
    finally:
        os.close(notify)


def test_a_command_runs_only_on_the_cores_it_is_given():
    core = min(os.sched_getaffinity(0))
    script = "import os; print(*sorted(os.sched_getaffinity(0)))"
    # a shell that forks at once: nothing of it may start before it is pinned
    done = sh(f"{sys.executable} -S -c '{script}' | cat", cpus=frozenset({core}))
    assert done.text.split() == [str(core)]
    assert core in os.sched_getaffinity(0)


def test_pinning_a_command_leaves_the_caller_where_it_was():
    before = os.sched_getaffinity(0)
    sh("exit 0", cpus=frozenset({min(before)}))
    assert os.sched_getaffinity(0) == before


def test_a_core_that_is_not_there_is_an_error():
    with pytest.raises(OSError, match="Invalid argument"):
        sh("exit 0", cpus=frozenset({1023}))


def test_two_hundred_runs_leave_no_files_and_no_zombies():
    sh("exit 0")
    before = open_files()
    for number in range(200):
        if number % 20 == 0:
            sh("echo x; sleep 600 & exit 1", stdin=b"never read", timeout=60)
        else:
            proc.run(["true"])
    assert open_files() == before
    assert zombies() == []


def test_an_interrupted_run_kills_the_command_and_leaves_nothing(tmp_path):
    before = open_files()

    def interrupt(*_):
        raise KeyboardInterrupt

    old = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            sh(f"echo $$ > {tmp_path}/pid; exec sleep 600")
    finally:
        signal.signal(signal.SIGALRM, old)
    assert gone(int((tmp_path / "pid").read_text()))
    assert open_files() == before
    assert zombies() == []
