"""The one way to start a process.

Every command runs in a session of its own and is waited for with its whole family: when it ends,
times out or is stopped, whatever it left behind is killed too, children that changed their session
included. That works because the calling process asks the kernel to adopt orphans
(`adopt_orphans`): a descendant can leave its session and its parent, but not its ancestry.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

OUTPUT_LIMIT = 32 * 1024 * 1024
"""Bytes kept of each stream; of a longer one the head is dropped."""

_PR_SET_CHILD_SUBREAPER = 36
_GRACE = 2.0
_starting = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a process ended. `code` is negative for a signal; times are in seconds.

    `cpu` is user plus system time of the process and of every descendant it waited for.
    """

    code: int
    timed_out: bool
    stdout: bytes
    stderr: bytes
    wall: float
    cpu: float
    leftovers: int = 0
    """Descendants that were still alive when the process ended, and were killed."""

    @property
    def ok(self) -> bool:
        return self.code == 0 and not self.timed_out

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.stdout.decode(errors="replace")

    def tail(self, lines: int = 20) -> str:
        """The last lines of both streams, for a person."""
        both = (self.stdout[-16384:] + b"\n" + self.stderr[-16384:]).decode(errors="replace")
        kept = [line.rstrip() for line in both.splitlines() if line.strip()]
        return "\n".join(kept[-lines:])

    @property
    def how(self) -> str:
        """`exit 1`, `timed out` or `killed by SIGSEGV`."""
        if self.timed_out:
            return "timed out"
        if self.code >= 0:
            # a shell reports a child's signal as 128 + n
            return f"exit {self.code}" + (
                f" ({_signal_name(self.code - 128)})" if 128 < self.code <= 128 + 64 else ""
            )
        return f"killed by {_signal_name(-self.code)}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def adopt_orphans() -> None:
    """Become the parent of every orphaned descendant (Linux; elsewhere nothing happens)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    stdin: bytes = b"",
    cpus: frozenset[int] = frozenset(),
    family: bool = False,
) -> Completed:
    """Run a command to its end.

    Args:
        argv: program and arguments; no shell is involved.
        cwd: working folder.
        env: the whole environment, or None to inherit this one.
        timeout: seconds of wall clock.
        stdin: what the command can read.
        cpus: cores the command may use, or empty for all.
        family: kill every descendant of this process when the command ends. Only for a process
            that runs one command at a time, as the trial does.

    Raises:
        FileNotFoundError: the program or `cwd` does not exist.
    """
    started = time.monotonic()
    with _starting:
        child = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    try:
        if cpus:
            _pin(child.pid, cpus)
        return _attend(child, stdin, started, timeout, family=family)
    except BaseException:
        _kill(child, family=family)
        raise


def _pin(pid: int, cpus: frozenset[int]) -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setaffinity(pid, cpus)


def _attend(
    child: subprocess.Popen[bytes],
    stdin: bytes,
    started: float,
    timeout: float | None,
    *,
    family: bool,
) -> Completed:
    deadline = None if timeout is None else started + timeout
    streams = _Streams(child, stdin)
    status = streams.until_exit(child, deadline)
    wall = time.monotonic() - started
    timed_out = status is None
    leftovers = _kill(child, family=family)
    if status is None:
        _, code, usage = os.wait4(child.pid, 0)
        status = (code, usage.ru_utime + usage.ru_stime)
    child.returncode = os.waitstatus_to_exitcode(status[0])
    streams.drain()
    return Completed(
        code=child.returncode,
        timed_out=timed_out,
        stdout=bytes(streams.out),
        stderr=bytes(streams.err),
        wall=wall,
        cpu=status[1],
        leftovers=leftovers,
    )


class _Streams:
    """Feeds and empties a child's pipes while waiting for it to end."""

    def __init__(self, child: subprocess.Popen[bytes], stdin: bytes) -> None:
        assert child.stdout is not None
        assert child.stderr is not None
        self.out = bytearray()
        self.err = bytearray()
        self._pending = memoryview(stdin)
        self._selector = selectors.DefaultSelector()
        self._pipes = [child.stdout, child.stderr]
        for pipe, buffer in ((child.stdout, self.out), (child.stderr, self.err)):
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe.fileno(), selectors.EVENT_READ, buffer)
        if child.stdin is not None:
            self._pipes.append(child.stdin)
            os.set_blocking(child.stdin.fileno(), False)
            self._selector.register(child.stdin.fileno(), selectors.EVENT_WRITE, None)

    def until_exit(
        self, child: subprocess.Popen[bytes], deadline: float | None
    ) -> tuple[int, float] | None:
        """Wait status and CPU seconds of the child, or None at the deadline."""
        notify = self._watch(child.pid)
        while True:
            wait = None if notify is not None else 0.005
            if deadline is not None:
                left = max(0.0, deadline - time.monotonic())
                wait = left if wait is None else min(wait, left)
            for key, _ in self._selector.select(wait):
                self._serve(key)
            pid, code, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                self._forget(notify)
                return code, usage.ru_utime + usage.ru_stime
            if deadline is not None and time.monotonic() >= deadline:
                self._forget(notify)
                return None

    def _watch(self, pid: int) -> int | None:
        try:
            notify = os.pidfd_open(pid)
        except (AttributeError, OSError):
            return None  # not Linux, or an old kernel: poll instead
        self._selector.register(notify, selectors.EVENT_READ, "exit")
        return notify

    def _forget(self, notify: int | None) -> None:
        if notify is not None:
            self._selector.unregister(notify)
            os.close(notify)

    def _serve(self, key: selectors.SelectorKey) -> None:
        if key.data == "exit":
            return
        if key.data is None:
            self._feed(key.fd)
        else:
            with contextlib.suppress(BlockingIOError):
                if not _read(key.fd, key.data):
                    self._selector.unregister(key.fd)

    def _feed(self, fd: int) -> None:
        try:
            written = os.write(fd, self._pending[:65536])
        except BlockingIOError:
            return
        except BrokenPipeError:
            written = len(self._pending)
        self._pending = self._pending[written:]
        if not self._pending:
            self._selector.unregister(fd)
            self._pipes.pop().close()

    def drain(self) -> None:
        """Read what is left without waiting for anyone who still holds the pipe, and close."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, bytearray):
                with contextlib.suppress(OSError):
                    while _read(key.fd, key.data):
                        pass
        self._selector.close()
        for pipe in self._pipes:
            pipe.close()


def _read(fd: int, buffer: bytearray) -> bool:
    """Append what is there; False at the end.

    Raises:
        BlockingIOError: somebody holds the other end and has nothing to say.
    """
    data = os.read(fd, 1 << 16)
    buffer += data
    if len(buffer) > 2 * OUTPUT_LIMIT:
        del buffer[:-OUTPUT_LIMIT]
    return bool(data)


def _kill(child: subprocess.Popen[bytes], *, family: bool) -> int:
    """Kill the child's session and, for a family, every descendant of this process."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    return kill_descendants(spare=child.pid) if family else 0


def abandon(code: int) -> NoReturn:
    """Kill every descendant and end this process at once; nothing new can start meanwhile."""
    _starting.acquire()
    kill_descendants()
    os._exit(code)


def kill_descendants(spare: int = 0) -> int:
    """Kill and reap every descendant of this process; returns how many there were.

    `spare` is killed as well but left for its owner to reap.
    """
    seen: set[int] = set()
    deadline = time.monotonic() + _GRACE
    while time.monotonic() < deadline:
        alive = [pid for pid in descendants() if pid != spare]
        if not alive:
            break
        seen.update(alive)
        for pid in alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in alive:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.002)
    if spare:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(spare, signal.SIGKILL)
    return len(seen)


def descendants() -> list[int]:
    """Every living or unreaped descendant of this process, by /proc."""
    parents = dict(_parents())
    found: list[int] = []
    frontier = {os.getpid()}
    while frontier:
        frontier = {pid for pid, parent in parents.items() if parent in frontier}
        found.extend(frontier)
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_bytes()
        except OSError:
            continue
        # the name is in brackets and may hold anything, so read behind the last bracket
        yield int(entry.name), int(stat.rpartition(b")")[2].split()[1])


def marked(variable: str, value: str) -> list[int]:
    """Processes of this user whose environment at their start had `variable=value`."""
    needle = f"{variable}={value}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environ = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if needle in environ and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found
