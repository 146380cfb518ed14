"""What a command in the jail can see and touch. These tests need bubblewrap."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from whet import proc, sandbox
from whet.sandbox import Jail

pytestmark = pytest.mark.skipif(
    sandbox.detect() == "none", reason="bubblewrap is not installed or not permitted here"
)


@pytest.fixture
def tree(tmp_path):
    path = tmp_path / "tree"
    path.mkdir()
    return path


def jailed(script, tree, **options):
    jail = Jail(kind="bubblewrap", writable=(tree,), **options)
    return proc.run(sandbox.wrap(jail, ["/bin/sh", "-c", script]), cwd=tree, timeout=60)


def test_the_tree_can_be_written_and_nothing_else(tree, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    done = jailed(f"echo x > made; echo x > {outside}/made; echo x > /etc/whet-test", tree)
    assert (tree / "made").read_text() == "x\n"
    assert list(outside.iterdir()) == []
    assert not Path("/etc/whet-test").exists()
    assert not done.ok


def test_not_even_root_can_mount_its_way_out(tree):
    done = jailed(
        "mount -o remount,rw,bind / && echo out; umount /tmp && echo out;"
        "mknod dev b 1 0 && echo out; grep CapEff /proc/self/status",
        tree,
    )
    assert done.stdout.split() == [b"CapEff:", b"0" * 16]


def test_a_sealed_file_cannot_be_written_removed_or_replaced(tree):
    sealed = tree / "sealed"
    sealed.write_text("judge\n")
    done = jailed(
        "echo x > sealed; rm -f sealed; echo x > new; mv new sealed; chmod 777 sealed; cat sealed",
        tree,
        read_only=(sealed,),
    )
    assert done.stdout == b"judge\n"
    assert sealed.read_text() == "judge\n"


def test_the_other_tree_is_seen_but_not_written(tree, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "result").write_text("42\n")
    done = jailed(f"cat {other}/result; echo 43 > {other}/result", tree, read_only=(other,))
    assert done.stdout == b"42\n"
    assert (other / "result").read_text() == "42\n"


def test_a_cache_can_be_written_inside_a_folder_that_is_only_read(tree, tmp_path):
    (shared := tmp_path / "shared").mkdir()
    (cache := shared / "cache").mkdir()
    script = f"echo x > {cache}/new; echo x > {shared}/new"
    jail = Jail(kind="bubblewrap", writable=(tree, cache), read_only=(shared,))
    proc.run(sandbox.wrap(jail, ["sh", "-c", script]), cwd=tree, timeout=60)
    assert (cache / "new").exists()
    assert not (shared / "new").exists()


def test_a_folder_that_is_not_there_can_be_named_read_only(tree, tmp_path):
    assert jailed("exit 0", tree, read_only=(tmp_path / "nowhere",)).ok


def test_what_lies_in_tmp_and_shared_memory_is_hidden_and_does_not_stay(tree):
    mark = f"whet-test-{os.getpid()}"
    places = [Path("/tmp") / mark, Path("/var/tmp") / mark, Path("/dev/shm") / mark]
    places[0].write_text("secret")
    try:
        done = jailed("".join(f"cat {place}; echo x > {place};" for place in places), tree)
        assert done.ok
        assert done.stdout == b""
        assert places[0].read_text() == "secret"
        assert [place.exists() for place in places] == [True, False, False]
    finally:
        places[0].unlink()


def test_the_home_is_hidden_except_for_toolchains(tree, tmp_path, monkeypatch):
    home = tmp_path / "home"
    for name in (".ssh", ".cargo/bin", "bin", "venv/bin", "documents"):
        (home / name).mkdir(parents=True)
    (home / ".ssh" / "id").write_text("secret")
    (home / ".cargo" / "bin" / "tool").write_text("#!/bin/sh\necho tool\n")
    (home / ".cargo" / "bin" / "tool").chmod(0o755)
    for name in [*sandbox.TOOL_HOMES, "PATH"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{home}/.cargo/bin:{home}/bin:{home}/venv/bin:{os.defpath}")
    done = jailed(f"ls -A {home}; tool; echo x > {home}/.cargo/bin/tool", tree, home=home)
    assert done.text.split() == [".cargo", "bin", "venv", "tool"]
    assert (home / ".cargo" / "bin" / "tool").stat().st_size > 10


def test_a_tree_inside_the_home_can_be_used(tmp_path):
    home = tmp_path / "home"
    tree = home / ".cache" / "whet" / "tree"
    tree.mkdir(parents=True)
    (home / "private").write_text("secret")
    done = jailed(f"ls -A {home}; echo x > made", tree, home=home)
    assert done.stdout == b".cache\n"
    assert (tree / "made").exists()


REACH = """
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5).close()
    print("reached")
except OSError:
    print("refused")
"""


@pytest.mark.parametrize(("network", "said"), [(False, b"refused\n"), (True, b"reached\n")])
def test_the_network_is_there_only_where_asked_for(network, said, tree):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        python = (Path(sys.prefix), Path(sys.base_prefix))  # a checkout may lie below /tmp
        jail = Jail(kind="bubblewrap", writable=(tree,), read_only=python, network=network)
        argv = sandbox.wrap(jail, [sys.executable, "-I", "-S", "-c", REACH, port])
        assert proc.run(argv, timeout=60).stdout == said


def test_other_processes_are_neither_seen_nor_signalled(tree):
    done = jailed(f"kill -0 {os.getpid()} && echo seen; ls /proc | grep -c '^[0-9]'", tree)
    assert int(done.stdout) < 6


def test_devices_are_few(tree):
    done = jailed("echo x > /dev/null && ls /dev | grep -v nvidia", tree)
    assert {b"sda", b"vda", b"kmsg", b"mem"} & set(done.stdout.split()) == set()


def test_a_daemon_in_the_jail_ends_with_it(tree):
    daemon = f"echo $$ >up; exec tail -f {tree}/log"
    done = jailed(f"mkfifo up; echo >log; setsid sh -c '{daemon}' & read pid <up", tree)
    assert done.ok
    deadline = time.monotonic() + 10
    while named(str(tree)) and time.monotonic() < deadline:
        pass
    assert named(str(tree)) == []


def named(text):
    """Command lines of living processes that hold a text."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found += [line for line in [entry.read_text(errors="replace")] if text in line]
    return found


def test_the_exit_code_and_the_output_are_those_of_the_command(tree):
    done = jailed("echo out; echo err >&2; exit 7", tree)
    assert (done.stdout, done.stderr, done.code) == (b"out\n", b"err\n", 7)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_plain_user_is_held_by_the_same_jail():
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        tree = Path(name, "tree")
        tree.mkdir()
        for folder in (tree.parent, tree):
            os.chown(folder, 65534, 65534)
        said = Path(name, "said")
        jail = Jail(kind="bubblewrap", writable=(tree,))
        script = f"echo x >made; echo x >{said}; cat /proc/1/comm; id -u; ls /home /root | wc -l"
        argv = sandbox.wrap(jail, ["/bin/sh", "-c", script])
        done = subprocess.run(argv, cwd=tree, user=65534, group=65534, extra_groups=(),
                              capture_output=True, text=True, check=False,
                              env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})  # fmt: skip
        if "Operation not permitted" in done.stderr or "No permissions" in done.stderr:
            pytest.skip("plain users may have no namespaces of their own here")
        assert (tree / "made").read_text() == "x\n", done.stderr
        assert not said.exists()
        assert done.stdout.split()[:2] == ["bwrap", "65534"]
