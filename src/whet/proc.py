"""The one way to start a process.

Every command runs in a session of its own and is waited for with its whole family: when it ends,
times out or is stopped, whatever it left behind is killed too, children that changed their session
included. That works because the calling process asks the kernel to adopt orphans
(`adopt_orphans`): a descendant can leave its session and its parent, but not its ancestry.
"""

import contextlib
import ctypes
import os
import resource
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, BinaryIO, NoReturn

from whet.family import descendants

OUTPUT_LIMIT = 32 * 1024 * 1024
"""Bytes kept of each stream; of a longer one the head is dropped."""

_PR_SET_CHILD_SUBREAPER = 36
_GRACE = 2.0
_SETTLE = 0.005
_READ = 1 << 16
_LAST_READS = 32
"""More than a pipe can hold at most."""

_starting = threading.RLock()
"""Held while a process is started, and for good by `abandon`, which a signal may call inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a process ended. `code` is negative for a signal; times are in seconds.

    `cpu` is user plus system time of the process and of every descendant it waited for; of a
    family, of all of them.
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
    into: BinaryIO | None = None,
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
        into: a file for the whole of its output, however long; then `stdout` is empty.

    Raises:
        FileNotFoundError: the program or `cwd` does not exist.
    """
    started = time.monotonic()
    spent = _spent_by_children()
    try:
        with _starting, _on(cpus):
            child = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE if into is None else into,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        done = _attend(child, stdin, started, timeout, family=family)
        # whoever started a jail does not wait for what is inside, so its time is told to nobody
        return replace(done, cpu=_spent_by_children() - spent) if family else done
    finally:
        with _starting:
            pass  # what `abandon` killed in another thread is nobody's result: wait for the end


def _spent_by_children() -> float:
    """CPU seconds of every child that has been waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def pass_through(argv: Sequence[str], source: int | None = None) -> int:
    """Run a command on this process's own output; returns its code as `Popen` does.

    It has no input, or the open file `source`, which nobody else holds then. Every descendant of
    this process is killed when the command ends.
    """
    with _starting, open(os.devnull if source is None else source, "rb") as stdin:  # noqa: PTH123
        child = subprocess.Popen(list(argv), stdin=stdin, start_new_session=True)
    try:
        return child.wait()
    finally:
        with _starting:  # what `abandon` killed in another thread is nobody's result
            kill_descendants()


def disregard(*signals: int) -> None:
    """Do nothing when these come. Ignoring them would be inherited by all that is started."""
    for number in signals:
        signal.signal(number, lambda *_: None)


def detach(
    argv: Sequence[str], *, env: Mapping[str, str], into: Path, files: Sequence[int] = ()
) -> int:
    """Start a process that goes on when this one ends; returns its number.

    It has no input, its output goes to the end of a file, and it keeps these open files.
    """
    with _starting, into.open("ab") as out:
        child = subprocess.Popen(
            list(argv),
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            pass_fds=files,
        )
    child.returncode = 0  # nobody here waits for it
    return child.pid


def end_with_stdin(code: int) -> None:
    """Abandon everything when standard input closes: whoever holds it is gone, or says stop."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        abandon(code)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _on(cpus: frozenset[int]) -> Iterator[None]:
    """A child has the cores of the thread that starts it: so not one instruction runs elsewhere."""
    if not cpus:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _attend(
    child: subprocess.Popen[bytes],
    stdin: bytes,
    started: float,
    timeout: float | None,
    *,
    family: bool,
) -> Completed:
    streams = _Streams(child, stdin)
    ended = False
    try:
        ended = streams.until_exit(child.pid, None if timeout is None else started + timeout)
    finally:
        wall = time.monotonic() - started
        cpu, leftovers = _end(child, ended=ended, family=family)
        streams.close()
    return Completed(
        code=child.returncode,
        timed_out=not ended,
        stdout=bytes(streams.out[-OUTPUT_LIMIT:]),
        stderr=bytes(streams.err[-OUTPUT_LIMIT:]),
        wall=wall,
        cpu=cpu,
        leftovers=leftovers,
    )


def _end(child: subprocess.Popen[bytes], *, ended: bool, family: bool) -> tuple[float, int]:
    """Kill whoever is left and reap the child; its CPU seconds, and how many were left."""
    if not (ended and family):
        # the number of a session names somebody else once its first process is reaped
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, kill_descendants() if family else 0


class _Streams:
    """Feeds and empties a child's pipes while waiting for it to end."""

    def __init__(self, child: subprocess.Popen[bytes], stdin: bytes) -> None:
        self.out = bytearray()
        self.err = bytearray()
        self._pending = memoryview(stdin)
        self._selector = selectors.DefaultSelector()
        self._pipes: list[IO[bytes]] = []
        for pipe, buffer in ((child.stdout, self.out), (child.stderr, self.err)):
            if pipe is None:
                continue  # it goes into a file
            self._pipes.append(pipe)
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe.fileno(), selectors.EVENT_READ, buffer)
        if child.stdin is not None:
            self._pipes.append(child.stdin)
            os.set_blocking(child.stdin.fileno(), False)
            self._selector.register(child.stdin.fileno(), selectors.EVENT_WRITE, None)

    def until_exit(self, pid: int, deadline: float | None) -> bool:
        """Whether the child ended before the deadline. It is not reaped."""
        notify = self._watch(pid)
        try:
            while True:
                wait = None if notify is not None else 0.005
                if deadline is not None:
                    left = max(0.0, deadline - time.monotonic())
                    wait = left if wait is None else min(wait, left)
                for key, _ in self._selector.select(wait):
                    self._serve(key)
                if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                    return True
                if deadline is not None and time.monotonic() >= deadline:
                    return False
        finally:
            if notify is not None:
                self._selector.unregister(notify)
                os.close(notify)

    def _watch(self, pid: int) -> int | None:
        try:
            notify = os.pidfd_open(pid)
        except (AttributeError, OSError):
            return None  # not Linux, or an old kernel: poll instead
        self._selector.register(notify, selectors.EVENT_READ, "exit")
        return notify

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
            written = os.write(fd, self._pending[:_READ])
        except BlockingIOError:
            return
        except BrokenPipeError:
            written = len(self._pending)
        self._pending = self._pending[written:]
        if not self._pending:
            self._selector.unregister(fd)
            self._pipes.pop().close()

    def close(self) -> None:
        """Take what is in the pipes, without waiting for anyone who still holds them."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, bytearray):
                with contextlib.suppress(OSError):
                    for _ in range(_LAST_READS):  # whoever holds it may never stop talking
                        if not _read(key.fd, key.data):
                            break
        self._selector.close()
        for pipe in self._pipes:
            pipe.close()


def _read(fd: int, buffer: bytearray) -> bool:
    """Append what is there; False at the end.

    Raises:
        BlockingIOError: somebody holds the other end and has nothing to say.
    """
    data = os.read(fd, _READ)
    buffer += data
    if len(buffer) > 2 * OUTPUT_LIMIT:
        del buffer[:-OUTPUT_LIMIT]
    return bool(data)


def abandon(code: int) -> NoReturn:
    """Kill every descendant and end this process at once; nothing new can start meanwhile."""
    _starting.acquire()
    kill_descendants()
    os._exit(code)


def kill_descendants() -> int:
    """Kill and reap every descendant of this process; returns how many were alive."""
    killed: set[int] = set()
    began = time.monotonic()
    while _reap() and time.monotonic() < began + _SETTLE:
        time.sleep(_SETTLE / 10)  # the inner half of a jail ends just after the outer one
    while _reap() and time.monotonic() < began + _GRACE:
        alive = descendants()
        killed.update(alive)
        for pid in alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)
    return len(killed)


def _reap() -> bool:
    """Reap every child that has ended. Without a child left there is no descendant either."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True
