"""A campaign that is written while somebody looks, and `whet web` in a process of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from whet.git.call import begin
from whet.ledger import log
from whet.ledger.log import Writer
from whet.ledger.underway import Board
from whet.model.event import Event
from whet.ports import Progress


@dataclass(slots=True)
class Running:
    """A campaign whose writer is this process."""

    root: Path
    name: str
    writer: Writer
    board: Board = field(init=False)

    def __post_init__(self) -> None:
        self.board = Board(self.writer.folder)

    def record(self, *events: Event) -> None:
        """Write events as a run does."""
        for event in events:
            self.writer.append(event)
            self.board.happened(event)

    def taking(self, what: str, pairs: int, cap: int = 40) -> None:
        """Say that so many pairs of something were taken."""
        self.board.moved(what, Progress(stage="measure", pairs=pairs, cap=cap))


@contextmanager
def running(root: Path, name: str, events: Iterable[Event]) -> Iterator[Running]:
    """A campaign in a repository of its own, with what has happened so far."""
    root.mkdir(parents=True, exist_ok=True)
    if not (root / ".git").exists():
        (root / "file").write_text("x\n")
        begin(root, "a target")
    with log.writing(root / ".whet" / "campaigns" / name) as writer:
        found = Running(root, name, writer)
        found.record(*events)
        try:
            yield found
        finally:
            found.board.wipe()


def finished(root: Path, name: str, events: Iterable[Event]) -> Path:
    """A campaign that nobody works on any more."""
    with running(root, name, events):
        pass
    return root


@contextmanager
def serving(root: Path, *args: str) -> Iterator[str]:
    """`whet web` of a campaign; gives its address, and ends it afterwards."""
    command = [sys.executable, "-m", "whet", "-C", str(root), "web", "--json", *args]
    env = {key: value for key, value in os.environ.items() if key != "SSH_CONNECTION"}
    process = subprocess.Popen(
        [*command, *(() if "--port" in args else ("--port", "0"))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env,
    )  # fmt: skip
    try:
        yield _address(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 0


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        with contextlib.suppress(ValueError):
            return str(json.loads(text)["url"])
    raise AssertionError(f"no address: {text} {process.communicate()[1]}")
