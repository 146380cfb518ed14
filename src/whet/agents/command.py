"""Any command as an agent: it is started in a private copy of the code and edits it.

The command sees `$WHET_BRIEF`, a file with what to do, and its working folder, a git repository
with one commit. What it prints is kept as the transcript; what it changed is read from the files.
Its exit code is only noted: an agent that fails after a good edit has still made the edit.
"""

import os
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream, Process

from whet.child import attended
from whet.ports import AgentReport, Brief

TRANSCRIPT_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAgent:
    """Runs `command` through /bin/sh.

    `root` is the user's repository; `label` begins the mark of everything that is started.
    """

    command: str
    timeout: float
    root: Path
    label: str

    async def work(self, brief: Brief, tree: Path) -> AgentReport:
        """Run the command once in a tree."""
        started = anyio.current_time()
        path = tree.with_name(f"{tree.name}.md")
        path.write_text(brief.text, encoding="utf-8")
        try:
            env = {
                **os.environ,
                "WHET_BRIEF": str(path),
                "WHET_IDEA": brief.idea,
                "WHET_TREE": str(tree),
                "WHET_REPO": str(self.root),
            }
            mark = f"{self.label}:agent.{uuid.uuid4().hex}"
            argv = [sys.executable, "-P", "-m", "whet.guard", "/bin/sh", "-c", self.command]
            said = bytearray()
            async with attended(argv, cwd=tree, env=env, mark=mark) as process:
                code = await self._finish(process, said)
        finally:
            path.unlink(missing_ok=True)
        seconds = anyio.current_time() - started
        transcript = said.decode(errors="replace")
        if code is None:
            return AgentReport(
                outcome="timeout",
                seconds=seconds,
                transcript=transcript,
                detail=f"the agent took longer than {self.timeout:g} s",
            )
        return AgentReport(
            outcome="finished" if code == 0 else "failed",
            seconds=seconds,
            transcript=transcript,
            detail="" if code == 0 else f"the agent ended with exit {code}{_last(transcript)}",
            code=code,
        )

    async def _finish(self, process: Process, said: bytearray) -> int | None:
        with anyio.move_on_after(self.timeout):
            async with anyio.create_task_group() as group:
                for stream in (process.stdout, process.stderr):
                    assert stream is not None
                    group.start_soon(_collect, stream, said)
            return await process.wait()
        return None


def _last(transcript: str) -> str:
    lines = [line.strip() for line in transcript.splitlines() if line.strip()]
    return f": {lines[-1][:120]}" if lines else ""


async def _collect(stream: ByteReceiveStream, said: bytearray) -> None:
    async for chunk in stream:
        said += chunk
        del said[:-TRANSCRIPT_LIMIT]
