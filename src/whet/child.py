"""A process that is attended to while other things go on, and never outlives the attention."""

import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
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
