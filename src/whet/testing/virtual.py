"""Hours that pass in seconds: an event loop whose time jumps to whatever comes next.

    clock = VirtualClock()
    anyio.run(Driver(world).run, backend_options={"loop_factory": VirtualLoop})

Tasks sleep as they always do. When all of them wait for time, and no file or process has anything
to say, the time of the next one is now. What computes takes no time.
"""

import asyncio
import contextlib
import selectors
from dataclasses import dataclass, field

import anyio


class _Jumping(selectors.DefaultSelector):
    """Waits for nothing but events without a time limit."""

    jumped: float = 0.0

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:  # fmt: skip
        found = super().select(None if timeout is None else 0)
        if not found and timeout is not None and timeout > 0:
            self.jumped += timeout
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that never waits for time."""

    def __init__(self) -> None:
        self._time = _Jumping()
        super().__init__(self._time)

    def time(self) -> float:
        """Seconds that have passed, in nobody's time but its own."""
        return self._time.jumped


@dataclass(slots=True)
class VirtualClock:
    """The time of a virtual loop, as seconds since the epoch."""

    began: float = 1_700_000_000.0
    last: float = field(default=0.0, init=False)

    def now(self) -> float:
        """Seconds since the epoch; outside the loop, the last time there was."""
        with contextlib.suppress(RuntimeError):
            self.last = asyncio.get_running_loop().time()
        return self.began + self.last

    async def sleep(self, seconds: float) -> None:
        """Let this time pass."""
        await anyio.sleep(seconds)
