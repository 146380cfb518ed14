"""The file of a campaign: read by anyone, written by one process at a time."""

import fcntl
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from whet.errors import InfraError, LedgerCorrupt, NotReady
from whet.ledger.codec import Link, decode, encode
from whet.model.event import Event

FILE = "events.jsonl"
LOCK = "run.lock"


def read(folder: Path) -> tuple[Event, ...]:
    """Every event, the chain checked. A last line without its newline was never written whole.

    Raises:
        LedgerCorrupt: a line is not what was written.
    """
    return _parse(_bytes(folder / FILE), folder / FILE)[0]


def exists(folder: Path) -> bool:
    """Whether a campaign was started in this folder."""
    return (folder / FILE).exists()


def holder(folder: Path) -> str:
    """Who is writing now, for a person: `process 4711 on box`, or nothing."""
    path = folder / LOCK
    try:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return _describe(file.read())
    except OSError:
        pass
    return ""


@dataclass(slots=True)
class Writer:
    """Appends events, each on the disk before the next thing happens."""

    folder: Path
    file: BinaryIO
    link: Link
    events: list[Event] = field(default_factory=list)
    repaired: int = 0
    """Bytes of a half-written last line that were removed when the file was opened."""

    def append(self, event: Event) -> None:
        """Write one event durably.

        Raises:
            InfraError: the disk is full or gone; the file is as it was before.
        """
        line, link = encode(event, self.link)
        before = self.file.seek(0, os.SEEK_END)
        try:
            self.file.write(line + b"\n")
            self.file.flush()
            os.fsync(self.file.fileno())
        except OSError as error:
            self._undo(before)
            raise InfraError(
                f"cannot write {self.folder / FILE}: {error.strerror}",
                hint="free some space (whet clean), then: whet run",
            ) from error
        self.link = link
        self.events.append(event)

    def _undo(self, length: int) -> None:
        try:
            os.ftruncate(self.file.fileno(), length)
        except OSError:
            return  # then the next reader removes the half line


@contextmanager
def writing(folder: Path) -> Iterator[Writer]:
    """Become the writer of a campaign; `events` holds what was there.

    Raises:
        NotReady: another process is the writer; it is named.
        LedgerCorrupt: a line other than the last is not what was written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+b")
    except OSError as error:
        raise NotReady(
            f"cannot write in {folder}: {error.strerror}",
            hint="use a copy you can write to: git clone . ../copy && cd ../copy",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            who = _describe(lock.read())
            raise NotReady(
                f"another whet is running this campaign: {who}", hint="whet status"
            ) from None
        note = {"pid": os.getpid(), "host": platform.node()}
        lock.truncate(0)
        lock.write(json.dumps(note).encode())
        lock.flush()
        with (folder / FILE).open("a+b") as file:
            yield _open(folder, file)
        lock.truncate(0)


def _open(folder: Path, file: BinaryIO) -> Writer:
    data = _bytes(folder / FILE)
    events, link, good = _parse(data, folder / FILE)
    if good < len(data):
        os.ftruncate(file.fileno(), good)
        os.fsync(file.fileno())
    return Writer(folder, file, link, list(events), repaired=len(data) - good)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _parse(data: bytes, path: Path) -> tuple[tuple[Event, ...], Link, int]:
    good = data.rfind(b"\n") + 1
    link = Link()
    events = []
    for line in data[:good].split(b"\n")[:-1]:
        event, link = decode(line, link, path.name)
        events.append(event)
    if not events and good:
        raise LedgerCorrupt(f"{path} has no event", hint="remove the file")
    return tuple(events), link, good


def _describe(note: bytes) -> str:
    try:
        data = json.loads(note)
        return f"process {data['pid']} on {data['host']}"
    except (ValueError, KeyError, TypeError):
        return "a process that did not say who it is"


def read_with_head(folder: Path) -> tuple[tuple[Event, ...], str]:
    """Every event and the hash of the last line, which stands for all of them."""
    events, link, _ = _parse(_bytes(folder / FILE), folder / FILE)
    return events, link.hash
