"""A machine's noise as a named pipe: every invocation takes the next number out of it.

A jail lets a benchmark write nothing that the next invocation could read, and that is as it must
be. Reading from a pipe is allowed, and what was read is gone: so the noise goes on from one
invocation to the next, through all experiments, in the order in which they really ran.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from whet.testing.weather import Weather

_AT_ONCE = 64
"""Numbers in one write, small enough that the pipe takes all of them or none."""


@dataclass(slots=True)
class NoisePipe:
    """The writing end. Numbers are doubles, logarithms of what the noise multiplies a time by."""

    weather: Weather
    handle: int
    _waiting: bytes = b""

    def fill(self) -> None:
        """Write until the pipe is full: at least a thousand numbers, usually eight thousand."""
        while True:
            if not self._waiting:
                numbers = [self.weather.invocation() for _ in range(_AT_ONCE)]
                self._waiting = struct.pack(f"={_AT_ONCE}d", *numbers)
            try:
                os.write(self.handle, self._waiting)
            except BlockingIOError:
                return
            self._waiting = b""


@contextmanager
def noise_pipe(path: Path, weather: Weather) -> Iterator[NoisePipe]:
    """A full pipe at a path; whoever drives the invocations has to fill it again now and then."""
    os.mkfifo(path)
    # open for reading as well: what is in it stays while no invocation has it open
    handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        pipe = NoisePipe(weather, handle)
        pipe.fill()
        yield pipe
    finally:
        os.close(handle)
        path.unlink(missing_ok=True)
