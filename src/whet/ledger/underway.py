"""What is under way, told beside the ledger to whoever looks from another process.

The file is no record: it may be deleted at any time, and it says nothing once its writer is gone.
"""

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from whet import whole
from whet.model import event as happened
from whet.model.event import Event
from whet.model.guarding import GuardMeasured
from whet.model.reading import ReaderFinished, WaveAnalysed
from whet.model.underway import Underway
from whet.ports import Progress

FILE = "underway.json"

_EVERY = 0.25
"""Seconds between two writes for the sake of one more pair."""


def ended(event: Event) -> tuple[str, ...]:
    """What is no longer under way when this has happened."""
    match event:
        case happened.VerdictGiven() | happened.ExperimentRequeued() | happened.ChangeAblated():
            return (event.experiment,)
        case happened.ExperimentOpened():
            return (event.candidate.idea,)
        case ReaderFinished():
            return (f"research:{event.reader}",)
        case WaveAnalysed():
            return ("research:agent",)
        case happened.WorkerCalibrated():
            return ("calibration", f"same code twice on {event.worker}")
        case happened.WorkerQuarantined():
            return ("calibration", f"same code twice on {event.worker}", *event.experiments)
        case GuardMeasured():
            return (f"{event.experiment or 'stack'} on {event.worker}",)
        case happened.StackMeasured():
            return ("stack",)
        case _:
            return ()


def read(folder: Path) -> tuple[Underway, ...]:
    """What the writer of a campaign was doing when it last said so; nothing where it did not."""
    try:
        rows = json.loads((folder / FILE).read_bytes())
        return tuple(Underway(**{**row, "passed": tuple(row["passed"])}) for row in rows)
    except (OSError, ValueError, TypeError, KeyError):
        return ()


@dataclass(slots=True)
class Board:
    """Where a run says what it is doing. A full disk stops the telling, not the run."""

    folder: Path
    _shown: dict[str, Underway] = field(default_factory=dict)
    _written: float = 0.0

    def moved(self, what: str, progress: Progress) -> None:
        """A stage began or ended, or one more pair was taken."""
        before = self._shown.get(what)
        known = before or Underway(what=what, stage=progress.stage, since=time.time())
        if progress.done is not None:
            known = replace(known, passed=(*known.passed, progress.done.name))
        else:
            known = replace(known, stage=progress.stage, pairs=progress.pairs, cap=progress.cap)
        self._shown[what] = known
        counted = before is not None and before.stage == known.stage and progress.done is None
        if not counted or time.monotonic() - self._written >= _EVERY:
            self._write()

    def happened(self, event: Event) -> None:
        """Something ended: it is taken off."""
        gone = [name for name in ended(event) if self._shown.pop(name, None) is not None]
        if gone:
            self._write()

    def wipe(self) -> None:
        """Nothing is under way any more."""
        self._shown.clear()
        with contextlib.suppress(OSError):
            (self.folder / FILE).unlink()

    def _write(self) -> None:
        self._written = time.monotonic()
        rows: list[Mapping[str, object]] = [asdict(one) for one in self._shown.values()]
        with contextlib.suppress(OSError):
            whole.write(self.folder / FILE, json.dumps(rows))
