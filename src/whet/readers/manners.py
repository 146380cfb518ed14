"""Politeness: one request at a time for each host, with a gap, for all processes of a user."""

import fcntl
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from whet.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """`folder` holds one small file for each host: a lock, and when it was last asked."""

    folder: Path
    clock: Clock
    pause: Callable[[float], None]

    @contextmanager
    def turn(self, host: str, gap: float) -> Iterator[None]:
        """Wait until a host may be asked, and keep others from asking it meanwhile.

        Args:
            host: its name and port.
            gap: seconds since the last answer.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / re.sub(r"[^A-Za-z0-9.-]", "_", host)
        with path.open("a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # given back when the file is closed, or by the kernel
            file.seek(0)
            left = _time(file.read()) + gap - self.clock.now()
            if left > 0:
                self.pause(min(left, gap))  # a clock that was set back must not make us wait a year
            try:
                yield
            finally:
                file.truncate(0)
                file.write(f"{self.clock.now():.3f}")


def _time(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
