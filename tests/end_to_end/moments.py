"""Waiting for the very moment something happens in a running whet, to do something to it then."""

import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from end_to_end.target import Project

PATIENCE = 60.0
"""Seconds that no moment of a test takes; it only bounds how long a failing test hangs."""

COMMANDS = {
    "agent": "agent.sh",
    "build": "make -s",
    "checks": "./check",
    "bench": "./bench",
}
"""What is seen among the processes while a stage is at work."""


@dataclass(kw_only=True)
class Running:
    """A command under way; a context that leaves no process behind."""

    project: Project
    process: "subprocess.Popen[bytes]"
    seen: int
    """Events in the ledger when it was started."""
    output: Path

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self.output.read_text(encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.end()

    def new(self) -> list[str]:
        """Types of the events since it was started."""
        return [event["type"] for event in self.project.events()[self.seen :]]

    def reaches(self, *moments: str) -> str:
        """Wait for the first of some stages or events; empty when whet ended before."""
        found: list[str] = []

        def one_of_them() -> bool:
            commands = _commands_of(self.process.pid)
            events = self.new()
            found.extend(
                moment
                for moment in moments
                if moment in events or any(COMMANDS.get(moment, "\0") in text for text in commands)
            )
            return bool(found)

        return found[0] if self.until(one_of_them) else ""

    def until(self, happened: Callable[[], bool]) -> bool:
        """Wait for something; False when whet ended before."""
        deadline = time.monotonic() + PATIENCE
        while not happened():
            if self.process.poll() is not None:
                return False
            assert time.monotonic() < deadline, self.project.events()[-3:]
            time.sleep(0.001)
        return True

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, patience: float = PATIENCE) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(timeout=patience)


def running(project: Project, *words: str) -> Running:
    """Start a command, by default `whet run`."""
    handle, name = tempfile.mkstemp(dir=project.root.parent, prefix="said-")
    os.close(handle)
    return Running(
        project=project,
        process=project.start(*(words or ("run",)), said=Path(name)),
        seen=len(project.events()),
        output=Path(name),
    )


def linger(chance: random.Random, longest: float) -> None:
    """Let a random time pass: what is looked for is what happens then, whatever it is."""
    time.sleep(chance.uniform(0.0, longest))


def _commands_of(pid: int) -> list[str]:
    return [command(child) for child in descendants(pid)]


def descendants(pid: int) -> list[int]:
    """Living descendants, by what their parents say."""
    found = []
    for child in _children(pid):
        found += [child, *descendants(child)]
    return found


def _children(pid: int) -> list[int]:
    found = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            text = (task / "children").read_text(encoding="ascii")
            found += [int(word) for word in text.split()]
    except OSError:
        pass  # it has ended
    return found


def command(pid: int) -> str:
    """The command line of a process; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
