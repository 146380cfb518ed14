"""The file of a campaign: read by anyone, written by one process at a time."""

import contextlib
import fcntl
import gc
import io
import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from whet.errors import InfraError, NotReady
from whet.ledger.codec import Link, decode, encode
from whet.model.event import Event

FILE = "events.jsonl"
LOCK = "run.lock"

_TRIES, _PAUSE = 10, 0.02
"""How often the lock is asked for: whoever only looks who holds it has it for an instant."""

_VERY_MANY = 100_000
"""Objects, as of a thousand experiments."""


def read(folder: Path) -> tuple[Event, ...]:
    """Every event, the chain checked. A last line without its newline was never written whole.

    Raises:
        LedgerCorrupt: a line is not what was written.
    """
    return _parse(folder / FILE)[0]


def exists(folder: Path) -> bool:
    """Whether a campaign was started in this folder: whether its first line was written whole."""
    path = folder / FILE
    if not path.exists():
        return False
    with path.open("rb") as file:
        return file.readline().endswith(b"\n")


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
    file: io.FileIO
    link: Link
    size: int
    """Bytes of the file that hold whole lines."""
    events: Sequence[Event] = ()
    """What was there when it was opened: a night's own events need not stay in memory."""
    repaired: int = 0
    """Bytes of a half-written last line that were removed when the file was opened."""

    def append(self, event: Event) -> None:
        """Write one event durably.

        Raises:
            InfraError: the disk is full or gone; the file is as it was before.
        """
        line, link = encode(event, self.link)
        data = line + b"\n"
        try:
            self._clear()
            while data:
                data = data[self.file.write(data) :]
            os.fsync(self.file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):  # else the next writer or reader leaves it out
                self._clear()
            raise InfraError(
                f"cannot write {self.folder / FILE}: {error.strerror}",
                hint="free some space with `whet clean`, then `whet run`",
            ) from error
        self.size += len(line) + 1
        self.link = link

    def _clear(self) -> None:
        """Remove what a failed write left behind the last whole line."""
        if os.fstat(self.file.fileno()).st_size > self.size:
            self.file.truncate(self.size)


@contextmanager
def writing(folder: Path) -> Iterator[Writer]:
    """Become the writer of a campaign; `events` holds what was there.

    Raises:
        NotReady: another process is the writer; it is named.
        LedgerCorrupt: a line other than the last is not what was written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = io.FileIO(folder / LOCK, "a+")
    except OSError as error:
        raise NotReady(
            f"cannot write in {folder}: {error.strerror}",
            hint="use a copy you can write to: `git clone . ../copy && cd ../copy`",
        ) from error
    with lock:
        _take(lock)
        note = {"pid": os.getpid(), "host": platform.node()}
        lock.truncate(0)
        lock.write(json.dumps(note).encode())
        # unbuffered: what could not be written must not be written later
        with io.FileIO(folder / FILE, "a+") as file:
            if file.tell() == 0:
                _durable(folder)
            yield _open(folder, file)
        lock.truncate(0)


def _take(lock: io.FileIO) -> None:
    for _ in range(_TRIES):
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(_PAUSE)
    lock.seek(0)
    who = _describe(lock.read())
    raise NotReady(f"another whet is running this campaign: {who}", hint="whet status")


def _durable(folder: Path) -> None:
    """A file lasts once its folder has been written."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _open(folder: Path, file: io.FileIO) -> Writer:
    events, link, size = _parse(folder / FILE)
    half = os.fstat(file.fileno()).st_size - size
    if half:
        file.truncate(size)
        os.fsync(file.fileno())
    return Writer(folder, file, link, size, list(events), repaired=half)


def _parse(path: Path) -> tuple[tuple[Event, ...], Link, int]:
    """The events of a file, the end of their chain, and how many bytes they take."""
    link, size, events = Link(), 0, list[Event]()
    try:
        with path.open("rb") as file, _many_objects():
            for line in file:
                if not line.endswith(b"\n"):
                    break
                event, link = decode(line[:-1], link, path.name)
                events.append(event)
                size += len(line)
    except FileNotFoundError:
        pass
    return tuple(events), link, size


@contextmanager
def _many_objects() -> Iterator[None]:
    """Nothing that is made here is garbage, so looking for some would double the time.

    Where it is very much, it is not looked at later either: what is frozen goes all the same when
    nobody refers to it any more.
    """
    enabled, before = gc.isenabled(), gc.get_count()[0]
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] - before > _VERY_MANY:
            gc.freeze()
        if enabled:
            gc.enable()


def _describe(note: bytes) -> str:
    try:
        data = json.loads(note)
        return f"process {data['pid']} on {data['host']}"
    except (ValueError, KeyError, TypeError):
        return "a process that did not say who it is"


def read_with_head(folder: Path) -> tuple[tuple[Event, ...], str]:
    """Every event and the hash of the last line, which stands for all of them."""
    events, link, _ = _parse(folder / FILE)
    return events, link.hash
