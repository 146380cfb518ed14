"""What a parcel does on the machine it was sent to: `python3 -I -S PARCEL COMMAND`.

    here           set the machine up, end what an earlier run left, say what machine it is
    begin          start the trial so that it outlives this connection, and follow it
    follow COUNT   follow it again, without the first COUNT lines
    attend         the trial itself, which `begin` starts
    job            the trial itself, with its result on standard output
    fetch          the bytes of the result
    stop           end the trial and forget it
    leave          forget this worker: its runs and its trees

The trial ends by itself at its deadline, and where nobody has followed it for too long.
"""

import base64
import hashlib
import os
import shutil
import signal
import sys
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from whet import proc
from whet.errors import WhetError
from whet.model.trial import Block, Stage
from whet.ports import Progress
from whet.trial import trees, wire
from whet.trial.fit import unfit
from whet.trial.parcel import (
    BLOCK,
    SLIP,
    Failed,
    Outcomes,
    Result,
    Slip,
    Word,
    inside,
    say,
)
from whet.trial.place import Place, end, held, is_held
from whet.trial.run import Trial
from whet.trial.shell import MARK

ABANDONED: Final = 75
_LOOK = 0.25
"""Seconds between two looks at a growing file: this machine measures meanwhile."""
_PART = 3000
"""Characters of a line of the result: logs on the way cut longer ones."""

Tell = Callable[[Word], None]


def main() -> None:
    """Do what the first argument says."""
    place = Place(inside(SLIP, Slip))
    command, *rest = sys.argv[1:]
    try:
        if command == "follow":
            _follow(place, int(rest[0]))
        else:
            _COMMANDS[command](place)
    except WhetError as error:
        _print(Word(failed=Failed(message=error.message, code=error.exit_code)))
        raise SystemExit(error.exit_code) from None


def _here(place: Place) -> None:
    _print(Word(here=place.here()))


def _begin(place: Place) -> None:
    place.end_others()
    with held(place.run / "alive") as lock:
        said, mark = place.run / "said", inside(BLOCK, Block).trials[0].id
        flags = [sys.executable, "-I", "-S", sys.argv[0], "attend"]
        number = proc.detach(flags, env={**os.environ, MARK: mark}, into=said, files=(lock,))
        (place.run / "pid").write_text(str(number), encoding="utf-8")
    _follow(place, 0)


def _follow(place: Place, count: int) -> None:
    """Copy lines of the run as they come, until its last one; ends with standard input."""
    threading.Thread(target=_until_left, daemon=True).start()
    with (
        held(place.run / f"follower-{os.getpid()}"),
        (place.run / "said").open(encoding="utf-8", errors="replace") as said,
    ):
        (place.run / "follower").write_text(f"follower-{os.getpid()}", encoding="utf-8")
        for _ in range(count):
            said.readline()
        pending, over = "", False
        while True:
            # asked before the last look, so that nothing is said in between
            over = not is_held(place.run / "alive")
            pending += said.read()
            *lines, pending = pending.split("\n")
            for line in lines:
                print(line, flush=True)  # noqa: T201
            if over:
                return
            time.sleep(_LOOK)


def _until_left() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


def _attend(place: Place) -> None:
    threading.Thread(target=_watch, args=(place, time.monotonic()), daemon=True).start()
    data = _run(place, _print)
    if data:
        new = place.run / "result.new"
        new.write_bytes(data)
        new.replace(place.run / "result.json")
        _print(Word(result=_result(place, data)))


def _job(place: Place) -> None:
    place.run.mkdir(parents=True, exist_ok=True)
    os.environ.pop("OMP_NUM_THREADS", None)  # SkyPilot says 1 to every job: not for the target
    os.environ[MARK] = inside(BLOCK, Block).trials[0].id
    threading.Thread(target=_watch, args=(place, time.monotonic()), daemon=True).start()
    data = _run(place, _print)
    if data:
        text = base64.b64encode(zlib.compress(data)).decode()
        for at in range(0, len(text), _PART):
            _print(Word(part=text[at : at + _PART]))
        _print(Word(result=_result(place, data)))
    trees.remove(place.run)


def _result(place: Place, data: bytes) -> Result:
    digest = hashlib.sha256(data).hexdigest()
    return Result(run=place.slip.run, sha256=digest, bytes=len(data))


def _run(place: Place, tell: Tell) -> bytes:
    """The trial, as the file that comes back; empty where there is none."""
    block = inside(BLOCK, Block)
    wrong = unfit(block)
    if wrong:
        tell(Word(failed=Failed(message=f"the spec is no good: {wrong}", code=2)))
        return b""
    proc.adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: proc.abandon(ABANDONED))
    proc.disregard(signal.SIGINT, signal.SIGHUP)

    def emit(trial: str, stage: str, pairs: int, done: Stage | None) -> None:
        moved = Progress(stage=stage, pairs=pairs, cap=block.cap, done=done, trial=trial)
        tell(Word(progress=moved))

    try:
        with place.source() as source:
            trial = Trial(
                block=block, source=source, work=place.work, repo=None, emit=emit,
                env=place.slip.env,
            )  # fmt: skip
            found = Outcomes(run=place.slip.run, outcomes=trial.run())
    except WhetError as error:
        tell(Word(failed=Failed(message=error.message, code=error.exit_code)))
        return b""
    except OSError as error:
        tell(Word(failed=Failed(message=f"{error.filename or place.work}: {error.strerror}")))
        return b""
    return wire.encode(found).encode()


def _watch(place: Place, began: float) -> None:
    """Abandon the trial when it is told to stop, takes too long, or is nobody's any more."""
    slip, followed = place.slip, time.monotonic()
    while True:
        time.sleep(1.0)
        now = time.monotonic()
        if _followed(place):
            followed = now
        why = ""
        if (place.run / "stop").exists():
            why = "it was told to stop"
        elif slip.deadline and now - began > slip.deadline:
            why = f"it took longer than {slip.deadline:.0f} s"
        elif slip.linger and now - followed > slip.linger:
            why = f"nobody has asked about it for {slip.linger:.0f} s"
        if why:
            _print(Word(failed=Failed(message=f"the trial ended itself: {why}")))
            proc.abandon(ABANDONED)


def _followed(place: Place) -> bool:
    try:
        name = (place.run / "follower").read_text(encoding="utf-8")
    except OSError:
        return False
    return bool(name) and is_held(place.run / name)


def _fetch(place: Place) -> None:
    with (place.run / "result.json").open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)


def _stop(place: Place) -> None:
    end(place.run, inside(BLOCK, Block).trials[0].id)
    if place.run.exists():
        trees.remove(place.run)


def _leave(place: Place) -> None:
    place.leave()


def _print(word: Word) -> None:
    sys.stdout.write(say(word))
    sys.stdout.flush()


_COMMANDS: Mapping[str, Callable[[Place], None]] = {
    "here": _here,
    "begin": _begin,
    "attend": _attend,
    "job": _job,
    "fetch": _fetch,
    "stop": _stop,
    "leave": _leave,
}
