"""Where a worker's things lie on the machine it was sent to, and how an earlier run is ended."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whet import family, proc, sandbox
from whet.git.store import open_store, receive
from whet.trial import trees
from whet.trial.fingerprint import fingerprint
from whet.trial.parcel import SOURCE, Here, Slip, holds
from whet.trial.shell import MARK

_STOPPING = 15.0
"""Seconds for a run to end in order; then it is killed."""


class Place:
    """A worker's folders on this machine."""

    def __init__(self, slip: Slip) -> None:
        home = Path.home() / ".cache" / "whet"
        self.slip = slip
        self.work = home / "away" / slip.key
        self.runs = home / "runs" / slip.key
        self.run = self.runs / slip.run

    def here(self) -> Here:
        """What machine this is, after its setup and after whatever ran before has ended."""
        slip = self.slip
        ended = self.end_others()
        wrong = self._set_up() if slip.setup else ""
        kind = sandbox.detect() if slip.sandbox == "auto" else slip.sandbox
        return Here(
            fingerprint=fingerprint("bubblewrap" if kind == "bubblewrap" else "none"),
            python=".".join(map(str, sys.version_info[:3])),
            git=_git(),
            have=self._have(),
            ended=ended,
            setup=wrong,
        )

    def _have(self) -> tuple[str, ...]:
        """Commits that were sent before."""
        store = self.work / "objects.git"
        if not (store / "HEAD").exists():
            return ()
        said = open_store(store).git("for-each-ref", "--format=%(objectname)", "refs/whet/travel")
        return tuple(said.decode().split())

    def _set_up(self) -> str:
        """Run the setup once on this machine; the last words of one that failed."""
        slip = self.slip
        said = f"{slip.setup}\0{sorted(slip.env.items())}"
        done = self.work / f"setup-{hashlib.sha256(said.encode()).hexdigest()[:16]}"
        if done.exists():
            return ""
        folder = self.work / "setup"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if slip.base:
            with self.source() as source:
                receive(self.work / "objects.git", source).checkout(slip.base, folder)
        ran = proc.run(
            ["/bin/sh", "-c", slip.setup], cwd=folder, env={**os.environ, **slip.env},
            timeout=slip.setup_timeout,
        )  # fmt: skip
        if not ran.ok:
            return f"{ran.how}\n{ran.tail()}"
        done.touch()
        return ""

    @contextmanager
    def source(self) -> Iterator[Path | None]:
        """The bundle of this parcel as a file, if it has one."""
        if not holds(SOURCE):
            yield None
            return
        self.work.mkdir(parents=True, exist_ok=True)
        at = self.work / f"{os.getpid()}.bundle"
        try:
            with (
                zipfile.ZipFile(sys.argv[0]) as parcel,
                parcel.open(SOURCE) as packed,
                at.open("wb") as file,
            ):
                shutil.copyfileobj(packed, file)
            yield at
        finally:
            at.unlink(missing_ok=True)

    def end_others(self) -> int:
        """End every other run of this worker, and what is left of one; how many there were."""
        ended = 0
        for alive in self.runs.glob("*/alive"):
            if alive.parent != self.run:
                ended += end(alive.parent, "")
                trees.remove(alive.parent)
        for pid in family.marked(MARK, f"{self.slip.label}:", beginning=True):
            ended += _kill(pid)
        return ended

    def leave(self) -> None:
        """Forget this worker: nothing of it stays here."""
        self.end_others()
        for folder in (self.runs, self.work):
            if folder.exists():
                trees.remove(folder)


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Hold a lock that ends with whoever has the file open; its number is given."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def is_held(path: Path) -> bool:
    """Whether another process holds a lock."""
    try:
        with path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def end(run: Path, mark: str) -> int:
    """End a run in order, else by force; 1 if it was alive."""
    alive = run / "alive"
    if not alive.exists() or not is_held(alive):
        return 0
    (run / "stop").touch()
    with contextlib.suppress(OSError, ValueError):
        os.kill(_number(run), signal.SIGTERM)
    until = time.monotonic() + _STOPPING
    while is_held(alive):
        if time.monotonic() > until:
            with contextlib.suppress(OSError, ValueError):
                _kill(_number(run))
            for pid in family.marked(MARK, mark) if mark else ():
                _kill(pid)
            break
        time.sleep(0.05)
    return 1


def _number(run: Path) -> int:
    return int((run / "pid").read_text(encoding="utf-8"))


def _kill(pid: int) -> int:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
        return 1
    return 0


def _git() -> str:
    if shutil.which("git") is None:
        return ""
    return proc.run(["git", "--version"], timeout=20).text.strip()
