"""Processes that are attended to while other things go on, and never outlive the attention."""

import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio.abc import Process

from whet import family

MARK = "WHET_TRIAL"
"""Variable in the environment of everything such a process starts."""


@asynccontextmanager
async def attended(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    mark: str,
    files: Sequence[int] = (),
    grace: float = 3.0,
) -> AsyncIterator[Process]:
    """Start a process; when the block ends, in whatever way, it and its family are gone.

    Its standard input stays open until then: closing it is the first, polite request to stop.

    Args:
        argv: program and arguments.
        cwd: working folder.
        env: the whole environment.
        mark: a value that no other process has; `MARK` carries it to every descendant.
        files: open files that the process has under the same numbers.
        grace: seconds between the request and the kill.
    """
    process = await anyio.open_process(
        list(argv), cwd=cwd, env={**env, MARK: mark}, start_new_session=True, pass_fds=files
    )
    try:
        yield process
    finally:
        with anyio.CancelScope(shield=True):
            await _end(process, grace)
        kill_marked(mark)


class Companion:
    """A process that is asked things, from any task and any thread, until it is ended.

    It ends by itself when its input does, so also with the process that started it.
    """

    def __init__(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], mark: str
    ) -> None:
        self._mark = mark
        self._child = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env={**env, MARK: mark},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def send(self, line: str) -> None:
        """Write one line.

        Raises:
            OSError: it has ended.
        """
        assert self._child.stdin is not None
        self._child.stdin.write(line.encode() + b"\n")
        self._child.stdin.flush()

    def lines(self) -> Iterator[str]:
        """What it says, a line at a time, until it ends; for one thread."""
        assert self._child.stdout is not None
        with self._child.stdout as stdout:
            for line in stdout:
                yield line.decode(errors="replace").rstrip("\n")

    def end(self, grace: float = 3.0) -> None:
        """End it with its family: its input ends first, then it is killed."""
        assert self._child.stdin is not None
        with contextlib.suppress(OSError):
            self._child.stdin.close()
        try:
            self._child.wait(grace)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()
        kill_marked(self._mark)


async def _end(process: Process, grace: float) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError, anyio.BrokenResourceError):
        await process.stdin.aclose()
    with anyio.move_on_after(grace):
        await process.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            await stream.aclose()


def kill_marked(mark: str) -> int:
    """Kill whatever carries a mark; returns how many processes there were."""
    return _kill(family.marked(MARK, mark))


def kill_below(label: str) -> int:
    """Kill whatever carries a mark of the form `LABEL:…`; returns how many processes there were."""
    return _kill(family.marked(MARK, f"{label}:", beginning=True))


def _kill(found: list[int]) -> int:
    for pid in found:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return len(found)
